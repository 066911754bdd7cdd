"""Address lists (RFC 5322, 3.4) as mail really writes them.

Structure is read before encoded words are decoded, so that a comma or a bracket in a decoded name splits
nothing. Broken lists are read as far as they make sense.
"""

import re

from channels_in.kinds.email.parsing.headers import decode_words
from channels_in.kinds.email.parsing.types import Address

TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*(?:\?(?!=)[^?]*){0,9}\?=)"
    r"|(?P<angle><[^<>]*>?)"
    r"|(?P<open>\()"
    r"|(?P<mark>[,;:])"
    r"|(?P<space>\s+)"
    r'|(?P<atom>[^\s,;:<>()"=]+|.)',
    re.DOTALL,
)
# Begins only where a token begins, so that a long run without an "@" is read once.
BARE = re.compile(r"(?:^|(?<=[\s<>\"',;]))[^\s<>\"',;@]+@[^\s<>\"',;]+")


class _Mailbox:
    """What has been read of one mailbox so far."""

    def __init__(self) -> None:
        self.phrase = ""
        self.angle: str | None = None
        self.comment = ""

    def finish(self) -> Address | None:
        name = _clean_name(decode_words(self.phrase))
        comment = _clean_name(decode_words(self.comment))
        if self.angle is not None:
            address = _clean_address(self.angle)
            if not address and (inner := BARE.search(name)):
                # "user@host <>": the brackets are empty and the address stands in front.
                return Address("", inner[0])
            return Address(name or comment, address) if address or name else None
        if found := BARE.search(name):
            rest = _clean_name(name.replace(found[0], " ", 1))
            return Address(rest or comment, found[0].strip("[]"))
        if not name:
            return None
        return Address(name, "")


def parse_addresses(value: str, most: int = 1000) -> list[Address]:
    """Mailboxes of an address field in order; the names of groups are dropped, their members kept."""
    found: list[Address] = []
    box = _Mailbox()
    position, end = 0, len(value)

    def flush() -> None:
        nonlocal box
        if (address := box.finish()) is not None:
            found.append(address)
        box = _Mailbox()

    while position < end and len(found) <= most:
        match = TOKEN.match(value, position)
        if match is None:
            break
        position = match.end()
        kind, piece = match.lastgroup, match[0]
        if kind == "open":
            inner, position = _comment(value, position)
            box.comment = box.comment or inner
        elif kind == "mark":
            if piece == ":":
                if box.phrase.strip().lower() == "mailto" or "@" in box.phrase or box.angle is not None:
                    box.phrase += "" if box.phrase.strip().lower() == "mailto" else piece
                else:
                    box = _Mailbox()
            elif piece == "," and _comma_in_name(box, value, position):
                box.phrase += piece
            else:
                flush()
        elif kind == "angle":
            if box.angle:
                flush()
            box.angle = piece.strip("<>")
        elif kind == "quoted":
            box.phrase += _quoted(piece, value, position)
        else:
            box.phrase += piece
    flush()
    return found


def _quoted(piece: str, value: str, position: int) -> str:
    """A quoted local part stays quoted, a quoted name does not."""
    return piece if value.startswith("@", position) else re.sub(r"\\(.)", r"\1", piece[1:-1])


def _comma_in_name(box: _Mailbox, value: str, position: int) -> bool:
    """An unquoted "Surname, Name <address>": nothing before the comma is an address of its own."""
    if box.angle is not None or "@" in box.phrase or not box.phrase.strip() or "=?" in box.phrase:
        return False
    following = re.match(r"\s*[^<>@,;:\"]{1,60}<[^<>]+@", value[position : position + 400])
    return bool(following)


def _comment(value: str, position: int) -> tuple[str, int]:
    """The text of a comment and where it ends; comments nest, and one without an end is read to the end."""
    depth, start = 1, position
    while position < len(value):
        ch = value[position]
        if ch == "\\":
            position += 1
        elif ch == "(":
            depth += 1
        elif ch == ")":
            depth -= 1
            if depth == 0:
                return value[start:position], position + 1
        position += 1
    return value[start:], len(value)


def _clean_name(name: str) -> str:
    name = re.sub(r"\s+", " ", name).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name


def _clean_address(inner: str) -> str:
    """The address inside the brackets: no spaces, no source route, no "mailto:"."""
    address = decode_words(inner).strip()
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    if address.lower().startswith("mailto:"):
        address = address[7:]
    if '"' not in address:
        address = re.sub(r"\s+", "", address)
    return address
