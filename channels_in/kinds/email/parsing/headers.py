"""Header fields: splitting, encoded words (RFC 2047), parameters (RFC 2231), message ids, dates (RFC 5322).

Everything is lenient: what is broken is read as far as it makes sense, and nothing raises.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from channels_in.kinds.email.parsing.charset import codec_for, decode

LONGEST_VALUE = 128 * 1024
FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*(.*)", re.DOTALL)
LIKELY_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]*:")
ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,9})\?=")
# An encoded word with raw bytes in it: they are in its charset.
RAW_WORD = re.compile(rb"=\?([!->@-~]{1,60})\?[qQ]\?([^?]*[\x80-\xff][^?]*)\?=")
ANGLE_ID = re.compile(r"<([^<>]*)>")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


class Headers:
    """The fields of one part in order; names are compared without case."""

    def __init__(self, fields: list[tuple[str, bytes]], fallback: str | None = None) -> None:
        self.fields = fields
        self.fallback = fallback
        self._first: dict[str, bytes] = {}
        for name, value in fields:
            self._first.setdefault(name.lower(), value)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def raw(self, name: str) -> str:
        """The first field of that name, unfolded, 8-bit characters decoded, encoded words left alone.

        RFC 6532 allows raw UTF-8 only. Other raw bytes are told by their look or by the charset of the body,
        if that is one whose letters come in words; a lone letter is left as unknown.
        """
        return self.unfold(self._first.get(name.lower(), b""))

    def raw_all(self, name: str) -> list[str]:
        name = name.lower()
        return [self.unfold(value) for key, value in self.fields if key.lower() == name]

    def text(self, name: str) -> str:
        """The first field of that name as people read it."""
        return decode_words(self.raw(name)).strip()

    def unfold(self, value: bytes) -> str:
        value = value[:LONGEST_VALUE]
        if not value.isascii() and b"=?" in value:
            value = RAW_WORD.sub(_as_utf8, value)
        text = decode(value, self.fallback)
        return re.sub(r"\s*[\r\n]+\s*", " ", text).strip() if "\n" in text or "\r" in text else text.strip()

    def decoded(self) -> Iterator[tuple[str, str]]:
        for name, value in self.fields:
            yield name, decode_words(self.unfold(value))


def split(data: bytes, most: int = 1000) -> tuple[list[tuple[str, bytes]], int, bool]:
    """Fields of the header section, the offset where the body begins, and whether the section is broken.

    Tolerates an mbox "From " line, blank lines in front, lines that are no field, and a missing blank line.
    """
    position, end, broken = 0, len(data), False
    fields: list[tuple[str, list[bytes]]] = []
    while position < end:
        stop = data.find(b"\n", position)
        stop = end if stop < 0 else stop + 1
        line = data[position:stop].rstrip(b"\r\n")
        if not line.strip():
            # A line of blanks between two fields is a badly folded line, not the end.
            if fields and not (line and _field_follows(data, stop)):
                return _joined(fields), stop, broken
            broken = broken or bool(fields)
        elif line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif match := FIELD.match(line):
            if len(fields) < most:
                fields.append((match[1].decode("ascii"), [match[2]]))
        elif line.startswith((b"From ", b">From ")) or _field_follows(data, stop):
            broken = broken or bool(fields)
        else:
            return _joined(fields), position, True
        position = stop
    return _joined(fields), end, broken


def _joined(fields: list[tuple[str, list[bytes]]]) -> list[tuple[str, bytes]]:
    return [(name, b"\n".join(lines)[:LONGEST_VALUE]) for name, lines in fields]


def _field_follows(data: bytes, position: int) -> bool:
    return bool(LIKELY_FIELD.match(data, position))


def decode_words(text: str) -> str:
    """Decode RFC 2047 encoded words anywhere in ``text``, also inside quotes, as senders write them.

    Neighbours in one charset are joined as bytes first: senders cut in the middle of a character.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, pending_charset, position = b"", "", 0

    def flush() -> None:
        nonlocal pending
        if pending:
            out.append(decode(pending, pending_charset))
        pending = b""

    for match in ENCODED_WORD.finditer(text):
        between = text[position : match.start()]
        charset, encoding, payload = match.groups()
        chunk = _word_bytes(payload, encoding)
        if between.strip() or position == 0:
            flush()
            out.append(between)
        elif charset.lower() != pending_charset.lower():
            flush()
        pending, pending_charset, position = pending + chunk, charset, match.end()
    flush()
    out.append(text[position:])
    return "".join(out)


