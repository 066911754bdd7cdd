"""People and teams as they were: the present state, taken back through the journal, and forward again."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calendars import versions
from calendars.arithmetic import WorkingTime
from calendars.models import CalendarVersion
from journal.models import Entry
from people import events
from people.access import ROLE_PERMISSIONS, Permission, permissions_of
from people.capacity import capacity_of
from people.models import Membership, Role, Team, User
from people.working import BREAK, Presence, Stretch, merged, presences
from routing.candidates import primary

_MARGIN = timedelta(days=9)
_KINDS = [
    events.AvailabilityChanged.kind,
    events.UserChanged.kind,
    events.UserCreated.kind,
    events.TeamEdited.kind,
]
_OF_USERS = frozenset({"role", "is_active", "capacity", "spoken", "language", "skills"})
_OF_TEAMS = frozenset(
    {"is_active", "strategy", "shift_end", "on_reopen", "hands_over_to", "escalates_to", "calendar"}
)


@dataclass
class Person:
    """``work`` is their time at work, ``days`` the same with breaks bridged; both in order."""

    id: int
    name: str
    role: str
    is_active: bool
    is_available: bool
    capacity: dict[str, int]
    spoken: list[str]
    language: str
    skills: frozenset[int]
    role_now: str = ""
    replies: bool = False
    planned_at: datetime | None = None
    work: list[Stretch] = field(default_factory=list)
    days: list[Stretch] = field(default_factory=list)
    has_times: bool = False  # shifts or absences: their shifts can end

    @property
    def works_at_desk(self) -> bool:
        return self.is_active and self.role != Role.CUSTOMER

    @property
    def takes_tickets(self) -> bool:
        """What a role permits is as it is now; of one they had before, what its kind comes with."""
        if self.role == self.role_now:
            return self.is_active and self.replies
        return self.is_active and Permission.REPLY in ROLE_PERMISSIONS[self.role]

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self.spoken or [primary(self.language)])

    def at_work(self, at: datetime) -> bool:
        return _in(self.work, at)

    def is_gone(self, at: datetime) -> bool:
        """Neither at work nor on a break."""
        return not _in(self.days, at)


@dataclass
class TeamCopy:
    id: int
    name: str
    is_active: bool
    strategy: str
    shift_end: str
    on_reopen: str
    hands_over_to: int | None
    escalates_to: int | None
    calendar: int | None
    members: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Change:
    """Something that happened to a person or a team at ``at``; ``number`` is its entry's."""

    at: datetime
    number: int
    kind: str
    key: int
    data: dict[str, Any]


class Staff:
    """Everybody, at one instant of the replay: ``apply`` goes on to the next."""

    def __init__(self, people: dict[int, Person], teams: dict[int, TeamCopy], changes: list[Change]) -> None:
        self.people = people
        self.teams = teams
        self.changes = changes

    @classmethod
    def load(cls, start: datetime, end: datetime) -> "Staff":
        """As they were at ``start``, with what changed until ``end``."""
        staff = cls(_people(start, end), _teams(), _changes(start, end))
        for change in reversed(staff.changes):
            staff._turn(change, 0)
        return staff

    def teams_of(self, user_id: int) -> list[int]:
        return [team.id for team in self.teams.values() if user_id in team.members]

    def apply(self, change: Change) -> set[int]:
        """Let it happen; returns the teams that may have got room by it."""
        self._turn(change, 1)
        if change.kind == events.TeamEdited.kind:
            return {change.key}
        return set(self.teams_of(change.key))

    def _turn(self, change: Change, side: int) -> None:
        """Make it as it was before (0) or after (1) the change."""
        if change.kind == events.TeamEdited.kind:
            team = self.teams.get(change.key)
            if team is not None:
                for name, values in change.data["changes"].items():
                    if name == "members":
                        team.members = set(values[side])
                    elif name in _OF_TEAMS:
                        setattr(team, name, values[side])
            return
        person = self.people.get(change.key)
        if person is None:
            return
        if change.kind == events.AvailabilityChanged.kind:
            person.is_available = change.data["available"] is bool(side)
        elif change.kind == events.UserCreated.kind:
            person.is_active = bool(side)
        else:
            self._turn_user(person, change.data["changes"], side)

    def _turn_user(self, person: Person, changes: dict[str, Any], side: int) -> None:
        for name, values in changes.items():
            value = values[side]
            if name == "teams":
                for team in self.teams.values():
                    (team.members.add if team.id in value else team.members.discard)(person.id)
            elif name == "capacity":
                person.capacity = capacity_of(value)
            elif name == "skills":
                person.skills = frozenset(value)
            elif name in _OF_USERS:
                setattr(person, name, value)

    def successors(self, team: TeamCopy) -> list[TeamCopy]:
        """As ``routing.succession.successors``."""
        found: list[TeamCopy] = []
        seen = {team.id}
        following = self.teams.get(team.hands_over_to) if team.hands_over_to else None
        while following is not None and following.id not in seen:
            seen.add(following.id)
            if following.is_active:
                found.append(following)
            following = self.teams.get(following.hands_over_to) if following.hands_over_to else None
        return found

    def first_at_work(self, teams: Iterable[TeamCopy], at: datetime) -> TeamCopy | None:
        """As ``routing.succession.first_at_work``."""
        for team in teams:
            for user_id in team.members:
                person = self.people.get(user_id)
                if person is not None and person.takes_tickets and not person.is_gone(at):
                    return team
        return None


