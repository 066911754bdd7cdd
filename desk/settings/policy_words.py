"""SLA policies in words: what one comes to, what a version changed, when a request now would be due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from calendars import versions as calendar_versions
from calendars.models import Calendar
from common import clock
from desk.settings import durations
from sla.facts import TARGETS
from sla.models import Clock, PolicyVersion
from sla.targets import CATEGORIES
from tickets.models import Category, Priority

PRIORITIES = {priority.name.lower(): priority.label for priority in Priority}


def time_words(seconds: int | None, *, business: bool) -> str:
    """A target as people read it. Hours of work are not made into days: a working day is none of 24 hours."""
    return durations.words(seconds, days=not business) if seconds else "—"


def summary(version: PolicyVersion) -> list[tuple[str, str]]:
    """(target, time) of normal priority, or of the first that has one."""
    found = []
    for target in TARGETS:
        one = version.targets.get(target)
        if one is None:
            continue
        seconds = one["seconds"].get("normal") or next((s for s in one["seconds"].values() if s), None)
        found.append((str(Clock.Target(target).label), time_words(seconds, business=one["business"])))
    return found


def differences(old: PolicyVersion | None, new: PolicyVersion, calendars: Mapping[int, str]) -> list[str]:
    """What a version changed, line by line; of the first one, nothing."""
    if old is None:
        return []
    found = []
    if old.conditions != new.conditions:
        found.append(_("Other conditions"))
    if old.calendar_id != new.calendar_id:
        names = [
            calendars.get(pk or 0, _("The team's, else the default one"))
            for pk in (old.calendar_id, new.calendar_id)
        ]
        found.append(_("Calendar: %(old)s → %(new)s") % {"old": names[0], "new": names[1]})
    for target in TARGETS:
        found += _target_differences(target, old.targets.get(target), new.targets.get(target))
    return found


def _target_differences(
    target: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> list[str]:
    if old == new:
        return []
    label = Clock.Target(target).label
    if new is None or old is None:
        form = _("%(target)s: no target any more") if new is None else _("%(target)s: a target now")
        return [form % {"target": label}]
    found = []
    for priority, name in PRIORITIES.items():
        times = [time_words(one["seconds"].get(priority), business=one["business"]) for one in (old, new)]
        if old["seconds"].get(priority) != new["seconds"].get(priority):
            found.append(f"{label}, {name}: {times[0]} → {times[1]}")
    pairs = [
        (_hours(old), _hours(new)),
        (_pauses(old), _pauses(new)),
        (_warning(old), _warning(new)),
    ]
    return found + [f"{label}: {before} → {after}" for before, after in pairs if before != after]


def _hours(one: Mapping[str, Any]) -> str:
    return _("working time") if one["business"] else _("around the clock")


def _pauses(one: Mapping[str, Any]) -> str:
    names = [str(Category(CATEGORIES[name]).label) for name in one["pauses"]]
    return _("pauses while %(names)s") % {"names": ", ".join(names)} if names else _("never pauses")


def _warning(one: Mapping[str, Any]) -> str:
    percent = one["warn_percent"]
    return _("warning at %(percent)d %%") % {"percent": percent} if percent else _("no warning")


@dataclass(frozen=True)
class DueNow:
    """When a target of normal priority would be due if the request came now; ``due`` None: never."""

    label: str
    time: str
    due: datetime | None


def due_now(targets: Mapping[str, Any], calendar: Calendar | None, priority: str = "normal") -> list[DueNow]:
    now = clock.now()
    version_id = (
        calendar_versions.current_version_id(calendar.pk)
        if calendar
        else calendar_versions.default_version_id()
    )
    found = []
    for target in TARGETS:
        one = targets.get(target)
        seconds = one["seconds"].get(priority) if one else None
        if one is None or not seconds:
            continue
        working = calendar_versions.working_time(version_id if one["business"] else None)
        words = time_words(seconds, business=one["business"])
        due = working.add(now, timedelta(seconds=seconds))
        found.append(DueNow(str(Clock.Target(target).label), words, due))
    return found


def calendar_names(versions: Sequence[PolicyVersion]) -> dict[int, str]:
    wanted = {version.calendar_id for version in versions} - {None}
    return dict(Calendar.objects.filter(pk__in=wanted).values_list("pk", "name"))
