"""Variables in texts that people write: ``{{contact.name}}``. Plain substitution; never a template engine."""

import re
from collections.abc import Collection, Mapping

VARIABLE = re.compile(r"\{\{\s*+([^{}]{0,60}?)\s*\}\}")


def unknown(text: str, names: Collection[str]) -> list[str]:
    """The variables of ``text`` that are none of ``names``."""
    return [name for name in VARIABLE.findall(text) if name not in names]


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

    return re.sub(r"(,?[ \t]?)" + VARIABLE.pattern, replaced, text), missing
