"""Short words for writing down a ticket's facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from calendars.arithmetic import ALWAYS, Definition, WorkingTime
from sla import clock
from sla import facts as f

HOUR = 3600


def at(text: str) -> datetime:
    """ "2026-03-06 17:30" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(*pairs: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start * HOUR), int(end * HOUR)) for start, end in pairs)


def week(*pairs: tuple[float, float]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Monday to Friday."""
    return (hours(*pairs),) * 5 + ((), ())


NINE_TO_SIX = WorkingTime(Definition("UTC", week((9, 18))))


def plan(calendar: int | None = 1, *, version: int | None = 1, **targets: int | f.Aim | None) -> f.Plan:
    """``plan(first_response=4 * HOUR)``: business time, no pauses but the resolution's, warning at 80 %."""
    aims = {}
    for name, aim in targets.items():
        if isinstance(aim, f.Aim):
            aims[name] = aim
        else:
            pauses = frozenset({f.PENDING, f.RESOLVED}) if name == f.RESOLUTION else frozenset()
            aims[name] = f.Aim(aim, True, pauses, 80)
    return f.Plan(version, calendar, aims)


def clocks(facts, calendars=None) -> dict[str, clock.Clock]:
    """By target; next responses by "next_response 1", and so on."""
    known = {1: NINE_TO_SIX, None: ALWAYS} | (calendars or {})
    found = clock.derive(facts, known.__getitem__)
    return {one.target if not one.ordinal else f"{one.target} {one.ordinal}": one for one in found}


def seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def due(
    opened: str,
    aim: int | f.Aim,
    definition_or_time: Definition | WorkingTime,
    target: str = "first_response",
) -> clock.Clock:
    """The clock of a ticket opened then, under one target and this calendar."""
    calendar = definition_or_time
    if isinstance(calendar, Definition):
        calendar = WorkingTime(calendar)
    targets: dict[str, Any] = {target: aim}
    facts = [
        f.Opened(at(opened)),
        f.PolicyApplied(at(opened), plan(2, **targets)),
        f.CustomerMessage(at(opened), 1),
    ]
    return clocks(facts, {2: calendar})[target]
