"""What a visitor's browser says, as plain data: checked and bounded. Pure.

Kept raw as it came (``channels_in.models.Inbound``), one JSON object each::

    {"type": "say", "id": "<client id>", "session": "<key>", "text": "…", "files": ["<upload key>", …]}
    {"type": "choose", "id": …, "session": …, "choice": "<id>", "line": 7, "text": "<its label>"}
    {"type": "person", "id": …, "session": …}              ask for a person, whatever the bot is at
    {"type": "leave", "id": …, "session": …, "text": …, "email": …, "name": …, "files": […]}
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from channels_in.kinds.chat.tokens import is_address
from common.text import storable

MOST_TEXT = 10_000  # characters of one message
MOST_FILES = 10  # of one message
LARGEST_FRAME = 65_536  # bytes
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_KEY = re.compile(r"[a-z0-9]{8,32}\Z")
TYPES = ("say", "choose", "person", "leave")


class BadFrame(Exception):  # an answer, like tickets.errors
    """What came is no message: ``code`` for machines."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Frame:
    """One thing the visitor said or chose."""

    type: str
    client_id: str
    session: str
    text: str = ""
    files: list[str] = field(default_factory=list)
    choice: str = ""
    line: int = 0
    email: str = ""
    name: str = ""


def read(raw: bytes) -> Frame:
    """Of what was kept. Raises ``BadFrame``."""
    if len(raw) > LARGEST_FRAME:
        raise BadFrame("too-large")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadFrame("malformed") from error
    if not isinstance(data, dict):
        raise BadFrame("malformed")
    return frame_of(data)


def frame_of(data: dict[str, Any]) -> Frame:
    """Of an object that somebody sent. Raises ``BadFrame``."""
    kind = data.get("type")
    if kind not in TYPES:
        raise BadFrame("unknown-type")
    frame = Frame(
        type=str(kind),
        client_id=_matching(data.get("id"), _CLIENT_ID, "bad-id"),
        session=_matching(data.get("session"), _KEY, "bad-session"),
        text=_text(data.get("text")),
        files=_files(data.get("files")),
        choice=str(data.get("choice") or "")[:100],
        line=_number(data.get("line")),
        email=_line(data.get("email"), 320).lower(),
        name=_line(data.get("name"), 200),
    )
    if frame.type == "say" and not frame.text.strip() and not frame.files:
        raise BadFrame("empty")
    if frame.type == "choose" and not frame.choice:
        raise BadFrame("empty")
    if frame.type == "leave":
        if not frame.text.strip() and not frame.files:
            raise BadFrame("empty")
        if frame.email and not is_address(frame.email):
            raise BadFrame("bad-email")
    return frame


def raw_of(data: dict[str, Any], session: str) -> bytes:
    """What is kept of an object that somebody sent: what we know the meaning of, and whose it is."""
    known = ("type", "id", "text", "files", "choice", "line", "email", "name")
    return json.dumps(
        {name: data[name] for name in known if name in data} | {"session": session}, ensure_ascii=True
    ).encode()


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadFrame("bad-text")
    text = storable(value).strip()
    if len(text) > MOST_TEXT:
        raise BadFrame("too-long")
    return text


def _line(value: object, most: int) -> str:
    return " ".join(storable(value).split())[:most] if isinstance(value, str) else ""


def _files(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) and _KEY.match(one) for one in value):
        raise BadFrame("bad-files")
    if len(value) > MOST_FILES:
        raise BadFrame("too-many-files")
    return list(dict.fromkeys(value))


def _matching(value: object, pattern: re.Pattern[str], code: str) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise BadFrame(code)
    return value


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0
