"""A message of ours as calls of the Bot API: text in parts, files in albums, one caption where it fits.

Sizes and counts: https://core.telegram.org/bots/api#sending-files and #sendmediagroup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels_in.kinds.telegram.api import MOST_BYTES_OUT, Upload
from channels_in.kinds.telegram.buttons import Rows, keyboard
from channels_in.kinds.telegram.writing import CAPTION_LIMIT, Rich, split

MOST_IN_ALBUM = 10
MOST_PHOTO_BYTES = 10 * 1024 * 1024
_METHODS = {
    "photo": "sendPhoto",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "voice": "sendVoice",
    "audio": "sendAudio",
    "document": "sendDocument",
}
# What may stand in one album.
_ALBUMS = {"photo": "pictures", "video": "pictures", "document": "documents", "audio": "audio"}


@dataclass(frozen=True)
class OutFile:
    name: str
    content_type: str
    data: bytes

    @property
    def kind(self) -> str:
        """How Telegram should show it."""
        small = len(self.data) <= MOST_PHOTO_BYTES
        match self.content_type:
            case "image/jpeg" | "image/png" if small:
                return "photo"
            case "image/gif":
                return "animation"
            case "video/mp4":
                return "video"
            case "audio/ogg":
                return "voice"
            case "audio/mpeg" | "audio/mp4" | "audio/x-m4a":
                return "audio"
        return "document"


@dataclass(frozen=True)
class Call:
    """One call that makes one message or one album. ``as_document``: if Telegram takes no picture."""

    method: str
    params: dict[str, Any]
    uploads: list[Upload] = field(default_factory=list)
    as_document: "Call | None" = None


class TooLarge(Exception):  # says which
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def calls(
    rich: Rich, files: Sequence[OutFile], *, reply_to: str = "", buttons: Rows | None = None
) -> list[Call]:
    """The calls in order, without ``chat_id``. Raises ``TooLarge`` for a file over 50 MB.

    ``reply_to``: the customer's message that the first of them answers, if it still exists.
    """
    for file in files:
        if len(file.data) > MOST_BYTES_OUT:
            raise TooLarge(file.name)
    captioned = len(files) == 1 and rich.length <= CAPTION_LIMIT and files[0].kind != "animation"
    made = [] if captioned else [Call("sendMessage", _text(part)) for part in split(rich)]
    caption = rich if captioned and rich.text else None
    made += [_file(group[0], caption) if len(group) == 1 else _album(group) for group in _groups(files)]
    if made and reply_to:
        answered = {"message_id": int(reply_to), "allow_sending_without_reply": True}
        _extend(made[0], {"reply_parameters": answered})
    if made and buttons:
        last = next((one for one in reversed(made) if one.method != "sendMediaGroup"), None)
        if last is not None:
            _extend(last, {"reply_markup": keyboard(buttons)})
    return made


def _extend(call: Call, params: dict[str, Any]) -> None:
    call.params.update(params)
    if call.as_document is not None:
        call.as_document.params.update(params)


def _text(rich: Rich) -> dict[str, Any]:
    entities = rich.entities()
    return {"text": rich.text} | ({"entities": entities} if entities else {})


def _caption(rich: Rich | None) -> dict[str, Any]:
    if rich is None:
        return {}
    entities = rich.entities()
    return {"caption": rich.text} | ({"caption_entities": entities} if entities else {})


def _groups(files: Iterable[OutFile]) -> list[list[OutFile]]:
    """Neighbours that can be one album, up to ten of them."""
    groups: list[list[OutFile]] = []
    for file in files:
        album = _ALBUMS.get(file.kind)
        last = groups[-1] if groups else []
        if album and last and len(last) < MOST_IN_ALBUM and _ALBUMS.get(last[0].kind) == album:
            last.append(file)
        else:
            groups.append([file])
    return groups


def _file(file: OutFile, caption: Rich | None) -> Call:
    def as_kind(kind: str) -> Call:
        upload = Upload(kind, file.name, file.content_type, file.data)
        return Call(_METHODS[kind], _caption(caption), [upload])

    if file.kind == "document":
        return as_kind("document")
    first = as_kind(file.kind)
    return Call(first.method, first.params, first.uploads, as_kind("document"))


def _album(files: list[OutFile]) -> Call:
    def as_kinds(kinds: list[str]) -> Call:
        media = [{"type": kind, "media": f"attach://file{number}"} for number, kind in enumerate(kinds)]
        uploads = [
            Upload(f"file{number}", file.name, file.content_type, file.data)
            for number, file in enumerate(files)
        ]
        return Call("sendMediaGroup", {"media": media}, uploads)

    kinds = [file.kind for file in files]
    first = as_kinds(kinds)
    if set(kinds) == {"document"}:
        return first
    return Call(first.method, first.params, first.uploads, as_kinds(["document"] * len(files)))
