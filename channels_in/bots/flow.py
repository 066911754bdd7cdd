"""A flow as it is stored: its shape, and what is wrong with it.

{"language": whose texts serve where another's are missing, "start": a step's id, "person_button": true,
 "phrases": {name: texts} that differ from the standard ones, "steps": [{"id", "kind", "name", …}]}
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels_in.bots import shaping, steps  # noqa: F401  # the second registers its kinds
from channels_in.bots.registry import kind_of, kinds
from channels_in.bots.types import Exit, Flow, Problem, Step

EMPTY: Mapping[str, Any] = {"language": "", "start": "", "person_button": True, "phrases": {}, "steps": []}
PHRASES = (
    "person", "skip", "yes", "no", "did_it_help", "not_understood", "giving_up", "handing_over", "wrong_text",
    "wrong_long", "wrong_email", "wrong_number", "wrong_bounds", "wrong_phone", "wrong_choice",
)  # fmt: skip


def shaped(raw: Any) -> dict[str, Any]:
    """The flow with nothing in it but what it means. What is no step is left out; nothing raises."""
    raw = raw if isinstance(raw, Mapping) else {}
    found = [
        step
        for one in shaping.rows(raw.get("steps"), shaping.MOST_STEPS)
        if (step := shaped_step(one)) is not None
    ]
    phrases = raw.get("phrases") if isinstance(raw.get("phrases"), Mapping) else {}
    return {
        "language": shaping.line(raw.get("language"), 3),
        "start": shaping.ident(raw.get("start")),
        "person_button": raw.get("person_button") is not False,
        "phrases": {name: texts for name in PHRASES if (texts := shaping.texts(phrases.get(name), 300))},
        "steps": shaping.own_ids(found, "s"),
    }


def shaped_step(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = kind_of(raw)
    if kind is None:
        return None
    own = {"id": shaping.ident(raw.get("id")), "kind": kind.kind, "name": shaping.line(raw.get("name"))}
    return {**own, **kind.shape(raw)}


def step_of(flow: Flow, step_id: str) -> Step | None:
    return next((one for one in flow["steps"] if one["id"] == step_id), None)


def first_of(flow: Flow) -> str:
    """Where it begins: the step that is said to be first, or the first of the list."""
    if step_of(flow, flow.get("start") or ""):
        return str(flow["start"])
    return str(flow["steps"][0]["id"]) if flow["steps"] else ""


def exits_of(step: Step) -> list[Exit]:
    kind = kind_of(step)
    return kind.exits(step) if kind else []


def reachable(flow: Flow) -> set[str]:
    """The steps that a conversation can come to."""
    by_id = {step["id"]: step for step in flow["steps"]}
    waiting, found = [first_of(flow)], set[str]()
    while waiting:
        step = by_id.get(waiting.pop())
        if step is not None and step["id"] not in found:
            found.add(step["id"])
            waiting += [one.to for one in exits_of(step)]
    return found


def problems(flow: Flow, languages: Iterable[str]) -> list[Problem]:
    """Everything that is wrong or doubtful, in the order of the steps."""
    return list(_problems(flow, list(languages)))


def _problems(flow: Flow, languages: list[str]) -> Iterator[Problem]:
    if not flow["steps"]:
        yield Problem("no_steps")
        return
    ids, can_come, rings = {step["id"] for step in flow["steps"]}, reachable(flow), _rings(flow)
    for step in flow["steps"]:
        kind = kind_of(step)
        if kind is None:  # stored by a later version of ours
            yield Problem("unknown_kind", step["id"], values={"kind": str(step.get("kind"))})
            continue
        yield from kind.problems(step, languages)
        for one in kind.exits(step):
            if one.to and one.to not in ids:
                yield Problem("leads_nowhere", step["id"], values={"exit": one.name})
            elif not one.to:
                yield Problem(
                    "dead_end", step["id"], is_fatal=False, values={"exit": one.name, "words": one.words}
                )
        if step["id"] not in can_come:
            yield Problem("unreachable", step["id"], is_fatal=False)
        if step["id"] in rings:
            yield Problem("ring", step["id"])


def _rings(flow: Flow) -> set[str]:
    """Steps that can come back to themselves without anybody being asked anything.

    Nothing changes on such a way, not even what a check looks at: once taken it is taken for ever.
    """
    waiting_kinds = {"menu", "ask", "offer"}
    onward = {
        step["id"]: {one.to for one in exits_of(step) if one.to}
        for step in flow["steps"]
        if step["kind"] in kinds() and step["kind"] not in waiting_kinds
    }
    found = set()
    for start in onward:
        seen, waiting = set[str](), list(onward[start])
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += onward.get(here, ())
        if start in seen:
            found.add(start)
    return found
