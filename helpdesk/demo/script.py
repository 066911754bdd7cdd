"""From stories to acts: who does what in which ticket at what time. Pure: neither database nor clock."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.demo.hours import Hours
from helpdesk.demo.words import Filler

CONTENT = Path(__file__).parent / "content"
_NO_STORIES = frozenset({"company", "portals", "rules", "service", "shop"})
DAYS = 90
# Stories that end open lie in the last days, unless they say their age.
RECENT = timedelta(days=6)
# Channels that a visitor can already use; stories from others come by mail until they exist.
SERVED = {"email": "email", "portal": "form", "form": "form"}

OURS = frozenset({"agent", "note", "expert", "assign", "status", "priority", "tag", "participant"})


@dataclass
class Act:
    """One step of a ticket's story."""

    at: datetime
    ticket: "Story"
    step: dict[str, Any]
    text: str = ""
    files: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Story:
    """One ticket to be."""

    scenario: dict[str, Any]
    contact: dict[str, Any]
    agent: str
    subject: str
    channel: str
    filler: Filler
    opened_at: datetime
    acts: list[Act] = field(default_factory=list)
    variant: int = 0

    @property
    def brand(self) -> str:
        return str(self.scenario["brand"])

    @property
    def is_over(self) -> bool:
        """Whether the scenario says that nothing is left to do."""
        return self.scenario["outcome"] in {"resolved", "reopened"}

    @property
    def is_current(self) -> bool:
        """Open work, told with its age."""
        return "age" in self.scenario


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))
    return content


def scenarios() -> list[dict[str, Any]]:
    """All there are, in a fixed order."""
    files = sorted(path.stem for path in CONTENT.glob("*.json") if path.stem not in _NO_STORIES)
    return [scenario for name in files for scenario in load(name)["scenarios"]]


def write(company: dict[str, Any], *, now: datetime, count: int, seed: int = 7) -> list[Story]:
    """``count`` stories over the last 90 days, each scenario as often as it weighs, oldest first."""
    lots = random.Random(seed)
    wanted: list[dict[str, Any]] = []
    for scenario in scenarios():
        wanted += [scenario] * scenario["weight"]
    fixed = [scenario for scenario in wanted if "age" in scenario]
    rest = [scenario for scenario in wanted if "age" not in scenario]
    lots.shuffle(rest)
    fixed = fixed[:count]
    while len(fixed) + len(rest) < count:
        rest += rest[: count - len(fixed) - len(rest)]
    rest = rest[: count - len(fixed)]
    cast: dict[str, list[str]] = {}
    stories = [
        _story(company, scenario, cast.setdefault(scenario["key"], []), now, lots)
        for scenario in [*fixed, *rest]
    ]
    return sorted(stories, key=lambda story: story.opened_at)


def acts(stories: list[Story]) -> Iterator[Act]:
    """What happens, in the order of time."""
    yield from sorted((act for story in stories for act in story.acts), key=lambda act: act.at)


def hours_of(brand: dict[str, Any]) -> Hours:
    zone = ZoneInfo(brand["timezone"])
    return Hours(zone, 9, 20, weekends=True) if brand["language"] == "ru" else Hours(zone, 8, 18)


def _story(
    company: dict[str, Any], scenario: dict[str, Any], had: list[str], now: datetime, lots: random.Random
) -> Story:
    """One more ticket of a scenario that ``had`` these contacts so far."""
    turn = len(had)
    brand = next(one for one in company["brands"] if one["slug"] == scenario["brand"])
    hours = hours_of(brand)
    channels = [SERVED[name] for name in scenario["channels"] if name in SERVED] or ["email"]
    story = Story(
        scenario=scenario,
        contact=_contact(company, scenario, had, lots),
        agent=_agent(company, scenario, lots),
        subject="",
        channel=channels[turn % len(channels)],
        filler=Filler.draw(company, scenario["language"], hours.zone, lots),
        opened_at=_opening(scenario, hours, now, lots),
        variant=turn,
    )
    had.append(story.contact["email"])
    _tell(story, hours, now, lots)
    subjects = scenario["subjects"]
    story.subject = subjects[turn % len(subjects)]
    return story


