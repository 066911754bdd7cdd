"""The files of a message: photographs in their largest size, documents, recordings, stickers. Pure."""

import mimetypes
from collections.abc import Iterator

from channels_in.kinds.telegram.parsing.reading import Json, number, rows, table, words
from channels_in.kinds.telegram.parsing.types import File

MOST = 20
# kind: what it is called and is, where Telegram does not say.
_KINDS = {
    "animation": ("animation.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "document": ("document", "application/octet-stream"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video_message.mp4", "video/mp4"),
    "voice": ("voice.ogg", "audio/ogg"),
}
_LONGEST_NAME = 200


def files_of(message: Json) -> list[File]:
    """Every file. An animation also comes as a document, for old apps: once is enough."""
    found = list(_all(message))
    if any(file.kind == "animation" for file in found):
        found = [file for file in found if file.kind != "document"]
    return found[:MOST]


def _all(message: Json) -> Iterator[File]:
    if photo := _largest(rows(message, "photo")):
        yield from _photo(photo)
    for kind in _KINDS:
        yield from _file(kind, table(message, kind))
    yield from _sticker(table(message, "sticker"))
    for media in rows(table(message, "paid_media"), "paid_media"):
        if photo := _largest(rows(media, "photo")):
            yield from _photo(photo)
        yield from _file("video", table(media, "video"))


def unknown_files(message: Json, names: list[str]) -> Iterator[File]:
    """Files in fields that came to the Bot API after this was written."""
    for name in names:
        if words(table(message, name), "file_id"):
            yield from _file(name, table(message, name))


def _largest(sizes: list[Json]) -> Json:
    def pixels(size: Json) -> tuple[int, int]:
        return (number(size, "width") or 0) * (number(size, "height") or 0), number(size, "file_size") or 0

    return max(sizes, key=pixels, default={})


def _photo(size: Json) -> Iterator[File]:
    yield from _made("photo", size, "photo.jpg", "image/jpeg")


def _file(kind: str, source: Json) -> Iterator[File]:
    name, content_type = _KINDS.get(kind, (kind[:40], "application/octet-stream"))
    own_type = words(source, "mime_type")
    own_name = words(source, "file_name")
    if not own_name and own_type and own_type != content_type:
        name = name.partition(".")[0] + (mimetypes.guess_extension(own_type) or "")
    yield from _made(kind, source, own_name or name, own_type or content_type)


def _sticker(source: Json) -> Iterator[File]:
    """Three kinds of picture: still, animated, video."""
    if source.get("is_animated") is True:
        yield from _made("sticker", source, "sticker.tgs", "application/x-tgsticker")
    elif source.get("is_video") is True:
        yield from _made("sticker", source, "sticker.webm", "video/webm")
    else:
        yield from _made("sticker", source, "sticker.webp", "image/webp")


def _made(kind: str, source: Json, name: str, content_type: str) -> Iterator[File]:
    file_id = words(source, "file_id")
    if not source or len(file_id) > 500:
        return
    size = number(source, "file_size")
    yield File(
        kind,
        name.replace("/", "_").replace("\\", "_")[-_LONGEST_NAME:],
        content_type[:100],
        file_id,
        size if size is not None and size >= 0 else None,
        words(source, "file_unique_id")[:100],
    )
