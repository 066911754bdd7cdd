from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.moment import Moment
from channels_in.bots.steps.common import Silent
from channels_in.bots.types import Exit, Go, Move, Problem, Step
from common.text import fold

FACTS = ("working_time", "people", "known", "language", "field")
OPERATORS = ("is", "contains", "filled", "empty")
_FLAGS = frozenset({"working_time", "people", "known"})


class Check(Silent):
    """Branch on what is known: the first branch that holds is taken, else ``next``.

    A branch is {"fact", "value"}: of working_time, people (somebody is there to take it) and known (a contact
    of ours) true or false; of language its code; of field also "field" and "op".
    """

    kind = "check"

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        rows = shaping.rows(raw.get("branches"), shaping.MOST_BRANCHES)
        branches = [branch for one in rows if (branch := _branch(one)) is not None]
        return {"branches": shaping.own_ids(branches, "b"), "next": shaping.ident(raw.get("next"))}

    def exits(self, step: Step) -> list[Exit]:
        return [*(Exit(one["id"], one["next"]) for one in step["branches"]), Exit("next", step["next"])]

    def problems(self, step: Step, languages: Iterable[str]) -> Iterator[Problem]:
        if not step["branches"]:
            yield Problem("no_branches", step["id"])
        for one in step["branches"]:
            if one["fact"] == "field" and not one["field"]:
                yield Problem("no_field", step["id"])
            elif one["op"] in {"is", "contains"} and one["value"] == "":
                yield Problem("no_value", step["id"])

    def enter(self, moment: Moment, step: Step) -> Move:
        return Go(next((one["next"] for one in step["branches"] if _holds(moment, one)), step["next"]))


def _branch(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    fact, op, value = raw.get("fact"), raw.get("op"), raw.get("value")
    if fact not in FACTS:
        return None
    return {
        "id": shaping.ident(raw.get("id")),
        "fact": fact,
        "field": shaping.key(raw.get("field")) if fact == "field" else "",
        "op": op if fact == "field" and op in OPERATORS else "is",
        "value": value is not False if fact in _FLAGS else shaping.line(value, shaping.LONGEST_WORDS),
        "next": shaping.ident(raw.get("next")),
    }


def _holds(moment: Moment, branch: Step) -> bool:
    fact, value = branch["fact"], branch["value"]
    if fact in _FLAGS:
        return bool(getattr(moment.facts, fact)) is value
    if fact == "language":
        return moment.facts.language.split("-")[0].lower() == fold(value)
    found, wanted = fold(moment.fields.get(branch["field"], "")), fold(value)
    if branch["op"] == "filled":
        return bool(found)
    if branch["op"] == "empty":
        return not found
    return wanted in found if branch["op"] == "contains" else found == wanted