def _people(start: datetime, end: datetime) -> dict[int, Person]:
    users = list(User.objects.exclude(role=Role.CUSTOMER).prefetch_related("skills").order_by("pk"))
    known = presences([user.pk for user in users], start - _MARGIN, end + _MARGIN)
    found = {}
    for user in users:
        presence = known[user.pk]
        work = _work(presence, start - _MARGIN, end + _MARGIN)
        found[user.pk] = Person(
            user.pk,
            str(user),
            user.role,
            user.is_active,
            user.is_available,
            capacity_of(user.capacity),
            list(user.spoken),
            user.language,
            frozenset(skill.pk for skill in user.skills.all()),
            user.role,
            Permission.REPLY in permissions_of(user),
            presence.planned_at,
            work,
            merged(work, BREAK),
            presence.has_shifts or bool(presence.absences),
        )
    return found


def _work(presence: Presence, start: datetime, end: datetime) -> list[Stretch]:
    """Their time at work; before their first shift was written down nobody expected any of them."""
    if presence.planned_at is None or presence.planned_at <= start:
        return presence.stretches(start, end)
    shiftless = Presence(extra=presence.extra, absences=presence.absences)
    turned = min(presence.planned_at, end)
    return merged([*shiftless.stretches(start, turned), *presence.stretches(turned, end)], timedelta(0))


def _teams() -> dict[int, TeamCopy]:
    found = {
        team.pk: TeamCopy(
            team.pk,
            team.name,
            team.is_active,
            team.strategy,
            team.shift_end,
            team.on_reopen,
            team.hands_over_to_id,
            team.escalates_to_id,
            team.calendar_id,
        )
        for team in Team.objects.order_by("name")
    }
    for team_id, user_id in Membership.objects.values_list("team_id", "user_id"):
        found[team_id].members.add(user_id)
    return found


def _changes(start: datetime, end: datetime) -> list[Change]:
    rows = Entry.objects.filter(
        stream_type__in=["user", "team"], kind__in=_KINDS, happened_at__gt=start, happened_at__lte=end
    ).order_by("happened_at", "pk")
    return [
        Change(at, pk, kind, key, data)
        for at, pk, kind, key, data in rows.values_list("happened_at", "pk", "kind", "stream_id", "data")
    ]


def _in(stretches: list[Stretch], at: datetime) -> bool:
    """Whether one of these, in order and apart from each other, covers the instant."""
    found = bisect_right(stretches, at, key=_start)
    return found > 0 and at < stretches[found - 1][1]


def _start(stretch: Stretch) -> datetime:
    return stretch[0]


class Calendars:
    """All calendars in the versions now in force."""

    def __init__(self) -> None:
        current = (
            CalendarVersion.objects.order_by("calendar_id", "-number")
            .distinct("calendar_id")
            .values_list("calendar_id", "pk")
        )
        self.version_ids: dict[int, int] = dict(current)
        self.default_id = versions.default_version_id()
        self._known: frozenset[int] = frozenset()
        self._until: datetime | None = None
        self._since: datetime | None = None

    def of_team(self, team: TeamCopy | None) -> WorkingTime:
        """As ``routing.hours.working_time_of``."""
        if team is not None and team.calendar is not None:
            return versions.working_time(self.version_ids[team.calendar])
        return versions.working_time(self.default_id)

    def every(self) -> list[WorkingTime]:
        """All that the time of some team may be counted in."""
        return [versions.working_time(pk) for pk in {self.default_id, *self.version_ids.values()}]

    def working(self, at: datetime) -> frozenset[int]:
        """Those that are in their hours, as ``tickets.conditions.working``; kept until one turns."""
        if self._since is None or not self._since <= at < (self._until or self._since):
            times = {key: versions.working_time(pk) for key, pk in self.version_ids.items()}
            self._known = frozenset(key for key, one in times.items() if one.is_working(at))
            self._since, self._until = at, self.turns_at(at)
        return self._known

    def turns_at(self, at: datetime) -> datetime:
        """The next instant at which one of them opens or closes."""
        latest = at + timedelta(days=1)
        turns = [latest]
        for pk in self.version_ids.values():
            one = versions.working_time(pk)
            turn = one.next_end(at, until=latest) if one.is_working(at) else one.next_start(at)
            if turn is not None and turn > at:
                turns.append(turn)
        return min(turns)
