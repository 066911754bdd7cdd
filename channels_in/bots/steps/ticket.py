from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import Silent, untold
from channels_in.bots.types import Exit, Go, Move, Problem, Step, TicketWanted


class Ticket(Silent):
    """Open a ticket with what was said and collected; once a conversation, however often it is passed."""

    kind = "ticket"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        priority = shaping.number(raw.get("priority"))
        return {
            "texts": shaping.texts(raw.get("texts")),
            "subjects": shaping.texts(raw.get("subjects"), shaping.LONGEST_WORDS, lines=True),
            "topic": shaping.number(raw.get("topic")),
            "team": shaping.number(raw.get("team")),
            "priority": priority if priority and priority <= 4 else None,
            "tags": shaping.words(raw.get("tags"), shaping.MOST_TAGS),
            "next": shaping.ident(raw.get("next")),
        }

    def exits(self, step: Step) -> list[Exit]:
        return [Exit("next", step["next"])] if step["next"] else []

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        for problem in untold(step, step["texts"], languages):
            if not problem.is_fatal:
                yield problem

    def enter(self, moment: Moment, step: Step) -> Move:
        if not moment.state["ticket"]:
            moment.state["ticket"] = True
            moment.act(
                TicketWanted(
                    subject=moment.text(step["subjects"]),
                    topic=step["topic"],
                    team=step["team"],
                    priority=step["priority"],
                    tags=tuple(step["tags"]),
                )
            )
        moment.say(moment.text(step["texts"]))
        return Go(step["next"])
