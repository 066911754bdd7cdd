"""Variables in the texts of rules: ``{{contact.name}}``. Plain substitution; never a template engine."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels_in import variables
from common import placeholders
from common.placeholders import fill

__all__ = ["LABELS", "fill", "in_language", "unknown"]

LABELS: dict[str, str | Promise] = {**variables.LABELS, "agent.name": _("Assignee's name")}


def unknown(text: str) -> list[str]:
    """The variables of ``text`` that there are none of."""
    return placeholders.unknown(text, LABELS)


def in_language(texts: Mapping[str, str], *languages: str) -> str:
    """The text in the first of ``languages`` there is one in, else in English, else in any."""
    for language in [*languages, "en"]:
        if text := texts.get(language.split("-")[0]):
            return text
    return next(iter(texts.values()), "")
