"""Time rules: "three days since our last reply". A sweep finds the tickets whose time has come.

The database is asked as far as it can answer; the rest of the conditions is looked at on snapshots. Per rule,
ticket and anchor (the instant the time counts from) the rule acts once, and anew for a later anchor only when
somebody, a customer or a colleague, has done something since: so rules that move each other's anchors come to
an end. Then an entry says that the time has come, and the rule runs because of it like any other.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from common import clock
from journal.actor import Actor, ActorKind
from journal.models import Entry
from journal.record import record
from people.models import Team
from routing import engine, hours, rulebook
from routing.events import RuleTimeReached
from routing.models import Rule, TimedRun
from tickets import conditions
from tickets.models import Message, MessageKind, Ticket

log = structlog.get_logger(__name__)

BATCH = 500
SECONDS = 10.0  # a sweep goes on no longer; the next one begins with the tickets that are left

_NEVER = Q(pk__in=[])


def sweep() -> int:
    """Let every time rule whose time has come act; returns on how many tickets."""
    until = monotonic() + SECONDS
    fired = 0
    rules = [rule for rule in rulebook.current().rules if rule.trigger["on"] == "time_since"]
    enabled = dict(Rule.objects.filter(pk__in=[rule.id for rule in rules]).values_list("pk", "enabled_at"))
    for rule in rules:
        try:
            for ticket_id in _due_ids(rule, enabled.get(rule.id), until):
                fired += fire(rule, ticket_id, enabled.get(rule.id))
        except Exception:  # one rule that cannot be asked holds up no other
            log.exception("rules.timed_crashed", rule_id=rule.id)
    return fired


def due(rule: engine.Rule, enabled_at: datetime | None, now: datetime) -> QuerySet[Ticket, Any]:
    """Tickets for which the rule's time has come and that may meet its conditions, with their ``anchor``."""
    context = conditions.Context(now)
    fired = TimedRun.objects.filter(rule=rule.id, ticket=OuterRef("pk"), anchor_at=OuterRef("anchor"))
    earliest = now - timedelta(seconds=rule.trigger["seconds"])
    return (
        Ticket.objects.filter(is_hidden=False, opened_at__lte=earliest)
        .filter(conditions.to_q(conditions.narrowed(rule.conditions), context))
        .annotate(anchor=_anchor(rule.trigger["since"]))
        .filter(_reached(rule, enabled_at, now))
        .filter(~Exists(fired))
        .order_by("pk")
    )


def _anchor(since: str) -> Combinable:
    """Since when the time counts: the latest such instant of the ticket's own life."""
    public = Message.objects.filter(ticket=OuterRef("pk"), side_thread=None, withdrawn_at=None)
    latest = public.order_by("-created_at", "-pk").values("created_at")
    moved = Entry.objects.filter(stream_type="ticket", stream_id=OuterRef("pk"), kind="status_changed")
    found: dict[str, Combinable] = {
        "opened": F("opened_at"),
        "updated": Greatest("active_at", "touched_at"),  # PostgreSQL leaves out what is empty
        "customer_message": Subquery(latest.filter(kind=MessageKind.MESSAGE, is_thanks=False)[:1]),
        "agent_reply": Subquery(latest.filter(kind=MessageKind.REPLY)[:1]),
        "status_changed": Coalesce(
            Subquery(moved.order_by("-sequence").values("happened_at")[:1]), F("opened_at")
        ),
    }
    return found[since]


def _reached(rule: engine.Rule, enabled_at: datetime | None, now: datetime) -> Q:
    """Whether the time has come; unless the rule is for the past too, after it was switched on."""
    enabled_at = None if rule.trigger["past"] else enabled_at
    seconds = rule.trigger["seconds"]
    if not rule.trigger["business"]:
        length = timedelta(seconds=seconds)
        reached = Q(anchor__lte=now - length)
        return reached if enabled_at is None else reached & _after(rule, enabled_at - length)
    return _reached_in_working_time(rule, enabled_at, now)


def _after(rule: engine.Rule, instant: datetime) -> Q:
    """Counted from after ``instant``, asked of columns too, whose indexes can be used: but for what "updated"
    looks at besides, nothing on a ticket is later than its last activity."""
    lately = Q(active_at__gt=instant)
    if rule.trigger["since"] == "updated":
        lately |= Q(touched_at__gt=instant)
    return Q(anchor__gt=instant) & lately


def _reached_in_working_time(rule: engine.Rule, enabled_at: datetime | None, now: datetime) -> Q:
    """The same, counted in the calendar of each ticket's team."""
    seconds = rule.trigger["seconds"]
    by_calendar: dict[int | None, list[Team]] = {None: []}
    for team in Team.objects.all():
        by_calendar.setdefault(team.calendar_id, []).append(team)
    found = _NEVER
    for calendar_id, teams in by_calendar.items():
        working_time = hours.working_time_of(teams[0] if calendar_id is not None else None)
        latest = hours.latest_start(working_time, now, seconds)
        if latest is None:
            continue
        reached = Q(team__in=teams)
        if calendar_id is None:
            reached |= Q(team=None)
        reached &= Q(anchor__lte=latest)
        before = hours.latest_start(working_time, enabled_at, seconds) if enabled_at is not None else None
        if before is not None:
            reached &= _after(rule, before)
        found |= reached
    return found


def _due_ids(rule: engine.Rule, enabled_at: datetime | None, until: float) -> Iterator[int]:
    last = 0
    while monotonic() < until:
        now = clock.now()
        ids = list(due(rule, enabled_at, now).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH])
        yield from _meeting(rule, ids, now)
        if len(ids) < BATCH:
            return
        last = ids[-1]


def _meeting(rule: engine.Rule, ids: list[int], now: datetime) -> list[int]:
    """Those that meet all conditions, also what the database cannot be asked."""
    if conditions.is_queryable(rule.conditions):
        return ids
    found = conditions.snapshots(ids, conditions.Asked(now), conditions.fields_of(rule.conditions))
    context = conditions.Context(now)
    return [pk for pk in ids if pk in found and conditions.evaluate(rule.conditions, found[pk], context)]


@transaction.atomic
def fire(rule: engine.Rule, ticket_id: int, enabled_at: datetime | None) -> bool:
    """Say that the rule's time has come for a ticket, if that is still so; the rule runs because of it."""
    locked = Ticket.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=ticket_id).first()
    if locked is None:
        return False  # somebody is at it; the next sweep looks again
    now = clock.now()
    ticket = due(rule, enabled_at, now).filter(pk=ticket_id).first()
    if ticket is None or not _meeting(rule, [ticket_id], now):
        return False
    anchor: datetime = ticket.anchor
    only_rules = _only_rules_since(rule, ticket_id)
    TimedRun.objects.create(rule_id=rule.id, ticket_id=ticket_id, anchor_at=anchor, fired_at=now)
    if only_rules:
        return False
    record(RuleTimeReached(ticket_id, rule.id, anchor.isoformat()), actor=Actor.system(f"rule:{rule.id}"))
    return True


def _only_rules_since(rule: engine.Rule, ticket_id: int) -> bool:
    """Whether the rule has acted on the ticket and no person has done anything since."""
    last = (
        TimedRun.objects.filter(rule=rule.id, ticket=ticket_id)
        .order_by("-fired_at")
        .values_list("fired_at", flat=True)
        .first()
    )
    if last is None:
        return False
    people = [ActorKind.USER.value, ActorKind.CONTACT.value]
    return not Entry.objects.filter(
        stream_type="ticket", stream_id=ticket_id, recorded_at__gt=last, actor_kind__in=people
    ).exists()
