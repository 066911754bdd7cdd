"""The calendar editor's form as a browser would post it."""

from __future__ import annotations

from datetime import UTC, datetime

from calendars.models import Calendar

H = 3600

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 09:00 in Moscow


def week(**days):
    """A form's fields: ``week(d0="09:00-18:00", d6="22-6, 10:00-12:00")``."""
    data = {}
    for name, text in days.items():
        pairs = [part.split("-") for part in text.split(",")]
        data[f"week-{name[1]}-from"] = [start.strip() for start, _end in pairs]
        data[f"week-{name[1]}-until"] = [end.strip() for _start, end in pairs]
    return data


def form(name="Москва", zone="Europe/Moscow", **fields):
    workdays = week(**{f"d{day}": "09:00-18:00" for day in range(5)})
    return {"name": name, "zone": zone, **workdays, **fields}


def current(name="Москва"):
    return Calendar.objects.get(name=name).current


def words(answer):
    return answer.content.decode()
