"""Variables in the texts of rules: ``{{contact.name}}``. Plain substitution; never a template engine."""

from collections.abc import Mapping

from common import placeholders
from common.placeholders import fill

__all__ = ["NAMES", "fill", "in_language", "unknown"]

NAMES = ("contact.name", "ticket.number", "ticket.subject", "agent.name", "brand.name")


def unknown(text: str) -> list[str]:
    """The variables of ``text`` that there are none of."""
    return placeholders.unknown(text, NAMES)


def in_language(texts: Mapping[str, str], *languages: str) -> str:
    """The text in the first of ``languages`` there is one in, else in English, else in any."""
    for language in [*languages, "en"]:
        if text := texts.get(language.split("-")[0]):
            return text
    return next(iter(texts.values()), "")