def _as_utf8(word: re.Match[bytes]) -> bytes:
    """The same encoded word with its raw bytes written out, so that the rest of the field can be decoded."""
    payload = re.sub(rb"[\x80-\xff]", lambda byte: b"=%02X" % byte[0][0], word[2])
    return b"=?" + word[1] + b"?Q?" + payload + b"?="


def _word_bytes(payload: str, encoding: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return lenient_base64(data)
    return binascii.a2b_qp(data.replace(b"\n", b" "), header=True)


def lenient_base64(data: bytes) -> bytes:
    """Decode base64 with stray characters, inner padding and a missing end, as far as it goes."""
    compact = re.sub(rb"[^A-Za-z0-9+/=_-]", b"", data)
    if b"-" in compact or b"_" in compact:
        compact = compact.replace(b"-", b"+").replace(b"_", b"/")
    out = []
    for piece in re.findall(rb"[^=]+", compact):
        usable = piece if len(piece) % 4 != 1 else piece[:-1]
        out.append(base64.b64decode(usable + b"=" * (-len(usable) % 4)))
    return b"".join(out)


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The main value, lower-cased, and its parameters with RFC 2231 continuations and charsets resolved."""
    pieces = _split_parameters(value)
    main = pieces[0].strip().lower() if pieces else ""
    plain: dict[str, str] = {}
    parts: dict[str, list[tuple[int, bool, str]]] = {}
    for piece in pieces[1:]:
        name, mark, content = piece.partition("=")
        name, content = name.strip().lower(), content.strip()
        if not mark or not name:
            continue
        content = _unquote(content)
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(name, content)
            continue
        extended = rest.endswith("*") or rest == ""
        number = rest.rstrip("*")
        parts.setdefault(base, []).append((int(number) if number.isdecimal() else 0, extended, content))
    for base, chunks in parts.items():
        plain[base] = _join_2231(sorted(chunks, key=lambda chunk: chunk[0]))
    return main, plain


def _split_parameters(value: str) -> list[str]:
    """Split at semicolons outside quotes; an opening quote without an end runs to the end of the value."""
    if '"' not in value:
        return value.split(";")
    pieces, start, quoted, position = [], 0, False, 0
    while position < len(value):
        ch = value[position]
        if ch == "\\" and quoted:
            position += 1
        elif ch == '"':
            quoted = not quoted
        elif ch == ";" and not quoted:
            pieces.append(value[start:position])
            start = position + 1
        position += 1
    pieces.append(value[start:])
    return pieces


def _unquote(content: str) -> str:
    if content.startswith('"'):
        match = re.match(r'"((?:[^"\\]|\\.)*)"?', content, re.DOTALL)
        inner = match[1] if match else content
        # Windows senders write a path unescaped; only a quote or backslash is really escaped.
        return re.sub(r'\\(["\\])', r"\1", inner)
    return content


def _join_2231(chunks: list[tuple[int, bool, str]]) -> str:
    charset, data = "", b""
    for index, (_, extended, content) in enumerate(chunks):
        if extended and index == 0 and content.count("'") >= 2:
            charset, _, encoded = content.split("'", 2)
            data += unquote_to_bytes(encoded)
        elif extended:
            data += unquote_to_bytes(content)
        else:
            data += content.encode(codec_for(charset) or "utf-8", "replace") if charset else content.encode()
    return decode(data, charset)


def message_ids(value: str) -> list[str]:
    """Ids of a References or In-Reply-To field without angle brackets, in order, each once."""
    found = [re.sub(r"\s+", "", inner) for inner in ANGLE_ID.findall(value)]
    if not found:
        found = [token.strip("<>,;") for token in value.split() if "@" in token]
    return list(dict.fromkeys(filter(None, found)))


def message_id(value: str) -> str | None:
    """The one id of a Message-ID field; without brackets the bare token counts."""
    found = [re.sub(r"\s+", "", inner) for inner in ANGLE_ID.findall(value)]
    token = next(filter(None, found), "") or value.strip().strip("<>").partition(" ")[0]
    return token[:998] or None


def date(value: str) -> datetime | None:
    """The moment a Date field names; without or with an unknown zone it is UTC (RFC 5322, 4.3)."""
    value = re.sub(r"\([^()]*\)", " ", value[:200]).strip()
    try:
        if ISO_DATE.match(value):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        parsed = parsedate_tz(re.sub(r"\s+", " ", value))
        if parsed is None:
            return None
        zone = timezone(timedelta(seconds=parsed[9])) if parsed[9] else UTC
        return datetime(*parsed[:6], tzinfo=zone)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
