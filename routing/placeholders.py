"""Variables in the texts of rules: ``{{contact.name}}``. Plain substitution; never a template engine."""

import re
from collections.abc import Mapping

NAMES = ("contact.name", "ticket.number", "ticket.subject", "agent.name", "brand.name")
_VARIABLE = re.compile(r"\{\{\s*([^{}]{0,60}?)\s*\}\}")


def unknown(text: str) -> list[str]:
    """The variables of ``text`` that there are none of."""
    return [name for name in _VARIABLE.findall(text) if name not in NAMES]


def fill(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with each variable replaced once, and the names of those without a value, which are left out.

    A value is never looked at again: what a customer called themselves cannot name another variable. A comma
    and a blank before a value that is left out go with it: "Hello, {{contact.name}}!" becomes "Hello!".
    """
    missing: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        value = values.get(match.group(2), "")
        if value:
            return match.group(1) + value
        missing.append(match.group(2))
        return ""

    return re.sub(r"(,?[ \t]?)" + _VARIABLE.pattern, replaced, text), missing


def in_language(texts: Mapping[str, str], *languages: str) -> str:
    """The text in the first of ``languages`` there is one in, else in English, else in any."""
    for language in [*languages, "en"]:
        if text := texts.get(language.split("-")[0]):
            return text
    return next(iter(texts.values()), "")
