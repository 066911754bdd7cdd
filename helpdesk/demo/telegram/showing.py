"""Messages as an app shows them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from channels_in.kinds.telegram.parsing.entities import to_html

_FILES = ("document", "voice", "audio", "video", "animation", "video_note", "sticker")


@dataclass(frozen=True)
class ShownFile:
    id: str
    name: str
    type: str
    size: int
    is_picture: bool


@dataclass(frozen=True)
class Line:
    """One bubble. ``buttons``: rows of (text, data)."""

    id: int
    is_mine: bool
    html: Markup
    text: str
    at: datetime
    is_edited: bool = False
    answered: str = ""
    files: list[ShownFile] = field(default_factory=list)
    buttons: list[list[tuple[str, str]]] = field(default_factory=list)


def lines_of(messages: list[dict[str, Any]], person_id: object) -> list[Line]:
    return [_line(one, one["from"]["id"] == person_id) for one in messages]


def _line(message: dict[str, Any], is_mine: bool) -> Line:
    text = message.get("text") or message.get("caption") or ""
    html, _formatted = to_html(text, message.get("entities") or message.get("caption_entities") or [])
    answered = message.get("reply_to_message") or {}
    keyboard = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return Line(
        id=message["message_id"],
        is_mine=is_mine,
        html=Markup(html),  # noqa: S704  # to_html has sanitised it
        text=text,
        at=datetime.fromtimestamp(message["date"], UTC),
        is_edited="edit_date" in message,
        answered=(answered.get("text") or answered.get("caption") or "")[:120],
        files=list(_files(message)),
        buttons=[[(one["text"], one.get("callback_data", "")) for one in row] for row in keyboard],
    )


def _files(message: dict[str, Any]) -> Any:
    if message.get("photo"):
        photo = message["photo"][-1]
        kind = photo.get("mime_type", "image/jpeg")
        yield ShownFile(photo["file_id"], "photo", kind, photo.get("file_size", 0), True)
    for kind in _FILES:
        if file := message.get(kind):
            name = file.get("file_name", kind)
            yield ShownFile(file["file_id"], name, file.get("mime_type", ""), file.get("file_size", 0), False)
