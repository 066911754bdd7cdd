"""What a rule's editor lets one choose from that is in the code."""

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from common.text import number
from desk.presentation import language_name
from desk.settings.sources import LANGUAGES
from routing.actions import OF_TICKET
from routing.placeholders import LABELS
from routing.triggers import CHANGING
from tickets import conditions
from tickets.conditions.dynamic import custom_fields
from tickets.models import Category, Priority, Status

STRATEGIES: dict[str, str | Promise] = {
    "round_robin": pgettext_lazy("strategy", "in turn"),
    "least_loaded": pgettext_lazy("strategy", "whoever has the smallest share of their capacity"),
    "weighted": pgettext_lazy("strategy", "by capacity"),
}


def variables() -> list[tuple[str, str]]:
    """What a text can name, with words."""
    return [(name, str(words)) for name, words in LABELS.items()]


def priorities() -> list[tuple[str, str]]:
    return [(one.name.lower(), str(one.label)) for one in Priority]


def statuses(chosen: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """By category, each with its default first: such a rule outlives a renamed status.

    ``chosen``: the key of the one that is set already, shown though it was switched off meanwhile.
    """
    rows = list(Status.objects.filter(Q(is_active=True) | Q(pk=number(chosen) or 0)))
    return [
        (
            str(category.label),
            [
                (category.name.lower(), _("%(category)s (the default)") % {"category": category.label}),
                *((str(row.pk), _named(row)) for row in rows if row.category == category),
            ],
        )
        for category in Category
    ]


def _named(row: Status) -> str:
    return row.label if row.is_active else _("%(name)s (switched off)") % {"name": row.label}


def languages() -> list[tuple[str, str]]:
    return [(OF_TICKET, _("the ticket's language")), *((code, language_name(code)) for code in LANGUAGES)]


def fields() -> list[tuple[str, str]]:
    """Custom fields that an action can set."""
    return [(key, row.label) for key, row in custom_fields().items() if row.is_active]


def changing() -> list[tuple[str, str]]:
    """Fields whose change a rule can wait for."""
    found = [(name, str(field.label)) for name in CHANGING if (field := conditions.find(name))]
    return found + [(f"field.{key}", words) for key, words in fields()]
