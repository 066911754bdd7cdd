"""The signature under a reply by mail: its author's and the brand's, with variables as in macros.

Plain text. What a variable has no value for is shown to whoever writes, and left out of what is sent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext_noop

from common.placeholders import VARIABLE
from journal.models import Entry
from people.models import User
from tickets import errors
from tickets.events import ReplyPosted
from tickets.macros.values import values
from tickets.macros.variables import VARIABLES, gap, trouble
from tickets.models import Message, Ticket

_EDGES = re.compile(r"^[\s,;:·|/–—-]+|[\s,;:·|/–—-]+$")
_TROUBLE = {
    "unknown": gettext_noop("There is no variable “%(what)s”."),
    "broken": gettext_noop("These braces are no variable: “%(what)s”."),
}


@dataclass(frozen=True)
class Signature:
    """``own`` and ``brand`` as whoever writes sees them; ``missing``: whether anything is left out."""

    own: str
    brand: str
    missing: bool = False

    @property
    def text(self) -> str:
        return "\n".join(filter(None, [self.own, self.brand]))

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


def sent(ticket: Ticket, writer: User | None) -> str:
    """What stands under a message of ``writer``; the brand's alone under what no person wrote."""
    texts = [writer.signature if writer else "", ticket.brand.signature]
    filled = [_without_gaps(text, lambda: values(ticket, writer)) for text in texts]
    return "\n".join(filter(None, filled))


def shown(own: str, brand: str, found: Mapping[str, str]) -> Signature:
    """The same for whoever writes, with what is missing in brackets. ``found``: values by variable."""
    missing = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal missing
        name = match[1]
        if name not in VARIABLES:
            return match[0]
        value = found.get(name, "")
        missing = missing or not value
        return value or gap(name)

    return Signature(VARIABLE.sub(replaced, own.strip()), VARIABLE.sub(replaced, brand.strip()), missing)


def _without_gaps(text: str, find: Callable[[], Mapping[str, str]]) -> str:
    """Filled in. Where a value is missing, the comma before it goes too, and a line with nothing left."""
    text = text.strip()
    if "{{" not in text:
        return text
    found = find()
    lines = []
    for line in text.splitlines():
        filled = VARIABLE.sub(lambda match: _value(match, found), line).rstrip()
        if any(not found.get(name) for name in VARIABLE.findall(line) if name in VARIABLES):
            filled = _EDGES.sub("", filled)
            if not filled:
                continue
        lines.append(filled)
    return "\n".join(lines).strip()


def _value(match: re.Match[str], found: Mapping[str, str]) -> str:
    return found.get(match[1], "") if match[1] in VARIABLES else match[0]


def check(text: str) -> None:
    """Refuse a signature whose variables would not all be filled in; raises ``Invalid``."""
    if found := trouble(escape(text, quote=False)):
        kind, what = found
        raise errors.Invalid("signature", _TROUBLE[kind], what=what[:80])


def is_signed(message: Message) -> bool:
    """Whether its author wanted the signature under it; the journal's entry of the reply says so."""
    entries = Entry.objects.filter(
        stream_type="ticket",
        stream_id=message.ticket_id,
        kind=ReplyPosted.kind,
        data__message_id=message.pk,
        data__signed=False,
    )
    return not entries.exists()
