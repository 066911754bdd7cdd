"""What the editor of a bot shows: its steps as cards, what is wrong, its versions."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from channels_in.bots import shaping
from channels_in.bots.commands import LANGUAGES
from channels_in.bots.flow import exits_of, first_of, problems, shaped
from channels_in.bots.phrases import standard
from channels_in.bots.references import gone
from channels_in.bots.types import Flow, Problem, Step
from channels_in.models import BotFlow
from desk.settings import bot_words, rule_choices
from desk.settings.forms.bot_step import MOST
from people.models import Team
from tickets.models import Topic

VERSIONS = 50


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, in words."""

    step: str
    words: str
    is_fatal: bool
    number: int = 0
    title: str = ""


@dataclass(frozen=True)
class Way:
    """A way out of a step, for the card's heading."""

    words: str
    to: str  # number and title of the step it leads to; empty: the talk ends


@dataclass(frozen=True)
class Card:
    step: Step
    number: int
    title: str
    kind: str
    icon: str
    ways: list[Way]
    faults: list[Fault]
    is_first: bool
    is_open: bool

    @property
    def is_broken(self) -> bool:
        return any(one.is_fatal for one in self.faults)


def editor(flow: BotFlow, *, open_ids: Collection[str] = ()) -> dict[str, Any]:
    """The context of the editor and of its parts."""
    draft = shaped(flow.draft)
    by_step: dict[str, list[Problem]] = defaultdict(list)
    for problem in [*problems(draft, LANGUAGES), *gone(draft)]:
        by_step[problem.step].append(problem)
    places = {step["id"]: place for place, step in enumerate(draft["steps"], 1)}
    titles = {step["id"]: bot_words.title(step, draft) for step in draft["steps"]}
    cards = [_card(step, draft, by_step, places, titles, open_ids) for step in draft["steps"]]
    faults = [_fault(one, draft, places, titles) for one in by_step[""]]
    faults += [fault for card in cards for fault in card.faults]
    version = flow.current
    return {
        "bot": flow,
        "draft": draft,
        "cards": cards,
        "faults": faults,
        "is_broken": any(fault.is_fatal for fault in faults),
        "version": version,
        "is_full": len(draft["steps"]) >= shaping.MOST_STEPS,
        "kinds": bot_words.KINDS,
        "targets": [
            (step["id"], f"{places[step['id']]} · {bot_words.kind_words(step['kind'])}: {titles[step['id']]}")
            for step in draft["steps"]
        ],
        "answers": bot_words.ANSWERS.items(),
        "facts": bot_words.FACTS.items(),
        "operators": bot_words.OPERATORS.items(),
        "fields": known_fields(draft),
        "languages": settings.LANGUAGES,
        "teams": list(Team.objects.filter(is_active=True).order_by("name").values_list("pk", "name")),
        "topics": [(row.pk, row.label) for row in Topic.objects.all()],
        "priorities": [(value, words) for value, (_name, words) in enumerate(rule_choices.priorities(), 1)],
        "phrases": bot_words.PHRASES.items(),
        "standard": standard(),
        "exit_words": lambda step, name: bot_words.exit_words(step, name, draft),
        "most": MOST,
    }


def known_fields(draft: Flow) -> list[str]:
    """What the flow asks for, for conditions and texts."""
    found = [step["field"] for step in draft["steps"] if step["kind"] == "ask" and step["field"]]
    return list(dict.fromkeys([*found, "name", "email", "phone"]))


def versions_of(flow: BotFlow) -> list[dict[str, Any]]:
    """The newest versions with what each changed, newest first."""
    found = list(flow.versions.select_related("author").order_by("-number")[: VERSIONS + 1])
    lines: list[dict[str, Any]] = []
    for place, version in enumerate(found[:VERSIONS]):
        older = found[place + 1] if place + 1 < len(found) else None
        now = shaped(version.definition)
        changes = bot_words.difference(shaped(older.definition), now) if older else []
        lines.append({"version": version, "changes": changes, "steps": len(now["steps"])})
    return lines


def _card(
    step: Step,
    draft: Flow,
    by_step: dict[str, list[Problem]],
    places: dict[str, int],
    titles: dict[str, str],
    open_ids: Collection[str],
) -> Card:
    own = step["id"]
    ways = [
        Way(
            bot_words.exit_words(step, one.name, draft),
            f"{places[one.to]} · {titles[one.to]}" if one.to in places else "",
        )
        for one in exits_of(step)
    ]
    return Card(
        step=step,
        number=places[own],
        title=titles[own],
        kind=bot_words.kind_words(step["kind"]),
        icon=bot_words.icon(step["kind"]),
        ways=ways,
        faults=sorted(
            (_fault(one, draft, places, titles) for one in by_step.get(own, [])),
            key=lambda fault: not fault.is_fatal,
        ),
        is_first=first_of(draft) == own,
        is_open=own in open_ids,
    )


def _fault(problem: Problem, draft: Flow, places: dict[str, int], titles: dict[str, str]) -> Fault:
    own = problem.step
    words = bot_words.problem_words(problem, draft)
    return Fault(own, words, problem.is_fatal, places.get(own, 0), titles.get(own, ""))
