"""Variables in the texts of macros: ``{{contact.name}}``. Plain substitution; never a template engine. Pure.

A text is HTML as our editor makes it. What a value stands for is escaped, and never looked at again: what a
customer calls themselves can neither be markup nor name another variable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from typing import Literal

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Variable:
    """``missing``: what stands in the text, in brackets, where a ticket has no such value."""

    name: str
    label: str | Promise
    missing: str | Promise


VARIABLES: dict[str, Variable] = {
    one.name: one
    for one in [
        Variable("contact.name", _("Customer's name"), _("the customer's name is missing")),
        Variable("contact.first_name", _("Customer's first name"), _("the customer's first name is missing")),
        Variable("contact.organization", _("Customer's organisation"), _("the organisation is missing")),
        Variable("ticket.number", _("Ticket number"), _("the ticket's number is missing")),
        Variable("ticket.subject", _("Subject"), _("the subject is missing")),
        Variable("ticket.team", _("Team"), _("the team is missing")),
        Variable("agent.name", _("Your name"), _("your name is missing")),
        Variable("agent.first_name", _("Your first name"), _("your first name is missing")),
        Variable("brand.name", _("Brand"), _("the brand's name is missing")),
    ]
}

# The editor turns some blanks into no-break ones, which a sanitiser writes as an entity.
_VARIABLE = re.compile(r"\{\{(?:\s|&nbsp;)*+([^{}]{0,60}?)(?:\s|&nbsp;)*\}\}")
# A sanitiser writes values of attributes in double quotes, and may leave a ">" in them.
_TAG = re.compile(r"<[^<>\"]*+(?:\"[^\"]*+\"[^<>\"]*+)*+>")

Trouble = Literal["unknown", "in_link", "broken"]


@dataclass(frozen=True)
class Filled:
    """``missing``: names of the variables without a value, each once, in the order of the text."""

    html: str
    missing: tuple[str, ...]


def _runs(html: str) -> Iterator[tuple[str, bool]]:
    """The text in order, in pieces: (piece, whether it is a tag)."""
    at = 0
    for tag in _TAG.finditer(html):
        yield html[at : tag.start()], False
        yield tag[0], True
        at = tag.end()
    yield html[at:], False


def trouble(html: str) -> tuple[Trouble, str] | None:
    """The first thing that would not be filled in, with what stands there; None if all will be.

    unknown: there is no such variable. in_link: it stands inside a link's address, where a gap could not be
    seen. broken: braces that name nothing, unclosed or with formatting between them.
    """
    left = []
    for piece, is_tag in _runs(html):
        if is_tag:
            if "{{" in piece:
                return "in_link", piece
            continue
        for name in _VARIABLE.findall(piece):
            if name not in VARIABLES:
                return "unknown", unescape(name)
        left.append(_VARIABLE.sub(" ", piece))
    rest = "".join(left)
    at = rest.find("{{")
    return ("broken", unescape(rest[at : at + 40])) if at >= 0 else None


def fill(html: str, values: Mapping[str, str]) -> Filled:
    """The text with each variable replaced; one without a value by a gap that says so."""
    missing: dict[str, None] = {}

    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        if name not in VARIABLES:  # saved before the registry lost it
            return escape(f"[{name}]", quote=False)
        value = values.get(name, "")
        if not value:
            missing[name] = None
        return escape(value or gap(name), quote=False)

    pieces = [piece if is_tag else _VARIABLE.sub(replaced, piece) for piece, is_tag in _runs(html)]
    return Filled("".join(pieces), tuple(missing))


def gap(name: str) -> str:
    """What stands where a value is missing, in the reader's language: only colleagues ever see it."""
    return f"[{VARIABLES[name].missing}]"


@lru_cache(maxsize=1)
def all_gaps() -> tuple[str, ...]:
    """Every gap there can be, in every language of the product: by them a text with gaps is known."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found += [gap(name) for name in VARIABLES]
    return tuple(dict.fromkeys(found))


def gaps_in(text: str) -> list[str]:
    """The gaps that are still in a text that somebody wants to send."""
    if "[" not in text:
        return []
    line = " ".join(text.split())
    return [one for one in all_gaps() if one in line]
