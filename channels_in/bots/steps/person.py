from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import Silent, untold
from channels_in.bots.types import Exit, Move, Over, PersonWanted, Problem, Step


class Person(Silent):
    """Hand over to a person, of ``team`` if one is named; the bot is silent from then on."""

    kind = "person"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"texts": shaping.texts(raw.get("texts")), "team": shaping.number(raw.get("team"))}

    def exits(self, step: Step) -> list[Exit]:
        return []

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        for problem in untold(step, step["texts"], languages):
            if not problem.is_fatal:
                yield problem

    def enter(self, moment: Moment, step: Step) -> Move:
        moment.say(moment.text(step["texts"]) or moment.phrase("handing_over"))
        moment.act(PersonWanted("flow", step["team"]))
        return Over("person")
