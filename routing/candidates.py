"""Who could take a ticket now: the people of teams, with their load, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Q

from channels_in.kinds.chat.sessions import GOING_ON
from channels_in.models import ChatSession
from people.access import Permission, having
from people.capacity import capacity_of, group_of
from people.models import Membership, Team, User
from people.working import in_shift
from routing.choosing import Candidate, Need, Refusal, weigh
from routing.models import Requirement, Rotation, Waiting
from tickets.models import Category, Channel, Ticket

# Who only writes notes, as experts do: a customer's ticket is no work for them to be given by itself.
TAKES_TICKETS = having(Permission.REPLY, "user__")
# What counts as load: it waits for us, now.
ACTIVE = Q(category__lt=Category.PENDING, is_hidden=False)


def active(at: datetime) -> Q:
    """Tickets that are work at this instant: new or open, in sight, not asleep."""
    return ACTIVE & (Q(snoozed_until=None) | Q(snoozed_until__lte=at))


def is_active(ticket: Ticket, at: datetime) -> bool:
    """``active`` of a row at hand."""
    asleep = ticket.snoozed_until is not None and ticket.snoozed_until > at
    return ticket.category < Category.PENDING and not ticket.is_hidden and not asleep


@dataclass
class Pool:
    """The people of some teams who are there, and how full they are."""

    people: dict[int, Candidate] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    absent: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    turns: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def load(cls, team_ids: Collection[int], at: datetime, *, without: int | None = None) -> "Pool":
        """Read it as it is; the load leaves out the ticket ``without``. Teams out of use have nobody."""
        pool = cls()
        team_of = Membership.objects.filter(
            TAKES_TICKETS, team__in=team_ids, team__is_active=True, user__is_active=True
        ).values_list("team_id", "user_id", "user__is_available")
        rows = list(team_of)
        there = in_shift({user_id for _team, user_id, available in rows if available}, at)
        for team_id, user_id, _available in rows:
            if user_id in there:
                pool.members[team_id].append(user_id)
            else:
                pool.absent[team_id] += 1
        if there:
            pool._describe(there, load_of(there, at, without=without))
            turns = Rotation.objects.filter(team__in=team_ids, user__in=there)
            pool.turns = {(row.team_id, row.user_id): row.turn for row in turns}
        return pool

    def _describe(self, user_ids: Collection[int], load: dict[int, dict[str, int]]) -> None:
        trained = ArrayAgg("skills", filter=Q(skills__isnull=False), default=[])
        people = User.objects.filter(pk__in=user_ids).annotate(trained=trained)
        for pk, own, spoken, language, skills in people.values_list(
            "pk", "capacity", "spoken", "language", "trained"
        ):
            self.people[pk] = Candidate(
                pk,
                load=load.get(pk, {}),
                capacity=capacity_of(own),
                skills=frozenset(skills),
                languages=frozenset(spoken or [primary(language)]),
            )

    def of(self, team_id: int, *, but: Iterable[int] = ()) -> list[Candidate]:
        """The candidates of one team, with their turns in it."""
        left_out = set(but)
        return [
            replace(self.people[user_id], turn=self.turns.get((team_id, user_id), 0))
            for user_id in self.members.get(team_id, ())
            if user_id not in left_out
        ]

    def give(self, team_id: int, user_id: int, group: str) -> None:
        """Note that somebody has got one more, so that the next question sees it."""
        one = self.people.get(user_id)
        if one is not None:
            load = {**one.load, group: one.load.get(group, 0) + 1}
            self.people[user_id] = replace(one, load=load)
            last = max((turn for (team, _user), turn in self.turns.items() if team == team_id), default=0)
            self.turns[team_id, user_id] = last + 1


def load_of(
    user_ids: Collection[int], at: datetime, *, without: int | None = None
) -> dict[int, dict[str, int]]:
    """Open tickets of each of them, by group of channels. Where a chat is over, its ticket is like mail."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    tickets = Ticket.objects.filter(active(at), assignee__in=user_ids)
    if without is not None:
        tickets = tickets.exclude(pk=without)
    talks = ChatSession.objects.filter(
        Q(thread__ticket=OuterRef("pk")) | Q(thread__ticket__merged_into=OuterRef("pk"))
    )
    is_over = Q(channel=Channel.CHAT) & Exists(talks) & ~Exists(talks.filter(stage__in=GOING_ON))
    rows = tickets.annotate(is_over=is_over).values_list("assignee", "channel", "is_over")
    for user_id, channel, is_over, number in rows.annotate(number=Count("pk")):
        found[user_id][group_of(Channel.EMAIL if is_over else channel)] += number
    return {user_id: dict(groups) for user_id, groups in found.items()}


def primary(language: str) -> str:
    """``pt`` of ``pt-BR``."""
    return language.replace("_", "-").split("-")[0].strip().lower()


def need_of(ticket: Ticket) -> Need:
    """What the ticket asks for, with what a rule asked of it before."""
    asked = Requirement.objects.filter(ticket=ticket).first()
    return Need(
        group_of(ticket.channel),
        frozenset(asked.skills) if asked else frozenset(),
        asked.language if asked else "",
    )


def why_nobody(team: Team, pool: Pool, candidates: list[Candidate], need: Need) -> str:
    """What to say about a ticket that none of them can take."""
    if not candidates:
        return Waiting.Reason.AWAY if pool.absent.get(team.pk) else Waiting.Reason.NOBODY
    refusals = {verdict.refusal for verdict in weigh(candidates, need)}
    return Waiting.Reason.FULL if Refusal.FULL in refusals else Waiting.Reason.SKILLS
