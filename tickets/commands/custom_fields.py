"""Verbs for custom fields: what a company wants to know of its tickets besides what every desk asks.

A field's key and kind never change, since conditions and stored values hang on them. Switching one off hides
it; the values stay. A choice that is taken away stays on the tickets that have it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from common.text import fold, one_line, storable
from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors
from tickets.conditions import dynamic
from tickets.models import Brand, CustomField

MAX_FIELDS = 100
MAX_CHOICES = 200
MAX_LABEL = 80
MAX_KEY = 40

Choice = dict[str, Any]


@event("custom_field")
class CustomFieldCreated(Event):
    custom_field_id: int
    key: str
    field_kind: str
    labels: dict[str, str]


@event("custom_field")
class CustomFieldChanged(Event):
    """``changes`` maps a field to [old, new]."""

    custom_field_id: int
    changes: dict[str, Any]


def clean_labels(labels: Mapping[str, str], name: str = "labels") -> dict[str, str]:
    """A name in each language of the product that has one, at least in one; raises ``Invalid``."""
    known = [code for code, _label in settings.LANGUAGES]
    cleaned = {code: one_line(storable(labels.get(code, "")), 400) for code in known}
    cleaned = {code: text for code, text in cleaned.items() if text}
    if not cleaned:
        raise errors.Invalid(name, _("Give it a name in at least one language."))
    if any(len(text) > MAX_LABEL for text in cleaned.values()):
        raise errors.Invalid(name, _("A name may have %(limit)d characters.") % {"limit": MAX_LABEL})
    return cleaned


def clean_choices(choices: Iterable[Mapping[str, Any]]) -> list[Choice]:
    """Choices with a value each. One that is new gets a value made of its name; raises ``Invalid``."""
    cleaned: list[Choice] = []
    seen: set[str] = set()
    taken: set[str] = set()
    for choice in choices:
        labels = clean_labels(choice["labels"], "choices")
        for code, text in labels.items():
            if (key := f"{code}:{fold(text)}") in seen:
                raise errors.Invalid("choices", _("“%(name)s” is there twice.") % {"name": text})
            seen.add(key)
        value = one_line(storable(str(choice.get("value") or "")), MAX_LABEL)
        if value in taken:
            raise errors.Invalid("choices", _("“%(name)s” is there twice.") % {"name": value})
        value = value or _free_value(labels, taken)
        taken.add(value)
        cleaned.append({"value": value, "labels": labels})
    if len(cleaned) > MAX_CHOICES:
        raise errors.Invalid("choices", _("At most %(limit)d choices.") % {"limit": MAX_CHOICES})
    return cleaned


def _free_value(labels: Mapping[str, str], taken: set[str]) -> str:
    """Readable by itself: it is all that is left when the choice is taken away."""
    base = labels.get("en") or next(iter(labels.values()))
    value, number = base, 2
    while value in taken:
        value, number = f"{base} {number}", number + 1
    return value


@transaction.atomic
def create_field(
    *,
    actor: Actor,
    kind: str,
    labels: Mapping[str, str],
    choices: Sequence[Mapping[str, Any]] = (),
    brand: Brand | None = None,
    key: str = "",
) -> CustomField:
    """A new field at the end. Without ``key``, one is made of its English name. Raises ``Invalid``."""
    if kind not in CustomField.Kind.values:
        raise errors.Invalid("kind", _("There is no such kind of field."))
    named = clean_labels(labels)
    chosen = _choices_for(kind, choices)
    if CustomField.objects.count() >= MAX_FIELDS:
        raise errors.Invalid("labels", _("At most %(limit)d fields.") % {"limit": MAX_FIELDS})
    key = _own_key(key) if key else _free_key(named)
    last = CustomField.objects.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            row = CustomField.objects.create(
                key=key, kind=kind, labels=named, choices=chosen, brand=brand, position=last + 1
            )
    except IntegrityError as error:
        raise errors.Invalid("key", _("There is a field of this key already.")) from error
    record(CustomFieldCreated(row.pk, row.key, row.kind, named), actor=actor)
    transaction.on_commit(dynamic.forget)
    return row


@transaction.atomic
def change_field(
    field_id: int,
    *,
    actor: Actor,
    labels: Mapping[str, str],
    choices: Sequence[Mapping[str, Any]] = (),
    brand: Brand | None = None,
    is_active: bool = True,
) -> CustomField:
    """Rename, offer other choices, give to a brand, switch off or on. Changing nothing records nothing."""
    row = CustomField.objects.select_for_update(no_key=True).get(pk=field_id)
    wanted: dict[str, Any] = {
        "labels": clean_labels(labels),
        "choices": _choices_for(row.kind, choices),
        "brand_id": brand.pk if brand else None,
        "is_active": is_active,
    }
    changes = {
        name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value
    }
    if not changes:
        return row
    for name, (_old, new) in changes.items():
        setattr(row, name, new)
    row.save(update_fields=list(changes))
    record(CustomFieldChanged(row.pk, changes), actor=actor)
    transaction.on_commit(dynamic.forget)
    return row


@transaction.atomic
def order_fields(ids: Sequence[int], *, actor: Actor) -> None:
    """Put the fields into this order; those not named keep their order behind them."""
    rows = {row.pk: row for row in CustomField.objects.select_for_update(no_key=True).order_by("pk")}
    by_position = sorted(rows.values(), key=lambda row: (row.position, row.pk))
    named = [pk for pk in dict.fromkeys(ids) if pk in rows]
    order = named + [row.pk for row in by_position if row.pk not in set(named)]
    for position, pk in enumerate(order, start=1):
        row = rows[pk]
        if row.position != position:
            old, row.position = row.position, position
            row.save(update_fields=["position"])
            record(CustomFieldChanged(row.pk, {"position": [old, position]}), actor=actor)
    transaction.on_commit(dynamic.forget)


def _choices_for(kind: str, choices: Sequence[Mapping[str, Any]]) -> list[Choice]:
    if kind != CustomField.Kind.CHOICE:
        return []
    cleaned = clean_choices(choices)
    if not cleaned:
        raise errors.Invalid("choices", _("Add at least one choice."))
    return cleaned


def _own_key(key: str) -> str:
    cleaned = slugify(key)[:MAX_KEY]
    if not cleaned or cleaned != key.strip().lower()[:MAX_KEY]:
        raise errors.Invalid("key", _("A key has Latin letters, digits, hyphens and underscores only."))
    return cleaned


def _free_key(labels: Mapping[str, str]) -> str:
    base = slugify(labels.get("en", ""))[: MAX_KEY - 4] or "field"
    taken = set(CustomField.objects.filter(key__startswith=base).values_list("key", flat=True))
    if base != "field" and base not in taken:
        return base
    number = 1 if base == "field" else 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
