"""The tree of MIME parts (RFC 2045, 2046), cut from the raw bytes so that every attachment keeps its own."""

import binascii
import re
from dataclasses import dataclass, field
from functools import cached_property

from channels_in.kinds.email.parsing import headers as fields
from channels_in.kinds.email.parsing.charset import CJK, codec_for
from channels_in.kinds.email.parsing.headers import Headers, decode_words, lenient_base64
from channels_in.kinds.email.parsing.limits import LimitError, Limits

TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
GUESSED_BOUNDARY = re.compile(rb"^--(\S[^\r\n]{0,68}?)[ \t]*\r?$", re.MULTILINE)
# Charsets in which whole words are non-ASCII, so that raw header bytes can be told to be in them.
WORDY_CHARSETS = CJK | {
    "cp1251",
    "koi8_r",
    "koi8_u",
    "iso8859_5",
    "cp866",
    "mac_cyrillic",
    "cp1253",
    "cp1255",
    "cp1256",
}
TRANSFER = re.compile(r"[a-z0-9-]+")
UUENCODED = re.compile(rb"^begin [0-7]{3} [^\r\n]*\r?\n", re.MULTILINE)


@dataclass
class Part:
    """One part: its fields, its body as it stands in the message, and the parts inside a multipart."""

    headers: Headers
    body: bytes
    default_type: str = "text/plain"
    children: list["Part"] = field(default_factory=list)
    preamble: bytes = b""

    @cached_property
    def _type(self) -> tuple[str, dict[str, str]]:
        main, params = fields.parameters(self.headers.raw("content-type"))
        main = main.strip("\"' ").replace(" ", "")
        if main in ("text", "html", "plain"):
            main = "text/html" if main == "html" else "text/plain"
        if not main:
            main = self.default_type
        if TYPE.fullmatch(main):
            return main, params
        # An unreadable type with a file name is a file, else a text (RFC 2045, 5.2).
        return ("application/octet-stream" if params.get("name") else "text/plain"), params

    @property
    def content_type(self) -> str:
        return self._type[0]

    @property
    def charset(self) -> str | None:
        return self._type[1].get("charset")

    def parameter(self, name: str) -> str:
        return self._type[1].get(name, "")

    @cached_property
    def _disposition(self) -> tuple[str, dict[str, str]]:
        return fields.parameters(self.headers.raw("content-disposition"))

    @property
    def disposition(self) -> str:
        return self._disposition[0]

    @cached_property
    def filename(self) -> str:
        """The name the sender gave the part, whichever of the two fields and encodings carries it."""
        name = self._disposition[1].get("filename") or self.parameter("name")
        return decode_words(name).strip()

    @cached_property
    def content_id(self) -> str | None:
        return self.headers.raw("content-id").strip("<> \t") or None

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    @cached_property
    def content(self) -> bytes:
        """The body without its transfer encoding; what is broken is decoded as far as it goes."""
        return decode_transfer(self.body, self.headers.raw("content-transfer-encoding"))

    def walk(self) -> list["Part"]:
        found, stack = [], [self]
        while stack:
            part = stack.pop()
            found.append(part)
            stack.extend(reversed(part.children))
        return found


def decode_transfer(body: bytes, encoding: str) -> bytes:
    match = TRANSFER.search(encoding.lower())
    name = match[0] if match else ""
    if name == "base64":
        return lenient_base64(body)
    if name in ("quoted-printable", "quotedprintable", "qp"):
        return binascii.a2b_qp(body)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecode(body)
    return body


def _uudecode(body: bytes) -> bytes:
    begin = UUENCODED.search(body)
    if begin is None:
        return body
    out = []
    for line in body[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders write too long a line; the length byte tells how much counts.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                break
    return b"".join(out)


class Reader:
    """Reads one message; counts parts against the limits and collects what was broken."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts = 0
        self.defects: list[str] = []

    def read(self, data: bytes, depth: int = 0, default_type: str = "text/plain") -> Part:
        """The part that ``data`` is, with all parts inside it; LimitError if it has too many or too deep."""
        self.parts += 1
        if self.parts > self.limits.parts:
            raise LimitError("too-many-parts", f"more than {self.limits.parts} MIME parts")
        if depth > self.limits.depth:
            raise LimitError("too-deep", f"parts nested deeper than {self.limits.depth}")
        part = self.head(data, default_type)
        if part.content_type.startswith("multipart/"):
            self._read_children(part, depth)
        return part

    def head(self, data: bytes, default_type: str = "text/plain") -> Part:
        found, offset, broken = fields.split(data, self.limits.header_fields)
        if broken:
            self.defects.append("broken-header")
        part = Part(Headers(found), data[offset:], default_type)
        if part.charset and codec_for(part.charset) in WORDY_CHARSETS:
            part.headers.fallback = part.charset
        return part

    def _read_children(self, part: Part, depth: int) -> None:
        body = part.body
        boundary = part.parameter("boundary").encode("utf-8", "replace")
        pieces = split_multipart(body, boundary) if boundary else []
        if not pieces and part.headers.raw("content-transfer-encoding").lower().strip() in (
            "base64",
            "quoted-printable",
        ):
            # Forbidden by RFC 2045, 6.4, and yet sent.
            body = part.content
            pieces = split_multipart(body, boundary) if boundary else []
        if not pieces and (guess := GUESSED_BOUNDARY.search(body)):
            self.defects.append("wrong-boundary")
            pieces = split_multipart(body, guess[1])
        if not pieces:
            self.defects.append("no-boundary")
            return
        inner = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        part.preamble = pieces[0]
        part.children = [self.read(piece, depth + 1, inner) for piece in pieces[1:]]


def split_multipart(body: bytes, boundary: bytes) -> list[bytes]:
    """Preamble and parts between delimiter lines; nothing if there is no delimiter.

    The line end before a delimiter belongs to it. Parts behind a closing delimiter are read too: senders
    close early, and losing a part is worse than showing an epilogue.
    """
    delimiter = b"--" + boundary
    pieces: list[bytes] = []
    start, position, closed = 0, 0, False
    while (found := body.find(delimiter, position)) >= 0:
        position = found + len(delimiter)
        if found and body[found - 1 : found] != b"\n":
            continue
        stop = body.find(b"\n", position)
        stop = len(body) if stop < 0 else stop
        rest = body[position:stop].strip() if stop - position < 1000 else b"long"
        if rest not in (b"", b"--"):
            continue
        if not closed:
            pieces.append(_without_line_end(body[start:found]))
        closed = rest == b"--"
        start = position = min(stop + 1, len(body))
    if pieces and not closed and body[start:].strip():
        pieces.append(body[start:])
    return pieces


def _without_line_end(piece: bytes) -> bytes:
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece[:-1] if piece.endswith(b"\n") else piece
