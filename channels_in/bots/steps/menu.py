from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import buttons_of, chosen, untold
from channels_in.bots.types import Exit, Go, Lost, Move, Problem, Said, Step, Wait


class Menu:
    """Choices as buttons, each leading to a step of its own. ``words``: what else is taken for a choice."""

    kind = "menu"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        choices = [
            {
                "id": shaping.ident(one.get("id")),
                "texts": shaping.texts(one.get("texts"), shaping.LONGEST_BUTTON, lines=True),
                "words": shaping.words(one.get("words"), 20),
                "next": shaping.ident(one.get("next")),
            }
            for one in shaping.rows(raw.get("choices"), shaping.MOST_CHOICES)
        ]
        return {"texts": shaping.texts(raw.get("texts")), "choices": shaping.own_ids(choices, "c")}

    def exits(self, step: Step) -> list[Exit]:
        return [Exit(one["id"], one["next"], one["texts"]) for one in step["choices"]]

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        yield from untold(step, step["texts"], languages)
        if not step["choices"]:
            yield Problem("no_choices", step["id"])
        for one in step["choices"]:
            yield from untold(step, one["texts"], languages, what="choice_text")

    def enter(self, moment: Moment, step: Step) -> Move:
        moment.say(moment.text(step["texts"]), buttons_of(moment, step["choices"]), asks="menu")
        return Wait()

    def hear(self, moment: Moment, step: Step, said: Said) -> Move:
        found = chosen(step["choices"], said)
        return Go(found["next"]) if found else Lost()
