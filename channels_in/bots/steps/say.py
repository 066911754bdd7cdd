from collections.abc import Iterable, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import Silent, untold
from channels_in.bots.types import Exit, Go, Move, Problem, Step


class Say(Silent):
    """Say something and go on."""

    kind = "say"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"texts": shaping.texts(raw.get("texts")), "next": shaping.ident(raw.get("next"))}

    def exits(self, step: Step) -> list[Exit]:
        return [Exit("next", step["next"])]

    def problems(self, step: Step, languages: Iterable[str]) -> Iterable[Problem]:
        return untold(step, step["texts"], languages)

    def enter(self, moment: Moment, step: Step) -> Move:
        moment.say(moment.text(step["texts"]))
        return Go(step["next"])
