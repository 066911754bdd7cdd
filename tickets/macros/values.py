"""What the variables of macros stand for, on a ticket and in a preview."""

from common.text import one_line
from people.models import User
from tickets.models import Ticket

_LONGEST = 200
# Of Russian names in their official order: surname, name, patronymic.
_PATRONYMIC = ("вич", "вна", "чна", "ична", "кызы", "оглы")

_SAMPLES = {
    "en": {
        "contact.name": "Vera Wells",
        "contact.first_name": "Vera",
        "contact.organization": "Northgate Coffee",
        "ticket.number": "1042",
        "ticket.subject": "The coffee machine does not switch on",
        "ticket.team": "First line",
    },
    "ru": {
        "contact.name": "Вера Ёлкина",
        "contact.first_name": "Вера",
        "contact.organization": "Северград",
        "ticket.number": "1042",
        "ticket.subject": "Кофемашина не включается",
        "ticket.team": "Первая линия",
    },
}


def values(ticket: Ticket, writer: User | None) -> dict[str, str]:
    """For ``writer``'s message in ``ticket``; what is not known is empty."""
    contact = _name(ticket.requester.person.name)
    found = {
        "contact.name": contact,
        "contact.first_name": first_name(contact),
        "contact.organization": ticket.organization.name if ticket.organization else "",
        "ticket.number": str(ticket.pk),
        "ticket.subject": ticket.subject,
        "ticket.team": ticket.team.name if ticket.team else "",
        "agent.name": writer.name if writer else "",
        "agent.first_name": first_name(writer.name) if writer else "",
        "brand.name": ticket.brand.name,
    }
    return {name: one_line(text, _LONGEST) for name, text in found.items()}


def sample(language: str, *, writer: User, brand: str) -> dict[str, str]:
    """A customer and a ticket that could be, for the preview of a text in ``language``."""
    agent = {"agent.name": writer.name, "agent.first_name": first_name(writer.name), "brand.name": brand}
    return _SAMPLES.get(language, _SAMPLES["en"]) | agent


def _name(text: str) -> str:
    """What somebody calls themselves, unless it is only their address or number."""
    name = " ".join(text.split())
    return "" if "@" in name or not any(letter.isalpha() for letter in name) else name


def first_name(name: str) -> str:
    """The given name of a full one.

    >>> first_name("Vera Wells"), first_name("Wells, Vera"), first_name("Ёлкина Вера Павловна")
    ('Vera', 'Vera', 'Вера')
    """
    surname, comma, given = name.partition(",")
    words = (given if comma and given.strip() else surname).split()
    if len(words) == 3 and words[2].lower().endswith(_PATRONYMIC):
        return words[1]
    return words[0] if words else ""
