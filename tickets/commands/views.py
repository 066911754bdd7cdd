"""Verbs for views, the saved filters. Who may is asked before (``tickets.view_access``).

Where somebody puts a view in their own navigation is a matter of their screen, like its theme: no entry.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from people.models import Team, User
from tickets import conditions, errors, listing
from tickets.commands.custom_fields import clean_labels
from tickets.models import Column, Grouping, View, ViewPlace
from tickets.orders import ORDERS

MAX_VIEWS = 100  # of one person, of one team, of everybody
_FIELDS = frozenset({"labels", "conditions", "order", "grouping", "columns", "owner", "team"})


@event("view")
class ViewCreated(Event):
    view_id: int
    labels: dict[str, str]
    owner_id: int | None = None
    team_id: int | None = None


@event("view")
class ViewChanged(Event):
    """``changes`` maps a field to [old, new]."""

    view_id: int
    changes: dict[str, Any]


@event("view")
class ViewDeleted(Event):
    view_id: int


@event("view")
class ViewRestored(Event):
    view_id: int


@event("view")
class ViewExported(Event):
    """Its tickets left as a file, at most ``most`` of them; ``filters``: as they stood in the address."""

    view_id: int
    name: str
    filters: str
    most: int


@transaction.atomic
def create_view(*, actor: Actor, **fields: Any) -> View:
    """A view, after the others of its owner, its team or everybody. Raises ``Invalid``.

    ``labels``, ``conditions``, ``order``, ``grouping``, ``columns``; ``owner`` or ``team``, else everybody's.
    """
    wanted = _checked(fields)
    owner, team = wanted.get("owner"), wanted.get("team")
    _refuse_too_many(owner, team)
    # By themselves everybody's come first, then the teams', then one's own.
    begin = 200 if owner else 100 if team else 0
    last = View.objects.filter(owner=owner, team=team).aggregate(last=Max("position"))["last"] or begin
    row = View.objects.create(**wanted, icon="filter", position=min(max(last, begin) + 1, 32_000))
    record(ViewCreated(row.pk, row.labels, row.owner_id, row.team_id), actor=actor)
    return row


@transaction.atomic
def change_view(view_id: int, *, actor: Actor, **fields: Any) -> View:
    """Change what is named; changing nothing records nothing. Raises ``Invalid``."""
    row = View.objects.select_for_update(no_key=True).get(pk=view_id, is_active=True)
    wanted = _checked({"owner": row.owner, "team": row.team, "labels": row.labels, **fields})
    if (row.owner, row.team) != (wanted["owner"], wanted["team"]):
        _refuse_too_many(wanted["owner"], wanted["team"])
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        old = getattr(row, name)
        if old != value:
            plain = name not in {"owner", "team"}
            changes[name] = [old, value] if plain else [getattr(old, "pk", None), getattr(value, "pk", None)]
            setattr(row, name, value)
    if changes:
        row.save(update_fields=list(changes))
        record(ViewChanged(row.pk, changes), actor=actor)
    return row


@transaction.atomic
def delete_view(view_id: int, *, actor: Actor) -> None:
    """Take a view away. Its row stays, so that it can come back."""
    row = View.objects.select_for_update(no_key=True).get(pk=view_id)
    if row.is_active:
        row.is_active = False
        row.save(update_fields=["is_active"])
        record(ViewDeleted(row.pk), actor=actor)


@transaction.atomic
def restore_view(view_id: int, *, actor: Actor) -> View:
    """Take the deletion back. Raises ``Invalid`` when there are too many by now."""
    row = View.objects.select_for_update(no_key=True).get(pk=view_id)
    if not row.is_active:
        _refuse_too_many(row.owner, row.team)
        row.is_active = True
        row.save(update_fields=["is_active"])
        record(ViewRestored(row.pk), actor=actor)
    return row


@transaction.atomic
def note_export(view: View, *, filters: str, most: int, actor: Actor) -> None:
    """Write down that somebody takes the list away as a file, before its first line leaves."""
    record(ViewExported(view.pk, view.label, filters, most), actor=actor)


@transaction.atomic
def place_views(user: User, view_ids: Iterable[int]) -> None:
    """Put the views of ``user`` into this order in their navigation; those not named come after."""
    known = {view.pk for view in listing.known_views(user)}
    places = [
        ViewPlace(user=user, view_id=pk, position=position)
        for position, pk in enumerate((pk for pk in dict.fromkeys(view_ids) if pk in known), start=1)
    ]
    ViewPlace.objects.bulk_create(
        places, update_conflicts=True, unique_fields=["view", "user"], update_fields=["position"]
    )


def hide_view(user: User, view_id: int, *, is_hidden: bool = True) -> None:
    """Keep a view out of the navigation of ``user``, or have it there again."""
    ViewPlace.objects.update_or_create(user=user, view_id=view_id, defaults={"is_hidden": is_hidden})


def _refuse_too_many(owner: User | None, team: Team | None) -> None:
    if View.objects.filter(owner=owner, team=team, is_active=True).count() >= MAX_VIEWS:
        raise errors.Invalid("labels", _("There are %(most)d views already.") % {"most": MAX_VIEWS})


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - _FIELDS:
        raise TypeError(f"there is no {', '.join(sorted(unknown))}")
    wanted = dict(fields)
    wanted["labels"] = clean_labels(wanted["labels"])
    if wanted.get("owner") is not None and wanted.get("team") is not None:
        raise errors.Invalid("team", _("A view is a person's or a team's."))
    if "conditions" in wanted:
        try:
            conditions.validate(wanted["conditions"], queryable=True)
        except conditions.ConditionError as error:
            raise errors.Invalid("conditions", str(error)) from error
    _check_choice(wanted, "order", ORDERS)
    _check_choice(wanted, "grouping", {"", *Grouping.values})
    if "columns" in wanted:
        # In one order, so that the same columns are the same.
        wanted["columns"] = [name for name in Column.values if name in wanted["columns"]]
    return wanted


def _check_choice(wanted: Mapping[str, Any], name: str, known: Collection[str]) -> None:
    if name in wanted and wanted[name] not in known:
        raise errors.Invalid(name, _("Choose a value."))
