"""What may be said of a form's field: its words, choices, limits, condition and what it fills."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from channels_in.kinds.web_form.fields import (
    MOST_FILES,
    MOST_LONG_TEXT,
    MOST_NUMBER,
    MOST_TEXT,
    RESERVED,
)
from channels_in.models import FormField
from common.blocked_files import BLOCKED
from common.text import one_line, storable
from tickets.commands.custom_fields import clean_choices
from tickets.errors import Invalid
from tickets.models import CustomField, Service

MAX_LABEL = 200
MAX_HELP = 600
MAX_WORDS = 4000  # of an introduction
MAX_KEY = 40

Kind, Fills = FormField.Kind, FormField.Fills

# Which kinds can fill what: ticket fields by their own kind.
FILLED_BY: dict[str, frozenset[str]] = {
    Fills.SUBJECT: frozenset({Kind.TEXT, Kind.CHOICE}),
    Fills.DETAILS: frozenset({Kind.LONG_TEXT, Kind.TEXT}),
    Fills.TOPIC: frozenset({Kind.CHOICE}),
    Fills.TAG: frozenset({Kind.CHOICE, Kind.CHOICES}),
}
FIELD_FILLED_BY: dict[str, frozenset[str]] = {
    CustomField.Kind.TEXT: frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE}),
    CustomField.Kind.CHOICE: frozenset({Kind.CHOICE}),
    CustomField.Kind.NUMBER: frozenset({Kind.NUMBER}),
    CustomField.Kind.DATE: frozenset({Kind.DATE}),
    CustomField.Kind.FLAG: frozenset({Kind.CONSENT}),
}
# Which limits each kind has.
LIMITS: dict[str, frozenset[str]] = {
    Kind.TEXT: frozenset({"length"}),
    Kind.LONG_TEXT: frozenset({"length"}),
    Kind.NUMBER: frozenset({"least", "most", "whole"}),
    Kind.DATE: frozenset({"not_past", "not_future"}),
    Kind.CHOICES: frozenset({"count"}),
    Kind.FILE: frozenset({"count", "endings"}),
}
_ENDING = re.compile(r"[a-z0-9]{1,12}\Z")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


def clean_texts(
    texts: Mapping[str, str], name: str, limit: int, *, required: bool = False, lines: bool = False
) -> dict[str, str]:
    """Words in each language of the product that has some. Raises ``Invalid``."""
    found = {}
    for code, _language in settings.LANGUAGES:
        text = storable(str(texts.get(code) or "")).strip()
        text = text.replace("\r\n", "\n") if lines else one_line(text, limit * 2)
        if len(text) > limit:
            raise Invalid(name, _("At most %(limit)d characters.") % {"limit": limit})
        if text:
            found[code] = text
    if required and not found:
        raise Invalid(name, _("Write it in at least one language."))
    return found


def clean_key(key: str) -> str:
    """A name for addresses and other sites' forms. Raises ``Invalid``."""
    key = key.strip().lower()
    if not _KEY.match(key) or len(key) > MAX_KEY:
        raise Invalid("key", _("A key has Latin letters, digits, hyphens and underscores only."))
    if key in RESERVED:
        raise Invalid("key", _("The form itself uses this name. Choose another."))
    return key


def clean_form_choices(
    kind: str, fills: str, custom_field: CustomField | None, choices: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Of a choice that brings its own; a topic's and a ticket field's come from there."""
    if kind not in {Kind.CHOICE, Kind.CHOICES} or fills == Fills.TOPIC or custom_field is not None:
        return []
    cleaned = clean_choices(choices)
    if not cleaned:
        raise Invalid("choices", _("Add at least one choice."))
    return cleaned


def clean_limits(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the kind has, within what there is room for. Raises ``Invalid``, with the limit's name."""
    found: dict[str, Any] = {}
    for name in sorted(LIMITS.get(kind, frozenset())):
        value = given.get(name)
        if value in (None, "", False, []):
            continue
        if name == "length":
            most = MOST_LONG_TEXT if kind == Kind.LONG_TEXT else MOST_TEXT
            found[name] = _between(name, value, 1, most)
        elif name == "count":
            found[name] = _between(name, value, 1, MOST_FILES if kind == Kind.FILE else 200)
        elif name in {"least", "most"}:
            found[name] = _between(name, value, -MOST_NUMBER, MOST_NUMBER, whole=False)
        elif name == "endings":
            found[name] = clean_endings(value)
        else:
            found[name] = True
    if "least" in found and "most" in found and found["least"] > found["most"]:
        raise Invalid("most", _("The greatest is smaller than the smallest."))
    if "not_past" in found and "not_future" in found:
        raise Invalid("not_future", _("Only today would be left. Choose one of the two."))
    return found


def clean_endings(endings: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(one.strip().lower().lstrip(".*") for one in endings if one.strip()))
    for one in found:
        if not _ENDING.match(one):
            raise Invalid("endings", _("“%(ending)s” is no ending of a file name.") % {"ending": one[:20]})
        if one in BLOCKED:
            raise Invalid("endings", _("Programs (.%(ending)s) are never taken.") % {"ending": one})
    return found[:40]


def clean_fills(
    service: Service, kind: str, fills: str, custom_field: CustomField | None, *, own_id: int | None
) -> tuple[str, CustomField | None]:
    """What the answer becomes besides itself, if kinds and brands fit. Raises ``Invalid``."""
    if fills not in Fills.values:
        raise Invalid("fills", _("Choose one of those offered, please."))
    others = FormField.objects.filter(service=service).exclude(pk=own_id or 0)
    if fills == Fills.FIELD:
        if custom_field is None:
            raise Invalid("fills", _("Choose the ticket field."))
        if kind not in FIELD_FILLED_BY[custom_field.kind]:
            words = _("A field of this kind cannot fill “%(field)s”.")
            raise Invalid("fills", words % {"field": custom_field.label})
        if custom_field.brand_id not in {None, service.brand_id}:
            raise Invalid("fills", _("This field belongs to another brand."))
        if others.filter(custom_field=custom_field).exists():
            raise Invalid("fills", _("Another question fills this already."))
        return fills, custom_field
    if fills and kind not in FILLED_BY[fills]:
        words = _("A field of this kind cannot fill “%(field)s”.")
        raise Invalid("fills", words % {"field": Fills(fills).label})
    if fills not in {Fills.NOTHING, Fills.TAG} and others.filter(fills=fills).exists():
        raise Invalid("fills", _("Another question fills this already."))
    return fills, None


def clean_condition(
    shown_by: FormField | None, values: Sequence[str], offered: Sequence[str], earlier: Sequence[FormField]
) -> tuple[FormField | None, list[str]]:
    """The earlier field and its values (none: filled in). ``offered``: what that field can have."""
    if shown_by is None:
        return None, []
    if shown_by.pk not in {row.pk for row in earlier}:
        raise Invalid("shown_by", _("A condition can only look at a question further up."))
    chosen = list(dict.fromkeys(str(value) for value in values))
    if not set(chosen) <= set(offered):
        raise Invalid("shown_values", _("Choose one of those offered, please."))
    return shown_by, chosen


def _between(name: str, value: Any, least: int, most: int, *, whole: bool = True) -> int | float:
    try:
        number = float(str(value).replace(",", ".").replace(" ", ""))
    except ValueError as error:
        raise Invalid(name, _("This is no number.")) from error
    if not least <= number <= most or (whole and not number.is_integer()):
        raise Invalid(
            name, _("From %(least)s to %(most)s, please.") % {"least": f"{least:,}", "most": f"{most:,}"}
        )
    return int(number) if number.is_integer() else number
