"""A message that somebody forwarded to us: the person who wrote it first, its subject and text.

Either attached as message/rfc822, or inline under the forwarder's words, where mail programs put a block of
header fields in their user's language.
"""

import re

from channels_in.kinds.email.parsing import headers as fields
from channels_in.kinds.email.parsing import phrases as say
from channels_in.kinds.email.parsing.addresses import parse_addresses
from channels_in.kinds.email.parsing.quotes import header_block
from channels_in.kinds.email.parsing.types import Address, Forwarded

FORWARD_SUBJECT = re.compile(r"^\s*(?:fwd?|fw|wg|tr|i|rv|enc|vs|пересл|пер|fwd?\[\d+\])\s*:", re.IGNORECASE)
MARKDOWN_LINK = re.compile(r"\[mailto:([^\]\s]+)\]|<mailto:([^>\s]+)>|\(mailto:([^)\s]+)\)")


def inline(text: str, subject: str) -> Forwarded | None:
    """The forwarded message inside ``text``, if the subject or a delimiter says that it is one."""
    lines = text.split("\n")
    announced = bool(FORWARD_SUBJECT.match(subject))
    for index, line in enumerate(lines[:2000]):
        begins = say.BEGIN_FORWARD.match(line) or (say.is_delimiter(line) and say.FORWARD_WORDS.search(line))
        if begins:
            start = _first_field(lines, index + 1)
        elif announced and say.field_kind(line) in ("from", "date"):
            start = index
        else:
            continue
        found = _read(lines, start) if start is not None else None
        if found is not None:
            return found
    return None


def _first_field(lines: list[str], index: int) -> int | None:
    return next((i for i in range(index, min(index + 4, len(lines))) if say.field_kind(lines[i])), None)


def _read(lines: list[str], start: int) -> Forwarded | None:
    block = header_block(lines, start)
    if "from" not in block or len(block) < 2:
        return None
    body = start
    while body < len(lines) and lines[body].strip(" >*"):
        body += 1
    rest = [re.sub(r"^> ?", "", line) for line in lines[body:]]
    return Forwarded(
        sender=_sender(block["from"]),
        subject=block.get("subject", "").strip(),
        date=fields.date(block.get("date", "")),
        text="\n".join(rest).strip("\n"),
        attached=False,
    )


def _sender(value: str) -> Address | None:
    """A name with an address in any of the brackets mail programs use, or what there is of it."""
    value = MARKDOWN_LINK.sub(lambda match: f"<{next(filter(None, match.groups()))}>", value)
    value = re.sub(r"\[([^\[\]\s]+@[^\[\]\s]+)\]", r"<\1>", value)
    value = re.sub(r"(<[^<>]*>)(?:\s*<[^<>]*>)+", r"\1", value).replace("*", "")
    found = parse_addresses(value)
    return found[0] if found else None
