"""The bot's part of a conversation: pure, total, and always at an end.

``begin`` and ``take`` give a ``Turn`` for any flow in shape (``flow.shaped``), any state and anything said.
The state is plain JSON; whoever keeps it also keeps which version of the flow the conversation began with.
"""

from collections.abc import Mapping
from typing import Any

from channels_in.bots.flow import first_of, step_of
from channels_in.bots.moment import Moment
from channels_in.bots.registry import kind_of
from channels_in.bots.types import (
    PERSON,
    Facts,
    Flow,
    Go,
    Lost,
    Move,
    Over,
    PersonWanted,
    Said,
    State,
    Turn,
    Wait,
)
from channels_in.bots.wording import wants_person

MOST_STEPS_A_TURN = 50  # without anybody being asked anything
MOST_TURNS = 200
MOST_LOST = 3  # not understood that often in a row, and a person takes over
MOST_FIELDS = 100


def fresh() -> State:
    """``over``: empty while the bot talks, then "person" or "end". ``turns`` outlives a new beginning."""
    return {"at": "", "over": "", "tries": 0, "lost": 0, "turns": 0, "ticket": False, "fields": {}}


def known(state: Any) -> State:
    """A state that was kept, whatever has become of it."""
    found = fresh()
    if not isinstance(state, Mapping):
        return found
    for name, default in found.items():
        value = state.get(name)
        if type(value) is type(default):
            found[name] = value
    pairs = [(k, v) for k, v in found["fields"].items() if isinstance(k, str) and isinstance(v, str)]
    found["fields"] = dict(pairs[:MOST_FIELDS])
    return found


def begin(flow: Flow, facts: Facts, state: Any = None) -> Turn:
    """Greet, before anybody has said anything; or begin again, with what is known from before."""
    before = known(state)
    now = {**fresh(), "turns": before["turns"], "fields": before["fields"], "ticket": before["ticket"]}
    moment = Moment(flow, facts, now)
    return _walk(moment, Go(first_of(flow)))


def begin_with(flow: Flow, said: Said, facts: Facts) -> Turn:
    """Begin with somebody who has spoken first: where a menu greets them, their words may choose from it."""
    if wants_person(said.text) or said.choice == PERSON:
        return take(flow, fresh(), said, facts)
    greeting = begin(flow, facts)
    step = step_of(flow, greeting.state["at"])
    if greeting.state["over"] or step is None or step["kind"] != "menu":
        return greeting
    answer = take(flow, greeting.state, said, facts)
    if answer.state["lost"]:
        return greeting
    return Turn(answer.state, (*greeting.acts, *answer.out))


def take(flow: Flow, state: Any, said: Said, facts: Facts) -> Turn:
    """What comes of what somebody said. Once a person has been asked for, nothing does."""
    now = known(state)
    if now["over"] == "person":
        return Turn(now, ())
    now["turns"] += 1
    moment = Moment(flow, facts, now)
    if said.choice == PERSON or (not said.choice and wants_person(said.text)):
        return _hand_over(moment, "asked", "handing_over")
    if now["turns"] > MOST_TURNS:
        return _hand_over(moment, "budget", "giving_up")
    step = step_of(flow, now["at"])
    kind = kind_of(step) if step is not None else None
    if now["over"] or step is None or kind is None:
        return begin(flow, facts, now)
    return _walk(moment, kind.hear(moment, step, said))


def _walk(moment: Moment, move: Move) -> Turn:
    """Follow the flow until it waits or is over. A flow that goes round in circles ends with a person."""
    state = moment.state
    if isinstance(move, Lost):
        state["lost"] += 1
        if state["lost"] >= MOST_LOST:
            return _hand_over(moment, "lost", "giving_up")
        moment.say(moment.phrase("not_understood"))
        move = Go(state["at"])
    else:
        state["lost"] = 0
    for _step in range(MOST_STEPS_A_TURN):
        if isinstance(move, Wait):
            return Turn(state, tuple(moment.out))
        if isinstance(move, Over):
            return _over(moment, move.why)
        if isinstance(move, Lost):  # said by a step that was only entered
            return _hand_over(moment, "lost", "giving_up")
        step = step_of(moment.flow, move.to)
        kind = kind_of(step) if step is not None else None
        if step is None or kind is None:
            return _over(moment, "end")
        state["at"] = step["id"]
        move = kind.enter(moment, step)
    return _hand_over(moment, "budget", "giving_up")


def _hand_over(moment: Moment, reason: str, phrase: str) -> Turn:
    moment.say(moment.phrase(phrase))
    moment.act(PersonWanted(reason))
    return _over(moment, "person")


def _over(moment: Moment, why: str) -> Turn:
    moment.state.update(over=why, at="", tries=0, lost=0)
    return Turn(moment.state, tuple(moment.out))
