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
from desk.settings.differences import Difference, differing
from desk.settings.rule_changes import differing_conditions
from desk.settings.rule_words import RuleWords
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


def differences(
    old: PolicyVersion | None, new: PolicyVersion, words: RuleWords, calendars: Mapping[int, str]
) -> list[Difference]:
    """Part by part what a version says otherwise than the one before; of a first one all it says.

    ``words`` for the conditions of both, ``calendars``: names by key.
    """
    found = differing_conditions(words, old.conditions if old else {}, new.conditions)
    found += differing((_("Calendar"), _calendar(old, calendars), _calendar(new, calendars)))
    for target in TARGETS:
        found += _target_differences(
            target, old.targets.get(target) if old else None, new.targets.get(target)
        )
    return found


def _calendar(version: PolicyVersion | None, calendars: Mapping[int, str]) -> str:
    if version is None:
        return ""
    return calendars.get(version.calendar_id or 0, _("The team's, else the default one"))


def _target_differences(
    target: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> list[Difference]:
    label = str(Clock.Target(target).label)
    if new is None or old is None:
        return differing((label, _target(old), _target(new)))
    times = [
        (f"{label}, {name}", _time(old, priority), _time(new, priority))
        for priority, name in PRIORITIES.items()
        if old["seconds"].get(priority) != new["seconds"].get(priority)
    ]
    ways = [(label, way(old), way(new)) for way in (_hours, _pauses, _warning)]
    return differing(*times, *ways)


def _target(one: Mapping[str, Any] | None) -> str:
    """All of it in a line: its times, and how they are counted; empty for none."""
    if one is None:
        return ""
    times = [
        f"{str(name).lower()} {_time(one, priority)}"
        for priority, name in PRIORITIES.items()
        if one["seconds"].get(priority)
    ]
    return "; ".join([", ".join(times), _hours(one), _pauses(one), _warning(one)])


def _time(one: Mapping[str, Any], priority: str) -> str:
    seconds = one["seconds"].get(priority)
    return time_words(seconds, business=one["business"]) if seconds else ""


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
