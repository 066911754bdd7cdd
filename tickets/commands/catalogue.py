"""Verbs for services (what customers can ask for) and topics (what a ticket is about).

Switching one off takes it out of the catalogue and out of every choice; what has it keeps it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from common.text import one_line, storable
from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors
from tickets.commands.custom_fields import clean_labels
from tickets.models import Brand, Service, Topic

MAX_ROWS = 500
MAX_DESCRIPTION = 400
MAX_KEYWORDS = 400

Row = TypeVar("Row", Service, Topic)


@event("service")
class ServiceCreated(Event):
    service_id: int
    labels: dict[str, str]


@event("service")
class ServiceChanged(Event):
    """``changes`` maps a field to [old, new]."""

    service_id: int
    changes: dict[str, Any]


@event("topic")
class TopicCreated(Event):
    topic_id: int
    labels: dict[str, str]


@event("topic")
class TopicChanged(Event):
    """``changes`` maps a field to [old, new]."""

    topic_id: int
    changes: dict[str, Any]


@transaction.atomic
def create_service(*, actor: Actor, labels: Mapping[str, str], **fields: Any) -> Service:
    """A service at the end of the catalogue. Raises ``Invalid``."""
    row = _create(Service, labels, _service_fields(fields))
    record(ServiceCreated(row.pk, row.labels), actor=actor)
    return row


@transaction.atomic
def change_service(service_id: int, *, actor: Actor, labels: Mapping[str, str], **fields: Any) -> Service:
    """Change what is named; changing nothing records nothing. Raises ``Invalid``."""
    row = Service.objects.select_for_update(no_key=True).get(pk=service_id)
    if changes := _change(row, {"labels": clean_labels(labels), **_service_fields(fields)}):
        record(ServiceChanged(row.pk, changes), actor=actor)
    return row


@transaction.atomic
def order_services(ids: Sequence[int], *, actor: Actor) -> None:
    """Put the services into this order; those not named keep their order behind them."""
    for row, old in _reorder(Service, ids):
        record(ServiceChanged(row.pk, {"position": [old, row.position]}), actor=actor)


@transaction.atomic
def create_topic(*, actor: Actor, labels: Mapping[str, str], **fields: Any) -> Topic:
    """A topic at the end. Raises ``Invalid``."""
    row = _create(Topic, labels, _known(fields, {"brand", "is_active"}))
    record(TopicCreated(row.pk, row.labels), actor=actor)
    return row


@transaction.atomic
def change_topic(topic_id: int, *, actor: Actor, labels: Mapping[str, str], **fields: Any) -> Topic:
    """Change what is named; changing nothing records nothing. Raises ``Invalid``."""
    row = Topic.objects.select_for_update(no_key=True).get(pk=topic_id)
    wanted = _known(fields, {"brand", "is_active"})
    if changes := _change(row, {"labels": clean_labels(labels), **wanted}):
        record(TopicChanged(row.pk, changes), actor=actor)
    return row


@transaction.atomic
def order_topics(ids: Sequence[int], *, actor: Actor) -> None:
    """Put the topics into this order; those not named keep their order behind them."""
    for row, old in _reorder(Topic, ids):
        record(TopicChanged(row.pk, {"position": [old, row.position]}), actor=actor)


def _service_fields(fields: dict[str, Any]) -> dict[str, Any]:
    known = _known(fields, {"brand", "is_active", "is_public", "descriptions", "icon", "keywords"})
    if "descriptions" in known:
        languages = [code for code, _name in settings.LANGUAGES]
        texts = {code: one_line(storable(known["descriptions"].get(code, "")), 1000) for code in languages}
        if any(len(text) > MAX_DESCRIPTION for text in texts.values()):
            limit = {"limit": MAX_DESCRIPTION}
            raise errors.Invalid("descriptions", _("A description may have %(limit)d characters.") % limit)
        known["descriptions"] = {code: text for code, text in texts.items() if text}
    if "keywords" in known:
        known["keywords"] = one_line(storable(known["keywords"]), MAX_KEYWORDS)
    return known


def _known(fields: dict[str, Any], names: set[str]) -> dict[str, Any]:
    if unknown := set(fields) - names:
        raise TypeError(f"there is no {', '.join(sorted(unknown))}")
    return fields


def _create(model: type[Row], labels: Mapping[str, str], fields: dict[str, Any]) -> Row:
    named = clean_labels(labels)
    if model._default_manager.count() >= MAX_ROWS:
        raise errors.Invalid("labels", _("At most %(limit)d of them.") % {"limit": MAX_ROWS})
    last = model._default_manager.aggregate(last=Max("position"))["last"] or 0
    return model._default_manager.create(labels=named, position=last + 1, **fields)


def _change(row: Row, wanted: dict[str, Any]) -> dict[str, list[Any]]:
    """Write what differs; [old, new] of each, a brand by its key."""
    changes: dict[str, list[Any]] = {}
    for name, value in wanted.items():
        old = getattr(row, name)
        if old == value:
            continue
        is_brand = isinstance(old, Brand) or isinstance(value, Brand)
        changes[name] = [getattr(old, "pk", None), getattr(value, "pk", None)] if is_brand else [old, value]
        setattr(row, name, value)
    if changes:
        row.save(update_fields=list(changes))
    return changes


def _reorder(model: type[Row], ids: Sequence[int]) -> list[tuple[Row, int]]:
    """Those whose position changed, with their old one."""
    rows = {row.pk: row for row in model._default_manager.select_for_update(no_key=True).order_by("pk")}
    by_position = sorted(rows.values(), key=lambda row: (row.position, row.pk))
    named = [pk for pk in dict.fromkeys(ids) if pk in rows]
    order = named + [row.pk for row in by_position if row.pk not in set(named)]
    moved = []
    for position, pk in enumerate(order, start=1):
        row, old = rows[pk], rows[pk].position
        if old != position:
            row.position = position
            row.save(update_fields=["position"])
            moved.append((row, old))
    return moved
