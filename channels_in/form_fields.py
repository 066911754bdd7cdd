"""Verbs for the questions of a service's form. Each records what it changed in the service's journal.

Key and kind never change, since conditions, rules and other sites' forms hang on them. Answers carry the
words they were asked with, so that a question can be reworded or removed without an old ticket losing its
sense.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from channels_in import form_cleaning as clean
from channels_in.form_events import FormFieldAdded, FormFieldChanged, FormFieldRemoved
from channels_in.kinds.web_form.definition import fields_of, usual_fields
from channels_in.kinds.web_form.fields import RESERVED, Field
from channels_in.models import FormField
from journal.actor import Actor
from journal.record import record
from tickets.errors import Invalid
from tickets.models import Brand, CustomField, Service

MAX_FIELDS = 60


@transaction.atomic
def add_field(service_id: int, *, actor: Actor, kind: str, key: str = "", **given: Any) -> FormField:
    """A new question at the end. Without ``key``, one is made of its English words. Raises ``Invalid``.

    ``given``: labels, help, required, choices, limits, shown_by, shown_values, fills, custom_field.
    """
    service = _lock(service_id)
    if kind not in FormField.Kind.values:
        raise Invalid("kind", _("There is no such kind of field."))
    rows = list(FormField.objects.filter(service=service))
    if len(rows) >= MAX_FIELDS:
        raise Invalid("labels", _("At most %(limit)d fields.") % {"limit": MAX_FIELDS})
    values = _cleaned(service, kind, given, earlier=rows, own_id=None)
    key = clean.clean_key(key) if key else _free_key(values["labels"], {row.key for row in rows})
    last = FormField.objects.filter(service=service).aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            row = FormField.objects.create(service=service, key=key, kind=kind, position=last + 1, **values)
    except IntegrityError as error:
        raise Invalid("key", _("There is a field of this key already.")) from error
    record(FormFieldAdded(service.pk, row.pk, row.key, row.kind, row.labels), actor=actor)
    return row


@transaction.atomic
def change_field(field_id: int, *, actor: Actor, **given: Any) -> FormField:
    """Say anew what the question is; ``given`` as for ``add_field``. Changing nothing records nothing."""
    service_id = FormField.objects.values_list("service_id", flat=True).get(pk=field_id)
    service = _lock(service_id)
    rows = list(FormField.objects.filter(service=service).select_related("shown_by", "custom_field"))
    row = next(one for one in rows if one.pk == field_id)
    values = _cleaned(service, row.kind, given, earlier=rows[: rows.index(row)], own_id=row.pk)
    changes = {name: [getattr(row, name), new] for name, new in values.items() if getattr(row, name) != new}
    if not changes:
        return row
    _guard_choices(row, values["choices"])
    for name, (_old, new) in changes.items():
        setattr(row, name, new)
    row.save(update_fields=list(changes))
    told = {name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()}
    record(FormFieldChanged(service.pk, row.pk, told), actor=actor)
    return row


@transaction.atomic
def remove_field(field_id: int, *, actor: Actor) -> None:
    """Take a question out of the form. One that others depend on stays: raises ``Invalid``."""
    row = FormField.objects.filter(pk=field_id).first()
    if row is None:
        return
    service = _lock(row.service_id)
    dependent = FormField.objects.filter(shown_by=row).first()
    if dependent is not None:
        words = _("“%(other)s” is only shown by an answer to this. Change its condition first.")
        raise Invalid("shown_by", words % {"other": dependent.label})
    FormField.objects.filter(pk=row.pk).delete()
    record(FormFieldRemoved(service.pk, field_id, row.key, row.labels), actor=actor)


@transaction.atomic
def order_fields(service_id: int, ids: Sequence[int], *, actor: Actor) -> None:
    """Put the questions into this order; those not named keep theirs behind them.

    A question stays below the one whose answer shows it: raises ``Invalid``.
    """
    service = _lock(service_id)
    rows = {row.pk: row for row in FormField.objects.filter(service=service)}
    named = [pk for pk in dict.fromkeys(ids) if pk in rows]
    order = named + [pk for pk in rows if pk not in set(named)]
    for place, pk in enumerate(order):
        above = rows[pk].shown_by_id
        if above is not None and above in order[place:]:
            words = _("“%(field)s” is shown by “%(above)s” and has to stay below it.")
            raise Invalid("order", words % {"field": rows[pk].label, "above": rows[above].label})
    for position, pk in enumerate(order, start=1):
        row = rows[pk]
        if row.position != position:
            old, row.position = row.position, position
            row.save(update_fields=["position"])
            record(FormFieldChanged(service.pk, pk, {"position": [old, position]}), actor=actor)


@transaction.atomic
def begin_with_usual(service_id: int, *, actor: Actor) -> list[FormField]:
    """Store what an unedited form asks, to edit it from there. One that has questions stays as it is."""
    service = _lock(service_id)
    rows = list(FormField.objects.filter(service=service))
    if rows:
        return rows
    return [_store_usual(service, one, actor) for one in usual_fields()]


def _store_usual(service: Service, one: Field, actor: Actor) -> FormField:
    return add_field(
        service.pk,
        actor=actor,
        kind=one.kind,
        key=one.key,
        labels=dict(one.labels),
        help=dict(one.help),
        required=one.required,
        fills=one.fills,
    )


def offered_by(row: FormField, brand: Brand | None) -> list[tuple[str, Mapping[str, str]]]:
    """(value, words) of what a condition on this question can ask for; none: only whether it is filled in."""
    (one,) = fields_of([row], brand)
    return [(choice.value, choice.labels) for choice in one.choices]


def _lock(service_id: int) -> Service:
    return (
        Service.objects.select_for_update(no_key=True, of=("self",))
        .select_related("brand")
        .get(pk=service_id)
    )


def _cleaned(
    service: Service, kind: str, given: Mapping[str, Any], *, earlier: Sequence[FormField], own_id: int | None
) -> dict[str, Any]:
    """The columns that ``given`` comes to. Raises ``Invalid``."""
    custom_field: CustomField | None = given.get("custom_field")
    fills, custom_field = clean.clean_fills(
        service, kind, given.get("fills") or "", custom_field, own_id=own_id
    )
    shown_by: FormField | None = given.get("shown_by")
    offered = [value for value, _labels in offered_by(shown_by, service.brand)] if shown_by else []
    shown_by, shown_values = clean.clean_condition(
        shown_by, given.get("shown_values") or [], offered, earlier
    )
    return {
        "labels": clean.clean_texts(given.get("labels") or {}, "labels", clean.MAX_LABEL, required=True),
        "help": clean.clean_texts(given.get("help") or {}, "help", clean.MAX_HELP),
        "required": bool(given.get("required")),
        "choices": clean.clean_form_choices(kind, fills, custom_field, given.get("choices") or []),
        "limits": clean.clean_limits(kind, given.get("limits") or {}),
        "shown_by": shown_by,
        "shown_values": shown_values,
        "fills": fills,
        "custom_field": custom_field,
    }


def _guard_choices(row: FormField, choices: Sequence[Mapping[str, Any]]) -> None:
    """A choice that shows another question cannot be taken away under it."""
    kept = {choice["value"] for choice in choices}
    gone = {choice["value"] for choice in row.choices} - kept
    for other in FormField.objects.filter(shown_by=row) if gone else []:
        if gone & set(other.shown_values):
            words = _("“%(other)s” is only shown by an answer to this. Change its condition first.")
            raise Invalid("choices", words % {"other": other.label})


def _free_key(labels: Mapping[str, str], taken: set[str]) -> str:
    base = slugify(labels.get("en", ""))[: clean.MAX_KEY - 4].strip("-_") or "field"
    if base not in taken | RESERVED and base != "field":
        return base
    number = 1 if base == "field" else 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _plain(value: Any) -> Any:
    """For the journal: a row by its key."""
    return getattr(value, "pk", value)
