"""Telling colleagues what somebody leaves behind at the end of a shift."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.record import record
from people.events import ShiftDigest
from people.models import Membership, User
from people.working import in_shift
from routing.candidates import TAKES_TICKETS
from routing.models import ShiftEnd


@transaction.atomic
def send_digests(end_id: int, *, actor: Actor) -> int:
    """Write a digest for each reader and team, once, and close the shift's end; returns how many there are.

    Whoever received tickets reads of those. Of what went to the queue or stays with the colleague the team's
    leads read; in a team without leads, everybody who is on shift.
    """
    end = ShiftEnd.objects.select_for_update(no_key=True).get(pk=end_id)
    if end.done_at is not None:
        return 0
    digests: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    left: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for ticket_id, team_id, what, taken_by in end.outcomes:
        if what == "received":
            digests[taken_by, team_id][what].append(ticket_id)
        elif team_id is not None:
            left[team_id][what].append(ticket_id)
    for team_id, found in left.items():
        for user_id in _readers(team_id, end.user_id):
            for what, ticket_ids in found.items():
                digests[user_id, team_id][what].extend(ticket_ids)
    readers = {user_id for user_id, _team in digests}
    list(User.objects.select_for_update(no_key=True).filter(pk__in=readers).order_by("pk"))
    for (user_id, team_id), found in sorted(digests.items()):
        event = ShiftDigest(
            user_id, end.user_id, team_id, end.ended_at.isoformat(),
            found["received"], found["queued"], found["kept"],
        )  # fmt: skip
        record(event, actor=actor)
    end.done_at = clock.now()
    end.save(update_fields=["done_at"])
    return len(digests)


def _readers(team_id: int, leaver: int) -> Iterable[int]:
    members = Membership.objects.filter(team=team_id, user__is_active=True).exclude(user=leaver)
    leads = set(members.filter(is_lead=True).values_list("user_id", flat=True))
    if leads:
        return leads
    colleagues = members.filter(TAKES_TICKETS).values_list("user_id", flat=True)
    return in_shift(set(colleagues), clock.now())