def _contact(
    company: dict[str, Any], scenario: dict[str, Any], had: list[str], lots: random.Random
) -> dict[str, Any]:
    """Somebody the story fits, and who has not lived it yet, if there still is one."""
    people: list[dict[str, Any]] = company["contacts"]
    if address := scenario.get("contact"):
        return next(one for one in people if one["email"] == address)
    fitting = [
        one
        for one in people
        if one["language"] == scenario["language"]
        and (scenario["audience"] == "any" or bool(one["organization"]) == (scenario["audience"] == "org"))
        and one["gender"] == scenario.get("gender", one["gender"])
    ]
    named = set(scenario.get("organizations", ()))
    fitting = [one for one in fitting if one["organization"] in named] or fitting
    return lots.choice([one for one in fitting if one["email"] not in had] or fitting)


def _agent(company: dict[str, Any], scenario: dict[str, Any], lots: random.Random) -> str:
    """Who handles it: whom the story names, else somebody of the team who knows brand and language."""
    named = [step["by"] for step in scenario["steps"] if step["who"] == "agent" and step.get("by")]
    if named:
        return str(named[0])
    if scenario.get("assigned", "no") != "no":
        return str(scenario["assigned"])
    fitting = [
        one["key"]
        for one in company["agents"]
        if one["role"] == "agent"
        and not one.get("on_call")
        and scenario["team"] in one["teams"]
        and scenario["brand"] in one["brands"]
        and scenario["language"] in one["languages"]
    ]
    return str(lots.choice(fitting))


def _opening(scenario: dict[str, Any], hours: Hours, now: datetime, lots: random.Random) -> datetime:
    if "age" in scenario:
        return now - timedelta(minutes=lots.uniform(*scenario["age"]))
    length = timedelta(minutes=sum(step["after"][1] for step in scenario["steps"]))
    if scenario["outcome"] in {"resolved", "reopened"}:
        # Nights and weekends stretch a story; it must be over before today.
        last = now - length - timedelta(days=2)
        return hours.arrival(now - timedelta(days=DAYS), last, lots)
    last = now - min(length + timedelta(hours=3), timedelta(days=30))
    return hours.arrival(last - RECENT, last, lots)


def _tell(story: Story, hours: Hours, now: datetime, lots: random.Random) -> None:
    """Give each step its time: ours in working hours, and what is open today before now."""
    at = story.opened_at
    times: list[datetime] = []
    at_once = story.is_current or story.scenario["priority"] == "urgent"
    for step in story.scenario["steps"]:
        at += timedelta(minutes=lots.uniform(*step["after"]), seconds=lots.randint(1, 59) if times else 0)
        if step["who"] in OURS and not at_once:
            at = hours.next(at, lots)
        times.append(at)
    # Where nights push a story beyond now, its end falls somewhere in the last hours, not on the minute.
    recently = timedelta(minutes=2) if story.is_current else (now - story.opened_at) * lots.uniform(0.03, 0.5)
    latest = now - recently
    if times[-1] > latest:  # squeeze it between its beginning and now
        share = (latest - story.opened_at) / (times[-1] - story.opened_at)
        times = [story.opened_at + (one - story.opened_at) * share for one in times]
    for step, moment in zip(story.scenario["steps"], times, strict=True):
        story.acts.append(_act(story, step, moment.replace(microsecond=0).astimezone(UTC)))


def _act(story: Story, step: dict[str, Any], at: datetime) -> Act:
    texts = step.get("text", "")
    files = step.get("attachments", [])
    if isinstance(texts, list):
        turn = story.variant % len(texts)
        if len(texts) > 1 and files and len(files) % len(texts) == 0:  # each variant has its own files
            share = len(files) // len(texts)
            files = files[turn * share : (turn + 1) * share]
        texts = texts[turn]
    return Act(at, story, step, texts, files)
