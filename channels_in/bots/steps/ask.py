from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import answers, shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import buttons_of, chosen, untold
from channels_in.bots.types import SKIP, Button, Exit, Go, Move, Over, PersonWanted, Problem, Said, Step, Wait
from channels_in.bots.wording import same

TRIES = 2
_SKIPPING = ("skip", "пропустить", "не знаю", "нет", "no", "none", "i don't know", "-")


class Ask:
    """Ask for one field. A wrong answer gets a second chance; after that ``otherwise``, or a person.

    ``may_skip``: there is a button to leave it out. ``skip_known``: not asked when it is known already.
    """

    kind = "ask"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        kind = raw.get("type")
        least, most = shaping.limit(raw.get("least")), shaping.limit(raw.get("most"))
        choices = [
            {
                "id": shaping.ident(one.get("id")),
                "texts": shaping.texts(one.get("texts"), shaping.LONGEST_BUTTON, lines=True),
            }
            for one in shaping.rows(raw.get("choices"), shaping.MOST_CHOICES)
        ]
        return {
            "texts": shaping.texts(raw.get("texts")),
            "field": shaping.key(raw.get("field")),
            "type": kind if kind in answers.KINDS else "text",
            "choices": shaping.own_ids(choices, "c") if kind == "choice" else [],
            "least": least if kind == "number" else None,
            "most": most if kind == "number" else None,
            "may_skip": raw.get("may_skip") is True,
            "skip_known": raw.get("skip_known") is True,
            "next": shaping.ident(raw.get("next")),
            "otherwise": shaping.ident(raw.get("otherwise")),
        }

    def exits(self, step: Step) -> list[Exit]:
        failed = [Exit("otherwise", step["otherwise"])] if step["otherwise"] else []
        return [Exit("next", step["next"]), *failed]

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        yield from untold(step, step["texts"], languages)
        if not step["field"]:
            yield Problem("no_field", step["id"])
        if step["type"] == "choice" and not step["choices"]:
            yield Problem("no_choices", step["id"])
        for one in step["choices"]:
            yield from untold(step, one["texts"], languages, what="choice_text")
        if step["least"] is not None and step["most"] is not None and step["least"] > step["most"]:
            yield Problem("bounds", step["id"])

    def enter(self, moment: Moment, step: Step) -> Move:
        if not step["field"] or (step["skip_known"] and moment.fields.get(step["field"])):
            return Go(step["next"])
        moment.state["tries"] = 0
        self._ask(moment, step, moment.text(step["texts"]))
        return Wait()

    def hear(self, moment: Moment, step: Step, said: Said) -> Move:
        if step["may_skip"] and (said.choice == SKIP or any(same(said.text, words) for words in _SKIPPING)):
            return Go(step["next"])
        try:
            value = self._answer(moment, step, said)
        except answers.Wrong as wrong:
            return self._again(moment, step, wrong.code)
        moment.collect(step["field"], value)
        return Go(step["next"])

    def _answer(self, moment: Moment, step: Step, said: Said) -> str:
        if step["type"] == "choice":
            found = chosen(step["choices"], said)
            if found is None:
                raise answers.Wrong("wrong_choice")
            return moment.text(found["texts"])
        return answers.checked(step["type"], said.text, step)

    def _again(self, moment: Moment, step: Step, code: str) -> Move:
        moment.state["tries"] += 1
        if moment.state["tries"] < TRIES:
            self._ask(moment, step, moment.phrase(code))
            return Wait()
        if step["otherwise"]:
            return Go(step["otherwise"])
        moment.say(moment.phrase("giving_up"))
        moment.act(PersonWanted("lost"))
        return Over("person")

    def _ask(self, moment: Moment, step: Step, text: str) -> None:
        buttons = buttons_of(moment, step["choices"])
        if step["may_skip"]:
            buttons = (*buttons, Button(SKIP, moment.phrase("skip")))
        moment.say(text, buttons, asks=step["type"])
