"""Files of a message: safe names, and whether they are shown inside the text."""

import mimetypes
import re

from channels_in.kinds.email.parsing.headers import Headers, split
from channels_in.kinds.email.parsing.mime import Part
from channels_in.kinds.email.parsing.types import ParsedAttachment

# Without the system's tables, so that a name does not depend on the machine.
_types = mimetypes.MimeTypes()
EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "text/rfc822-headers": ".txt",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
    "application/pgp-signature": ".asc",
}
UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def safe_name(name: str) -> str:
    """A bare file name: no folders, no control or direction marks, at most 255 characters with its ending."""
    name = UNSAFE.sub("", name.replace("\\", "/")).rstrip("/").rpartition("/")[2].strip(" .") or ""
    if len(name) > 255:
        stem, dot, ending = name.rpartition(".")
        name = stem[: 254 - len(ending)] + dot + ending if dot and len(ending) <= 20 else name[:255]
    return name


def attachment(part: Part, number: int, related: bool) -> ParsedAttachment:
    """The part as a file; ``number`` names the nameless, ``related`` says it sits beside an HTML body."""
    kind = part.content_type
    content = part.content if not part.is_multipart else part.body
    name = safe_name(part.filename)
    if not name and kind == "message/rfc822":
        subject = Headers(split(content)[0]).text("subject")
        name = safe_name(re.sub(r"[\\/:*?\"<>|\s]+", " ", subject)[:100])
        name = f"{name}.eml" if name else ""
    if not name:
        ending = EXTENSIONS.get(kind) or _types.guess_extension(kind) or ".bin"
        name = f"{'calendar' if kind == 'text/calendar' else 'attachment'}-{number}{ending}"
    shown = kind.startswith("image/") and part.disposition != "attachment"
    inline = shown and (part.disposition == "inline" or related or part.content_id is not None)
    return ParsedAttachment(name, kind, content, len(content), inline, part.content_id)
