"""Changing a flow: pure, each gives a flow in shape. A step that is not there leaves all as it is."""

from collections.abc import Mapping
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.flow import exits_of, shaped, shaped_step, step_of
from channels_in.bots.registry import kinds
from channels_in.bots.types import Flow

NEW = "new:"  # an exit that leads to "new:ask" is given a step of that kind


def add_step(flow: Flow, kind: str, *, after: str = "") -> dict[str, Any]:
    """A new step behind ``after``, or at the end. What is before it and led nowhere leads here now."""
    changed = shaped(flow)
    if kind not in kinds() or len(changed["steps"]) >= shaping.MOST_STEPS:
        return changed
    place = _place(changed, after)
    step = _fresh(changed, kind)
    before = changed["steps"][place] if place is not None else (changed["steps"] or [None])[-1]
    if before is not None and before["kind"] != "ticket" and before.get("next") == "":
        before["next"] = step["id"]
    changed["steps"].insert(len(changed["steps"]) if place is None else place + 1, step)
    return shaped(changed)


def change_step(flow: Flow, step_id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Put another step in its place, under the same id; where an exit leads to a new one, make that."""
    changed = shaped(flow)
    place = _place(changed, step_id)
    if place is None:
        return changed
    old = changed["steps"][place]
    raw = {**raw, "id": step_id, "kind": old["kind"]}
    added: list[dict[str, Any]] = []
    raw = _with_new_steps(changed, raw, added)
    changed["steps"][place] = shaped_step(raw) or old
    changed["steps"][place + 1 : place + 1] = added
    return shaped(changed)


def move_step(flow: Flow, step_id: str, *, by: int) -> dict[str, Any]:
    """Up (-1) or down (1) in the list. The way of a conversation stays the same, its beginning too."""
    changed = shaped(flow)
    place = _place(changed, step_id)
    if place is not None and 0 <= place + by < len(changed["steps"]):
        changed["start"] = changed["start"] or changed["steps"][0]["id"]
        step = changed["steps"].pop(place)
        changed["steps"].insert(place + by, step)
    return shaped(changed)


def remove_step(flow: Flow, step_id: str) -> dict[str, Any]:
    """Take it out; what led to it leads to where it led, if it had one way only."""
    changed = shaped(flow)
    gone = step_of(changed, step_id)
    if gone is None:
        return changed
    onward = [one.to for one in exits_of(gone)]
    to = onward[0] if len(onward) == 1 and onward[0] != step_id else ""
    changed["steps"] = [_led(step, step_id, to) for step in changed["steps"] if step["id"] != step_id]
    if changed["start"] == step_id:
        changed["start"] = to
    return shaped(changed)


def begin_with(flow: Flow, step_id: str) -> dict[str, Any]:
    """Let conversations begin there."""
    changed = shaped(flow)
    if step_of(changed, step_id) is not None:
        changed["start"] = step_id
    return changed


def _place(flow: Flow, step_id: str) -> int | None:
    return next((at for at, one in enumerate(flow["steps"]) if one["id"] == step_id), None)


def _fresh(flow: Flow, kind: str, taken: tuple[str, ...] = ()) -> dict[str, Any]:
    own = shaping.new_id({*(one["id"] for one in flow["steps"]), *taken}, "s")
    step = shaped_step({"id": own, "kind": kind})
    assert step is not None
    return step


def _with_new_steps(flow: Flow, raw: Any, added: list[dict[str, Any]]) -> Any:
    """The same with "new:ask" replaced by the id of a step that is added."""
    if isinstance(raw, Mapping):
        return {
            name: _exit(flow, value, added)
            if name in {"next", "otherwise"} and isinstance(value, str)
            else _with_new_steps(flow, value, added)
            for name, value in raw.items()
        }
    return [_with_new_steps(flow, one, added) for one in raw] if isinstance(raw, list) else raw


def _exit(flow: Flow, to: str, added: list[dict[str, Any]]) -> str:
    kind = to.removeprefix(NEW)
    if to == kind:
        return to
    if kind not in kinds() or len(flow["steps"]) + len(added) >= shaping.MOST_STEPS:
        return ""
    added.append(_fresh(flow, kind, tuple(one["id"] for one in added)))
    return str(added[-1]["id"])


def _led(raw: Any, old: str, new: str) -> Any:
    if isinstance(raw, Mapping):
        return {
            name: new if name in {"next", "otherwise"} and value == old else _led(value, old, new)
            for name, value in raw.items()
        }
    return [_led(one, old, new) for one in raw] if isinstance(raw, list) else raw
