from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import untold
from channels_in.bots.types import Button, Exit, Go, Lost, Move, Problem, Said, Step, Wait
from channels_in.bots.wording import same

HELPED, NOT_HELPED = "helped", "not_helped"
_YES = ("yes", "yep", "да", "ага", "помогло", "спасибо", "thanks", "thank you", "1")
_NO = ("no", "nope", "нет", "не помогло", "не", "2")


class Offer:
    """Offer links that may answer it. With ``asks``: did it help? Then ``next``, else ``otherwise``."""

    kind = "offer"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        links = [
            {"texts": shaping.texts(one.get("texts"), 120, lines=True), "url": shaping.url(one.get("url"))}
            for one in shaping.rows(raw.get("links"), shaping.MOST_LINKS)
        ]
        return {
            "texts": shaping.texts(raw.get("texts")),
            "links": links,
            "asks": raw.get("asks") is not False,
            "next": shaping.ident(raw.get("next")),
            "otherwise": shaping.ident(raw.get("otherwise")),
        }

    def exits(self, step: Step) -> list[Exit]:
        more = [Exit("otherwise", step["otherwise"])] if step["asks"] else []
        return [Exit("next", step["next"]), *more]

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        yield from untold(step, step["texts"], languages)
        if not step["links"]:
            yield Problem("no_links", step["id"])
        for one in step["links"]:
            yield from untold(step, one["texts"], languages, what="choice_text")
            if not one["url"]:
                yield Problem("no_url", step["id"])

    def enter(self, moment: Moment, step: Step) -> Move:
        links = tuple(
            Button(f"link{place}", moment.text(one["texts"]), one["url"])
            for place, one in enumerate(step["links"], 1)
            if one["url"]
        )
        moment.say(moment.text(step["texts"]), links)
        if not step["asks"]:
            return Go(step["next"])
        buttons = (Button(HELPED, moment.phrase("yes")), Button(NOT_HELPED, moment.phrase("no")))
        moment.say(moment.phrase("did_it_help"), buttons, asks="menu")
        return Wait()

    def hear(self, moment: Moment, step: Step, said: Said) -> Move:
        if said.choice == HELPED or any(same(said.text, words) for words in _YES):
            return Go(step["next"])
        if said.choice == NOT_HELPED or any(same(said.text, words) for words in _NO):
            return Go(step["otherwise"])
        return Lost()
