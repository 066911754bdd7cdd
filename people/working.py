"""Who is at work when: shifts, extra time and absences of several people at once.

A person is at work when a shift of theirs is (whoever has none: always) or they have extra time, and they
are not absent. A gap of up to three hours within a day's work is a break: on it nobody gets anything new,
but their shift has not ended.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Max

from calendars import versions
from calendars.arithmetic import ALWAYS, WorkingTime
from people.models import Absence, ExtraTime, Shift

Stretch = tuple[datetime, datetime]

BREAK = timedelta(hours=3)
_LOOK_BACK = timedelta(days=8)  # whoever left before has been away for good
_LOOK_AHEAD = (timedelta(days=15), timedelta(days=90), timedelta(days=400))
_MARGIN = timedelta(days=3)  # wider than any shift over midnight, in any zone


@dataclass
class Presence:
    """One person's time at work, as known for the stretch it was loaded for. Pure once loaded."""

    shifts: list[WorkingTime] = field(default_factory=list)
    has_shifts: bool = False
    planned_at: datetime | None = None  # when their first shift was written down
    extra: list[Stretch] = field(default_factory=list)
    absences: list[Stretch] = field(default_factory=list)

    def at(self, at: datetime) -> bool:
        """Whether they are at work at this instant."""
        if _covers(self.absences, at):
            return False
        if not self.has_shifts or _covers(self.extra, at):
            return True
        return any(shift.is_working(at) for shift in self.shifts)

    def stretches(self, start: datetime, end: datetime) -> list[Stretch]:
        """Their work in [start, end), in order, merged, cut to it."""
        found: list[Stretch] = list(self.extra)
        for shift in self.shifts if self.has_shifts else [ALWAYS]:
            found.extend(shift.intervals(start, end))
        cut = [(max(first, start), min(last, end)) for first, last in found]
        return _without(merged(cut, timedelta(0)), self.absences)

    def left_at(self, at: datetime) -> datetime | None:
        """When they last left for the day, if they are gone at ``at``: neither at work nor on a break."""
        days = merged(self.stretches(at - _LOOK_BACK, at + BREAK), BREAK)
        begun = [end for start, end in days if start <= at]
        return begun[-1] if begun and begun[-1] <= at else None

    def is_gone(self, at: datetime) -> bool:
        """Neither at work nor on a break."""
        days = merged(self.stretches(at - BREAK, at + BREAK), BREAK)
        return not any(start <= at < end for start, end in days)


def presences(user_ids: Collection[int], start: datetime, end: datetime) -> dict[int, Presence]:
    """What is known of these people's work in [start, end), in three queries."""
    people = {user_id: Presence() for user_id in user_ids}
    rows = Shift.objects.filter(user__in=people).annotate(version=Max("calendar__versions__id"))
    shifts = list(rows.order_by("created_at", "pk"))
    versions.load(shift.version for shift in shifts)
    for shift in shifts:
        person = people[shift.user_id]
        person.has_shifts = True
        person.planned_at = person.planned_at or shift.created_at
        working = _within(shift.version, shift.valid_from, shift.valid_until, start, end)
        if working is not None:
            person.shifts.append(working)
    touching = {"user__in": people, "starts_at__lt": end, "ends_at__gt": start}
    for user_id, *span in Absence.objects.filter(**touching).values_list("user_id", "starts_at", "ends_at"):
        people[user_id].absences.append((span[0], span[1]))
    for user_id, *span in ExtraTime.objects.filter(**touching).values_list("user_id", "starts_at", "ends_at"):
        people[user_id].extra.append((span[0], span[1]))
    return people


def in_shift(user_ids: Collection[int], at: datetime) -> set[int]:
    """Those of them who are at work at this instant."""
    found = presences(user_ids, at, at + timedelta(microseconds=1))
    return {user_id for user_id, person in found.items() if person.at(at)}


def gone(user_ids: Collection[int], at: datetime) -> set[int]:
    """Those of them who are neither at work nor on a break."""
    found = presences(user_ids, at - BREAK, at + BREAK)
    return {user_id for user_id, person in found.items() if person.is_gone(at)}


def next_shift(user_id: int, at: datetime) -> Stretch | None:
    """The work going on, else the next, up to its next break. None when there is none within a year.

    For somebody who is always at work it ends where the look ahead does.
    """
    for ahead in _LOOK_AHEAD:
        person = presences([user_id], at, at + ahead)[user_id]
        if found := person.stretches(at, at + ahead):
            return found[0]
    return None


# --- arithmetic ---------------------------------------------------------------------------------


def _within(
    version: int | None, first: date, last: date | None, start: datetime, end: datetime
) -> WorkingTime | None:
    """The calendar's time on the days of a shift; None when they do not touch [start, end)."""
    if version is None or first > (end + _MARGIN).date() or (last and last < (start - _MARGIN).date()):
        return None
    if first < (start - _MARGIN).date() and (last is None or last > (end + _MARGIN).date()):
        return versions.working_time(version)  # nothing to cut: one object for all who work by it
    return _cut(version, first, last)


@lru_cache(maxsize=256)
def _cut(version: int, first: date, last: date | None) -> WorkingTime:
    definition = versions.working_time(version).definition
    days = [day for day in (definition.valid_from, first) if day]
    ends = [day for day in (definition.valid_until, last) if day]
    zone = ZoneInfo(definition.zone)
    spans = tuple(
        span for span in definition.spans if first <= span.start.astimezone(zone).date() <= (last or date.max)
    )
    return WorkingTime(
        replace(definition, valid_from=max(days), valid_until=min(ends, default=None), spans=spans)
    )


def _covers(stretches: Iterable[Stretch], at: datetime) -> bool:
    return any(start <= at < end for start, end in stretches)


def merged(stretches: Iterable[Stretch], gap: timedelta) -> list[Stretch]:
    """In order, with those joined that are at most ``gap`` apart; empty ones left out."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if found and start - found[-1][1] <= gap:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _without(stretches: list[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    for away_from, away_until in taken:
        kept: list[Stretch] = []
        for start, end in stretches:
            kept.append((start, min(end, away_from)))
            kept.append((max(start, away_until), end))
        stretches = [(start, end) for start, end in kept if start < end]
    return stretches
