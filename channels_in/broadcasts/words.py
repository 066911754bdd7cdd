"""What a broadcast says to one person: in their language, with its variables filled in."""

import re
from collections.abc import Collection

from django.utils import translation
from django.utils.translation import gettext

from channels_in import variables
from channels_in.acknowledge import harmless_name
from common import placeholders
from tickets.models import Ticket

NAMES = ("contact.first_name", *variables.LABELS)
_FIRST_NAME = r"\{\{\s*contact\.first_name\s*\}\}"
# What opens a letter: "Dear {{contact.first_name}}," or "{{contact.first_name}}, good morning!"
_GREETING = re.compile(rf"\A\s*(?P<words>[^{{}}\n.!?]{{0,40}}?)[\s,]*{_FIRST_NAME}(?P<sign>[,!.:]?)")
_SHORTEST_NAME = 2
_LONGEST_ACRONYM = 4


def unknown(text: str) -> list[str]:
    """The variables of ``text`` that there are none of."""
    return placeholders.unknown(text, NAMES)


def language_for(ticket: Ticket, written: Collection[str]) -> str:
    """The language somebody gets it in: theirs (as known, else as they wrote), else the brand's, else any.

    ``written``: the languages there is a text in, at least one.
    """
    for language in (ticket.requester.person.language, ticket.language, ticket.brand.language):
        if (code := language.split("-")[0]) in written:
            return code
    return "en" if "en" in written else next(iter(written))


def first_name(name: str) -> str:
    """What to call somebody of this full name; empty where that is not sure: a company, an address, a joke.

    >>> first_name("Вера Ёлкина"), first_name("ООО Ромашка"), first_name("v.elkina")
    ('Вера', '', '')
    """
    word = harmless_name(name).partition(" ")[0]
    if len(word) < _SHORTEST_NAME or not all(part.isalpha() for part in re.split("[-'’]", word)):
        return ""
    return "" if word.isupper() and len(word) <= _LONGEST_ACRONYM else word


def filled(text: str, ticket: Ticket, language: str) -> str:
    """The text for the requester of ``ticket``. No stranger's links leave in our name.

    Without a first name the greeting is a neutral one: "Dear {{contact.first_name}}," becomes "Hello,".
    """
    values = {**variables.values(ticket), "contact.first_name": first_name(ticket.requester.person.name)}
    if not values["contact.first_name"]:
        text = _greet_neutrally(text, language)
    return placeholders.fill(text, values)[0].strip()


def _greet_neutrally(text: str, language: str) -> str:
    found = _GREETING.match(text)
    if found is None:
        return text
    rest = text[found.end() :]
    if found["words"].strip():
        with translation.override(language):
            return gettext("Hello") + (found["sign"] or "") + rest
    rest = rest.lstrip(" ,")
    return rest[:1].upper() + rest[1:]
