"""A week of shifts as a table: teams, their people, and when each is at work, in one zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from calendars import versions
from calendars.models import CalendarVersion
from desk.settings.forms import hours
from people import working
from people.models import Absence, Membership, Team, User

_HOUR = 3600


@dataclass(frozen=True)
class Bar:
    """A stretch of a day: where it begins and how long it is, in parts of 1000; and its words."""

    left: float
    width: float
    words: str


@dataclass(frozen=True)
class DayCell:
    bars: list[Bar]
    words: str
    absence: str = ""  # a kind's name
    today: bool = False
    whole: bool = False  # from midnight to midnight


@dataclass(frozen=True)
class PersonRow:
    user: User
    state: str  # now: at_work, gone, absent
    always: bool  # has no shifts at all
    cells: list[DayCell]
    skills: list[str]


@dataclass
class TeamRows:
    name: str
    zone: str  # of its calendar
    now: datetime | None
    people: list[PersonRow] = field(default_factory=list)
    cover: list[DayCell] = field(default_factory=list)
    uncovered: bool = False


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_of(users: Sequence[User], monday: date, zone: ZoneInfo, now: datetime) -> list[TeamRows]:
    """Every active team with its people, then those in none. ``users`` have their skills prefetched.

    The number of queries does not depend on how many there are.
    """
    days = [monday + timedelta(days=number) for number in range(7)]
    edges = [_midnight(day, zone) for day in (*days, monday + timedelta(days=7))]
    known = working.presences(
        [user.pk for user in users], min(edges[0], now), max(edges[-1], now + timedelta(1))
    )
    absences: dict[int, list[Absence]] = {}
    touching = Absence.objects.filter(user__in=users, starts_at__lt=max(edges[-1], now + timedelta(1)))
    for absence in touching.filter(ends_at__gt=min(edges[0], now)):
        absences.setdefault(absence.user_id, []).append(absence)
    today = now.astimezone(zone).date()
    rows, stretches = {}, {}
    for user in users:
        presence = known[user.pk]
        stretches[user.pk] = presence.stretches(edges[0], edges[-1])
        away = absences.get(user.pk, [])
        cells = [
            _cell(
                stretches[user.pk],
                edges[n],
                edges[n + 1],
                zone,
                _away(away, edges[n], edges[n + 1]),
                day == today,
            )
            for n, day in enumerate(days)
        ]
        absent = any(one.starts_at <= now < one.ends_at for one in away)
        state = "absent" if absent else "at_work" if presence.at(now) else "gone"
        rows[user.pk] = PersonRow(
            user, state, not presence.has_shifts, cells, [skill.label for skill in user.skills.all()]
        )
    return [_with_cover(team, stretches, edges, zone, days, today) for team in _teams(users, rows, now)]


def _teams(users: Sequence[User], rows: dict[int, PersonRow], now: datetime) -> list[TeamRows]:
    members: dict[int, list[int]] = {}
    seen = set()
    for team_id, user_id in Membership.objects.filter(user__in=users, team__is_active=True).values_list(
        "team_id", "user_id"
    ):
        members.setdefault(team_id, []).append(user_id)
        seen.add(user_id)
    order = [user.pk for user in users]
    zones, default = _zones()
    found = []
    for team in Team.objects.filter(is_active=True):
        zone = zones.get(team.calendar_id or 0, default)
        local = now.astimezone(ZoneInfo(zone)) if zone else None
        mine = set(members.get(team.pk, []))
        found.append(TeamRows(team.name, zone, local, [rows[one] for one in order if one in mine]))
    rest = [rows[one] for one in order if one not in seen]
    if rest:
        found.append(TeamRows("", "", None, rest))
    return found


def _zones() -> tuple[dict[int, str], str]:
    """The zone of each calendar, and that of the default one."""
    newest = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    rows = newest.values_list("calendar_id", "definition__zone", "calendar__is_default")
    zones, default = {}, ""
    for calendar_id, zone, is_default in rows:
        zones[calendar_id] = zone
        default = zone if is_default else default
    return zones, default


def _with_cover(
    team: TeamRows,
    stretches: dict[int, list[working.Stretch]],
    edges: list[datetime],
    zone: ZoneInfo,
    days: list[date],
    today: date,
) -> TeamRows:
    together = _joined(part for row in team.people for part in stretches[row.user.pk])
    team.cover = [
        _cell(together, edges[n], edges[n + 1], zone, "", day == today) for n, day in enumerate(days)
    ]
    team.uncovered = together != [(edges[0], edges[-1])]
    return team


def _cell(
    stretches: Iterable[working.Stretch],
    first: datetime,
    last: datetime,
    zone: ZoneInfo,
    absence: str,
    today: bool,
) -> DayCell:
    bars, words = [], []
    for start, end in stretches:
        if end <= first or start >= last:
            continue
        begins = 0 if start <= first else _seconds(start, zone)
        ends = hours.DAY if end >= last else _seconds(end, zone)
        if ends <= begins:  # an hour that comes twice
            ends = min(begins + _HOUR, hours.DAY)
        told = hours.one((begins, ends))
        bars.append(Bar(begins * 100 / hours.DAY, (ends - begins) * 100 / hours.DAY, told))
        words.append(told)
    whole = len(bars) == 1 and bars[0].width >= 100
    return DayCell(bars, _("all day") if whole else ", ".join(words), absence, today, whole)


def _away(absences: list[Absence], first: datetime, last: datetime) -> str:
    for one in absences:
        if one.starts_at < last and one.ends_at > first:
            return str(one.get_kind_display())
    return ""


def _joined(stretches: Iterable[working.Stretch]) -> list[working.Stretch]:
    found: list[working.Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _seconds(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.hour * _HOUR + local.minute * 60 + local.second


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def default_zone(user: User) -> str:
    """The reader's own zone, else that of the default calendar, else UTC."""
    if user.time_zone:
        return user.time_zone
    version_id = versions.default_version_id()
    return versions.working_time(version_id).definition.zone if version_id else "UTC"
