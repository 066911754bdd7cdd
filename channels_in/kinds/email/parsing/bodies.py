"""Which parts are the message itself, and its plain text and HTML.

The rules are those of JMAP (RFC 8621, 4.1.4): inside multipart/alternative the best of each kind, elsewhere
every text that is not a file, in order.
"""

import re
from dataclasses import dataclass, field

from channels_in.kinds.email.parsing.charset import decode
from channels_in.kinds.email.parsing.mime import Part
from common.html import simplify, text_to_html, to_text, too_complex

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
BODY_TYPES = ("text/plain", "text/html")


@dataclass
class Bodies:
    """Parts for the plain view, for the HTML view, and files with a flag: sits in multipart/related."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    files: list[tuple[Part, bool]] = field(default_factory=list)


def collect(part: Part, parent: str = "", first: bool = True, related: bool = False) -> Bodies:
    if part.is_multipart:
        return _collect_multipart(part, related)
    if _is_body(part, parent, first):
        return Bodies(plain=[part], html=[part])
    return Bodies(files=[(part, related)])


def _is_body(part: Part, parent: str, first: bool) -> bool:
    kind = part.content_type
    if kind.startswith("multipart/"):
        return True
    if part.disposition == "attachment" and not (parent == "" and not part.filename and kind in BODY_TYPES):
        return False
    if parent == "":
        return kind.startswith("text/") and not (part.filename and kind not in BODY_TYPES)
    return kind in BODY_TYPES and (first or not part.filename)


def _collect_multipart(part: Part, related: bool) -> Bodies:
    kind = part.content_type
    inside = related or kind == "multipart/related"
    found = []
    for index, child in enumerate(part.children):
        # The first part that is a text may carry a name; later ones with a name are files.
        found.append(collect(child, kind, index == 0 or kind == "multipart/alternative", inside))
    files = [file for bodies in found for file in bodies.files]
    if kind != "multipart/alternative":
        return Bodies(
            [piece for bodies in found for piece in bodies.plain],
            [piece for bodies in found for piece in bodies.html],
            files,
        )
    plain = next((b.plain for b in found if _has(b.plain, "text/plain")), None)
    html = next((b.html for b in reversed(found) if _has(b.html, "text/html")), None)
    either = next((b.plain for b in found if b.plain), [])
    return Bodies(plain or html or either, html or plain or either, files)


def _has(parts: list[Part], kind: str) -> bool:
    return any(part.content_type == kind for part in parts)


def plain_text(part: Part, *, as_sent: bool = False) -> str:
    """Decoded text of one plain part with line feeds only; format=flowed is unfolded (RFC 3676)."""
    text = decode(part.content, part.charset, as_sent=as_sent)
    text = normalise_lines(text)
    if part.parameter("format").lower() == "flowed":
        return unflow(text, delsp=part.parameter("delsp").lower() == "yes")
    return text


def html_source(part: Part, most: int) -> str:
    """The decoded source, cut at ``most`` characters; if it is too complex to be honest, only its words."""
    label = part.charset
    if not label and (meta := META_CHARSET.search(part.content[:4000])):
        label = meta[1].decode("ascii")
    source = decode(part.content, label)[:most]
    return simplify(source) if too_complex(source) else source


def normalise_lines(text: str) -> str:
    if "\r" not in text:
        return text
    return re.sub(r"\r+\n", "\n", text).replace("\r", "\n")


def unflow(text: str, delsp: bool) -> str:
    """Join lines that end in a space to the next one of the same quote depth."""
    out: list[str] = []
    depth_before, open_line = -1, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        if content.startswith(" "):
            content = content[1:]
        signature = content in ("-- ", "--")
        if open_line and depth == depth_before and not signature:
            out[-1] += content
        else:
            out.append(f"{'>' * depth} {content}" if depth else content)
        open_line = content.endswith(" ") and not signature
        depth_before = depth
        if open_line and delsp:
            out[-1] = out[-1][:-1]
    return "\n".join(out)


def view_text(parts: list[Part], most: int, *, as_sent: bool = False) -> str:
    """The message as plain text; an HTML part is turned into text. ``as_sent`` keeps NUL."""
    texts = [
        to_text(html_source(part, most))
        if part.content_type == "text/html"
        else plain_text(part, as_sent=as_sent)
        for part in parts
    ]
    texts = [text for text in texts if text.strip()]
    return "\n\n".join(text.strip("\n") if len(texts) > 1 else text for text in texts)[:most]


def view_html(parts: list[Part], most: int) -> str | None:
    """The message as one HTML source, not yet sanitised; None if no part is HTML."""
    if not _has(parts, "text/html"):
        return None
    pieces = [
        html_source(part, most) if part.content_type == "text/html" else text_to_html(plain_text(part))
        for part in parts
    ]
    source = pieces[0] if len(pieces) == 1 else "".join(f"<div>{piece}</div>" for piece in pieces)
    return source[:most] if source.strip() else None
