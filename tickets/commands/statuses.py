"""Verbs for statuses: the names a company gives to the categories, and to shades of them.

A status never changes its category, since clocks and figures look at that. What automatic moves use is the
category's default: there is always one, in use. Switching one off takes it out of every choice; tickets that
have it keep it, and whatever names it sets the default instead (``tickets.status.in_use``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop

from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors
from tickets.commands.custom_fields import clean_labels
from tickets.models import Category, Status

MAX_STATUSES = 20  # of one category: more, and nobody chooses rightly


@event("status")
class StatusCreated(Event):
    status_id: int
    category: int
    labels: dict[str, str]


@event("status")
class StatusEdited(Event):
    """``changes`` maps a field to [old, new]. (``StatusChanged`` is a ticket's.)"""

    status_id: int
    changes: dict[str, Any]


@event("status")
class StatusMadeDefault(Event):
    """Automatic moves into its category use it from now on, and no longer ``previous_id``."""

    status_id: int
    previous_id: int | None


@transaction.atomic
def create_status(*, actor: Actor, category: int, labels: Mapping[str, str]) -> Status:
    """A status at the end of its category. Raises ``Invalid``."""
    if category not in Category.values:
        raise errors.Invalid("category", gettext_noop("There is no such category."))
    named = clean_labels(labels)
    rows = _locked(category)
    _refuse_twice(named, rows)
    if len(rows) >= MAX_STATUSES:
        raise errors.Invalid("labels", gettext_noop("At most %(limit)d of them."), limit=MAX_STATUSES)
    last = Status.objects.filter(category=category).aggregate(last=Max("position"))["last"] or 0
    row = Status.objects.create(category=category, labels=named, position=last + 1)
    record(StatusCreated(row.pk, category, named), actor=actor)
    return row


@transaction.atomic
def change_status(status_id: int, *, actor: Actor, labels: Mapping[str, str]) -> Status:
    """Give it other names. Changing nothing records nothing. Raises ``Invalid``."""
    row, rows = _begin(status_id)
    named = clean_labels(labels)
    if named == row.labels:
        return row
    _refuse_twice(named, [other for other in rows if other.pk != row.pk])
    return _change(row, "labels", named, actor)


@transaction.atomic
def switch_status(status_id: int, *, is_active: bool, actor: Actor) -> Status:
    """Offer it, or not any more. Asking twice changes nothing.

    Raises ``Invalid`` for the default of its category, so that there is always one in use.
    """
    row, _rows = _begin(status_id)
    if row.is_active == is_active:
        return row
    if row.is_default and not is_active:
        raise errors.Invalid(
            "is_active",
            gettext_noop(
                "“%(name)s” is what automatic moves use. Make another status of this category the default "
                "first."
            ),
            name=row.label,
        )
    return _change(row, "is_active", is_active, actor)


@transaction.atomic
def make_default(status_id: int, *, actor: Actor) -> Status:
    """Let automatic moves into its category use it. Raises ``Invalid`` for one that is switched off."""
    row, rows = _begin(status_id)
    if row.is_default:
        return row
    if not row.is_active:
        raise errors.Invalid("is_default", gettext_noop("“%(name)s” is switched off."), name=row.label)
    before = next((other for other in rows if other.is_default), None)
    if before is not None:
        before.is_default = False
        before.save(update_fields=["is_default"])  # first: there is one at a time
    row.is_default = True
    row.save(update_fields=["is_default"])
    record(StatusMadeDefault(row.pk, before.pk if before else None), actor=actor)
    return row


@transaction.atomic
def order_statuses(category: int, ids: Sequence[int], *, actor: Actor) -> None:
    """Put the statuses of a category into this order; those not named keep their order behind them."""
    rows = {row.pk: row for row in _locked(category)}
    named = [pk for pk in dict.fromkeys(ids) if pk in rows]
    order = named + [pk for pk in rows if pk not in set(named)]
    for position, pk in enumerate(order, start=1):
        if rows[pk].position != position:
            _change(rows[pk], "position", position, actor)


def _locked(category: int) -> list[Status]:
    """All of a category, in order; whoever changes one waits for whoever changes another."""
    return list(Status.objects.select_for_update(no_key=True).filter(category=category))


def _begin(status_id: int) -> tuple[Status, list[Status]]:
    rows = _locked(Status.objects.values_list("category", flat=True).get(pk=status_id))
    return next(row for row in rows if row.pk == status_id), rows


def _refuse_twice(labels: Mapping[str, str], others: Sequence[Status]) -> None:
    """Two of one name in a category could not be told apart in a menu.

    Raises ``Invalid`` for the name that is taken, "label_ru".
    """
    for code, name in labels.items():
        if any(row.labels.get(code, "").casefold() == name.casefold() for row in others):
            raise errors.Invalid(
                f"label_{code}", gettext_noop("There is a status of this name in this category already.")
            )


def _change(row: Status, name: str, value: Any, actor: Actor) -> Status:
    changes = {name: [getattr(row, name), value]}
    setattr(row, name, value)
    row.save(update_fields=[name])
    record(StatusEdited(row.pk, changes), actor=actor)
    return row
