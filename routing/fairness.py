"""Who got how much: a team's people in a period, each figure with the tickets behind it.

Assignments are counted from the journal alone, and as tickets: who got the same one twice got one. A ticket
came *automatically* when a rule, the waiting list or the end of a shift gave it, and *by hand* when a person
did (themselves included). Spam, test, deleted and merged-away tickets are in no figure. *Available* is time
on shift with the switch on, up to now. Load is what somebody has now, of all teams, since capacity is one.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.db import connection

from common import clock
from journal.models import Entry
from people.capacity import capacity_of
from people.events import AvailabilityChanged
from people.models import Membership, Team, User
from people.working import Stretch, presences
from routing.candidates import active, load_of
from routing.choosing import share_of
from tickets.models import Ticket

# Both ways of getting a ticket; served by the index journal_entry_assignments.
_ASSIGNED = """
    SELECT got.user_id, got.automatic, got.ticket_id
      FROM (
        SELECT stream_id AS ticket_id, actor_kind = 'system' AS automatic, happened_at,
               CASE kind WHEN 'ticket_assigned' THEN data ->> 'new_assignee_id'
                         ELSE data ->> 'assignee_id' END :: bigint AS user_id
          FROM journal_entry
         WHERE kind IN ('ticket_assigned', 'ticket_opened')
           AND happened_at >= %(start)s AND happened_at < %(end)s
           AND (data ->> 'team_id') :: bigint = %(team)s
      ) AS got
      JOIN tickets_ticket AS ticket ON ticket.id = got.ticket_id
     WHERE got.user_id IS NOT NULL AND NOT ticket.is_hidden AND NOT ticket.is_test
"""
_COUNTED = f"""
    SELECT user_id, automatic, COUNT(DISTINCT ticket_id) FROM ({_ASSIGNED}) AS assigned
     GROUP BY user_id, automatic
"""  # noqa: S608 - made of constants
_LISTED = f"""
    SELECT DISTINCT ticket_id FROM ({_ASSIGNED}) AS assigned
     WHERE user_id = %(user)s AND automatic = %(automatic)s ORDER BY ticket_id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Line:
    """One person of the team."""

    user_id: int
    name: str
    is_member: bool
    automatic: int
    by_hand: int
    load: int
    share: Fraction
    available: timedelta

    @property
    def per_hour(self) -> float | None:
        """Tickets that came by themselves for each hour available; None when there was less than a minute."""
        hours = self.available / timedelta(hours=1)
        return self.automatic / hours if hours >= 1 / 60 else None


def fairness(team: Team, start: datetime, end: datetime) -> list[Line]:
    """The team's members, and whoever else got tickets of it in [start, end), by name."""
    now = clock.now()
    counts: dict[tuple[int, bool], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"team": team.pk, "start": start, "end": end})
        for user_id, automatic, number in cursor.fetchall():
            counts[user_id, automatic] = number
    members = set(Membership.objects.filter(team=team).values_list("user_id", flat=True))
    people = list(User.objects.filter(pk__in=members | {user_id for user_id, _a in counts}))
    load = load_of([user.pk for user in people], now)
    spent = available_time(people, start, min(end, now))
    lines = [
        Line(
            user_id=user.pk,
            name=user.name,
            is_member=user.pk in members,
            automatic=counts.get((user.pk, True), 0),
            by_hand=counts.get((user.pk, False), 0),
            load=sum(load.get(user.pk, {}).values()),
            share=share_of(load.get(user.pk, {}), capacity_of(user.capacity)),
            available=spent[user.pk],
        )
        for user in people
    ]
    return sorted(lines, key=lambda line: (line.name.casefold(), line.user_id))


def assigned_ids(team: Team, user_id: int, start: datetime, end: datetime, *, automatic: bool) -> list[int]:
    """The tickets behind a count of assignments."""
    with connection.cursor() as cursor:
        given: dict[str, int | bool | datetime] = {"team": team.pk, "start": start, "end": end}
        cursor.execute(_LISTED, {**given, "user": user_id, "automatic": automatic})
        return [ticket_id for (ticket_id,) in cursor.fetchall()]


def load_ids(user_id: int) -> list[int]:
    """The tickets behind somebody's load."""
    tickets = Ticket.objects.filter(active(clock.now()), assignee=user_id)
    return list(tickets.order_by("pk").values_list("pk", flat=True))


def available_time(users: Sequence[User], start: datetime, end: datetime) -> dict[int, timedelta]:
    """How long each of them was on shift with the switch on, within [start, end)."""
    ids = [user.pk for user in users]
    if start >= end:
        return dict.fromkeys(ids, timedelta(0))
    at_work = presences(ids, start, end)
    switched = _switched_on(users, start, end)
    return {
        user_id: sum(
            (
                _overlap(one, other)
                for one in at_work[user_id].stretches(start, end)
                for other in switched[user_id]
            ),
            timedelta(0),
        )
        for user_id in ids
    }


def _switched_on(users: Collection[User], start: datetime, end: datetime) -> dict[int, list[Stretch]]:
    """When each one's switch was on, in [start, end)."""
    entries = Entry.objects.filter(
        stream_type="user",
        stream_id__in=[user.pk for user in users],
        kind=AvailabilityChanged.kind,
    ).order_by("stream_id", "sequence")
    turns: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    for user_id, happened_at, data in entries.values_list("stream_id", "happened_at", "data"):
        turns[user_id].append((happened_at, bool(data["available"])))
    found: dict[int, list[Stretch]] = {}
    for user in users:
        mine = turns[user.pk]
        # Before the first turn of a switch it stood the other way.
        on = not mine[0][1] if mine else user.is_available
        since, stretches = start, []
        for happened_at, available in mine:
            turned = min(max(happened_at, start), end)
            if on and since < turned:
                stretches.append((since, turned))
            since, on = turned, available
        if on and since < end:
            stretches.append((since, end))
        found[user.pk] = stretches
    return found


def _overlap(one: Stretch, other: Stretch) -> timedelta:
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta(0))
