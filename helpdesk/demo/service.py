"""How the company keeps its word: calendars, skills, shifts, lines, its own fields, SLA policies.

All of it as it was decided ``SINCE`` ago, by the administrator or the head of support. What it says is in
``content/service.json``; a string that begins with @ names one of the rows (``Names``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from calendars.commands import save_calendar, set_default
from calendars.models import Calendar
from common import clock
from helpdesk.demo.company import Company
from helpdesk.demo.script import load
from journal.actor import Actor
from people.commands.shifts import add_absence, add_extra_time, save_shift
from people.commands.skills import save_skill
from people.commands.teams import change_team
from people.commands.users import change_user
from people.models import Absence, Membership, Skill
from sla.commands import save_policy
from sla.models import Policy
from tickets.commands.custom_fields import create_field
from tickets.conditions import dynamic
from tickets.models import CustomField

SINCE = timedelta(days=120)
HOUR = 3600

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Service:
    """The rows, by the keys that ``content/service.json`` gives them."""

    calendars: dict[str, Calendar] = field(default_factory=dict)
    skills: dict[str, Skill] = field(default_factory=dict)
    fields: dict[str, CustomField] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)


class Names:
    """Finds the rows that content names: ``@team:orders``, ``@topic:stockwren/sync``."""

    def __init__(self, company: Company, service: Service) -> None:
        self.rows: dict[str, Mapping[str, Any]] = {
            "brand": company.brands,
            "team": company.teams,
            "user": company.users,
            "topic": {"/".join(key): row for key, row in company.topics.items()},
            "calendar": service.calendars,
            "skill": service.skills,
        }

    def resolve(self, value: Any) -> Any:
        """``value`` with every name in it replaced by the row's key."""
        if isinstance(value, dict):
            return {name: self.resolve(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if isinstance(value, str) and value.startswith("@"):
            kind, _colon, key = value[1:].partition(":")
            return self.rows[kind][key].pk
        return value


def name_of(names: Mapping[str, str]) -> str:
    """In the language of the installation, else in English."""
    return names.get(settings.LANGUAGE_CODE.split("-")[0]) or names["en"]


def organise(company: Company, now: datetime) -> Service:
    """Make all of it, in the order in which one part needs another."""
    content, service, since = load("service"), Service(), now - SINCE
    actors = {name: Actor.user(company.users[name]) for name in ("ilya", "olga")}
    with clock.telling(since):
        for one in content["calendars"]:
            definition = _calendar(one, now)
            version = save_calendar(
                None, name=name_of(one["name"]), definition=definition, actor=actors["olga"], at=since
            )
            service.calendars[one["key"]] = version.calendar
        set_default(service.calendars[content["default_calendar"]].pk, actor=actors["olga"], at=since)
        for one in content["skills"]:
            service.skills[one["key"]] = save_skill(None, actor=actors["olga"], labels=one["name"])
        _teams(content["teams"], company, service, actors["olga"])
        _people(content["people"], company, service, since, actors["olga"])
        for one in content["fields"]:
            service.fields[one["key"]] = create_field(
                actor=actors["ilya"],
                key=one["key"],
                kind=one["kind"],
                labels=one["name"],
                choices=[{"value": row["value"], "labels": row["name"]} for row in one.get("choices", ())],
                brand=company.brands[one["brand"]] if "brand" in one else None,
            )
        dynamic.forget()
        for one in content["policies"]:
            service.policies[one["key"]] = _policy(
                one, Names(company, service), service, since, actors["olga"]
            )
    _exceptions(content, company, now, actors["olga"])
    return service


def _calendar(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    week: list[list[list[int]]] = [[] for _day in _WEEKDAYS]
    for days, hours in one["week"].items():
        first, last = (_WEEKDAYS.index(name) for name in days.split("-"))
        for number in range(first, last + 1):
            week[number] = [_interval(*pair) for pair in hours]
    today = now.astimezone(ZoneInfo(one["zone"])).date()
    definition: dict[str, Any] = {
        "zone": one["zone"],
        "week": week,
        "days": {
            _workday(today + timedelta(days=int(day["on"])), week).isoformat(): {
                "intervals": [_interval(*pair) for pair in day["intervals"]],
                "kind": "exception",
                "name": day["name"],
                "source": "",
            }
            for day in one.get("days", ())
        },
    }
    if country := one.get("country"):
        definition["sources"] = {
            "country": country,
            "subdivision": one.get("subdivision", ""),
            "shorten": one.get("shorten", 0),
            "skip": [],
        }
    return definition


def _workday(day: date, week: list[list[list[int]]]) -> date:
    """This day, or the next one that is worked."""
    while not week[day.weekday()]:
        day += timedelta(days=1)
    return day


def _interval(start: str, end: str) -> list[int]:
    return [_seconds(start), _seconds(end)]


def _seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * 60


def _teams(content: dict[str, Any], company: Company, service: Service, actor: Actor) -> None:
    for key, settings_ in content.items():
        team = company.teams[key]
        fields = {**settings_}
        for name in ("escalates_to", "hands_over_to"):
            if name in fields:
                fields[name] = company.teams[fields[name]]
        if "calendar" in fields:
            fields["calendar"] = service.calendars[fields["calendar"]]
        members = list(Membership.objects.filter(team=team).select_related("user"))
        change_team(
            team.pk,
            actor=actor,
            name=team.name,
            is_active=True,
            members=[one.user for one in members],
            leads=[one.user for one in members if one.is_lead],
            **fields,
        )
        team.refresh_from_db()


def _people(
    content: dict[str, Any], company: Company, service: Service, since: datetime, actor: Actor
) -> None:
    languages = {one["key"]: one["languages"] for one in company.content["agents"]}
    for key, one in content.items():
        user = company.users[key]
        change_user(
            user.pk,
            actor=actor,
            spoken=languages[key],
            capacity=one.get("capacity", {}),
            skills=[service.skills[name] for name in one.get("skills", ())],
        )
        if "shift" in one:
            calendar = service.calendars[one["shift"]]
            save_shift(user.pk, calendar=calendar, valid_from=since.date(), actor=actor, at=since)
        user.refresh_from_db()


def _policy(one: dict[str, Any], names: Names, service: Service, since: datetime, actor: Actor) -> Policy:
    targets = {
        target: {
            "seconds": {priority: round(hours * HOUR) for priority, hours in row["hours"].items()},
            "business": row["business"],
            "pauses": row.get("pauses", []),
            "warn_percent": row["warn"],
        }
        for target, row in one["targets"].items()
    }
    return save_policy(
        None,
        name=name_of(one["name"]),
        conditions=names.resolve(one["conditions"]),
        calendar=service.calendars[one["calendar"]] if "calendar" in one else None,
        targets=targets,
        actor=actor,
        note=name_of(one["note"]) if "note" in one else "",
        at=since,
    ).policy


def _exceptions(content: dict[str, Any], company: Company, now: datetime, actor: Actor) -> None:
    """Who is away, and who works more than their shift says."""
    decided = now - timedelta(days=20)
    with clock.telling(decided):
        for one in content["absences"]:
            user = company.users[one["who"]]
            zone = ZoneInfo(user.time_zone)
            add_absence(
                user.pk,
                starts_at=_day(now, one["from"], zone),
                ends_at=_day(now, one["to"], zone),
                kind=Absence.Kind(one["kind"]),
                note=name_of(one["note"]),
                actor=actor,
                at=decided,
            )
        for one in content["extra"]:
            user = company.users[one["who"]]
            zone = ZoneInfo(user.time_zone)
            start, end = (timedelta(seconds=_seconds(text)) for text in one["hours"])
            day = _day(now, one["from"], zone)
            add_extra_time(
                user.pk,
                starts_at=day + start,
                ends_at=day + end,
                note=name_of(one["note"]),
                actor=actor,
                at=decided,
            )


def _day(now: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Midnight of the day so many days from now, where the person lives."""
    local = (now + timedelta(days=days)).astimezone(zone).date()
    return datetime.combine(local, time(), zone).astimezone(UTC)
