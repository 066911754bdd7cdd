"""The rule engine, without a database: order, stopping, what later rules see, and that loops end."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from routing.engine import CHOSEN, MAX_DEPTH, Rule, Trigger, hears, run
from tests.support.load import allowed
from tickets.conditions import Context

NOW = datetime(2026, 3, 9, 10, tzinfo=UTC)
CONTEXT = Context(NOW)
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
OPENED = Trigger("ticket_opened")


def rule(pk, *actions, when=None, on="ticket_opened", stop=False, **trigger):
    return Rule(pk, pk * 10, {"on": on, **trigger}, when or {}, tuple(actions), stop)


def leaf(field, op, value=None):
    return {"field": field, "op": op, "value": value}


def priority(value):
    return {"do": "set_priority", "value": value}


def add(*names):
    return {"do": "add_tags", "value": list(names)}


def snapshot(**given):
    return {"priority": 2, "team": None, "assignee": None, "tags": set(), "subject": "", **given}


def acted(outcome):
    return [trace.rule_id for trace in outcome.traces if trace.matched]


def test_rules_act_in_their_order_and_the_trace_says_why():
    rules = [
        rule(2, priority(3), when=leaf("subject", "contains", "Срочно")),
        rule(1, add("VIP"), when=leaf("subject", "contains", "счёт")),
    ]
    outcome = run(rules, snapshot(subject="СРОЧНО: не работает"), OPENED, CONTEXT)

    assert [(effect.rule_id, effect.version_id, effect.action) for effect in outcome.effects] == [
        (2, 20, priority(3))
    ]
    first, second = outcome.traces
    assert (first.matched, first.conditions["ok"], first.conditions["actual"]) == (
        True,
        True,
        "СРОЧНО: не работает",
    )
    assert (second.matched, second.conditions["ok"], second.effects) == (False, False, ())


def test_the_snapshot_that_came_in_is_left_alone():
    given_snapshot = snapshot()
    outcome = run([rule(1, add("a"), priority(4))], given_snapshot, OPENED, CONTEXT)
    assert given_snapshot == snapshot()
    assert (outcome.snapshot["tags"], outcome.snapshot["priority"]) == ({"a"}, 4)


def test_a_rule_that_stops_ends_it():
    outcome = run([rule(1, priority(3), stop=True), rule(2, priority(4))], snapshot(), OPENED, CONTEXT)
    assert (acted(outcome), outcome.stopped_by) == ([1], 1)
    assert len(outcome.traces) == 1


def test_a_rule_that_does_not_act_does_not_stop():
    never = {"any": []}
    outcome = run([rule(1, stop=True, when=never), rule(2, priority(4))], snapshot(), OPENED, CONTEXT)
    assert (acted(outcome), outcome.stopped_by) == ([2], None)


def test_the_action_stop_ends_the_rule_too():
    outcome = run(
        [rule(1, priority(3), {"do": "stop"}, add("never")), rule(2, add("nor this"))],
        snapshot(),
        OPENED,
        CONTEXT,
    )
    assert [effect.action for effect in outcome.effects] == [priority(3)]
    assert outcome.stopped_by == 1


def test_later_rules_see_what_earlier_ones_did():
    rules = [
        rule(1, add("Ёлка"), {"do": "set_team", "value": 7}),
        rule(2, priority(4), when={"all": [leaf("tags", "in", ["елка"]), leaf("team", "is", 7)]}),
        rule(3, {"do": "remove_tags", "value": ["ЕЛКА"]}),
        rule(4, priority(1), when=leaf("tags", "not_empty")),
    ]
    assert acted(run(rules, snapshot(), OPENED, CONTEXT)) == [1, 2, 3]


def test_a_solved_ticket_waits_for_nobody():
    solved = {"do": "set_status", "value": 9, "category": 50}
    rules = [
        rule(1, solved),
        rule(2, add("a"), when={"all": [leaf("waiting", "is", False), leaf("category", "is", "resolved")]}),
        rule(3, add("b"), when=leaf("resolved", "newer_than", 1)),
        rule(4, {"do": "set_status", "value": 4, "category": 20}),
        rule(5, add("c"), when=leaf("resolved", "empty")),
    ]
    given_snapshot = snapshot(category=20, status=4, waiting=True, waiting_since=NOW, resolved=None)
    assert acted(run(rules, given_snapshot, OPENED, CONTEXT)) == [1, 2, 3, 4, 5]


def test_after_a_strategy_the_ticket_is_somebodys():
    assign = {"do": "assign", "strategy": "", "team": 3, "skills": [], "language": ""}
    rules = [rule(1, assign), rule(2, add("nobody"), when=leaf("assignee", "empty"))]
    outcome = run(rules, snapshot(), OPENED, CONTEXT)
    assert acted(outcome) == [1]
    assert (outcome.snapshot["assignee"], outcome.snapshot["team"]) == (CHOSEN, 3)

    known = run(
        [*rules, rule(3, add("Anna"), when=leaf("assignee", "is", 12))],
        snapshot(),
        OPENED,
        CONTEXT,
        decide=lambda action, seen: 12,
    )
    assert acted(known) == [1, 3]
    assert acted(run(rules, snapshot(), OPENED, CONTEXT, decide=lambda action, seen: None)) == [1, 2]


def test_a_ticket_that_is_passed_on_is_another_line_s():
    up = {"do": "escalate", "team": None, "reason": "?"}
    seen = leaf("team", "is", 2)
    rules = [
        replace(rule(1, up), lines={1: 2, 2: None}),
        rule(2, add("theirs"), when={"all": [seen, leaf("assignee", "empty")]}),
        replace(rule(3, up), lines={1: 2, 2: None}),
        rule(4, add("still"), when=seen),
        rule(5, up | {"team": 9}),
        rule(6, add("gone"), when=seen),
    ]
    assert acted(run(rules, snapshot(team=1, assignee=5), OPENED, CONTEXT)) == [1, 2, 3, 4, 5]


def test_who_hears_of_what():
    status = Trigger("field_changed", field="status")
    assert hears(rule(1, on="field_changed", field="status"), status)
    assert hears(rule(1, on="field_changed", field=""), status)
    assert not hears(rule(1, on="field_changed", field="team"), status)
    assert not hears(rule(1, on="message_received"), status)
    breach = Trigger("sla_breached", target="resolution")
    assert hears(rule(1, on="sla_breached", target=""), breach)
    assert not hears(rule(1, on="sla_breached", target="first_response"), breach)
    mine = Trigger("manual", rule_id=1)
    assert hears(rule(1, on="manual"), mine)
    assert not hears(rule(2, on="manual"), mine)


def test_what_has_acted_does_not_act_again():
    outcome = run([rule(1, priority(3)), rule(2, priority(4))], snapshot(), OPENED, CONTEXT, ran={1})
    assert acted(outcome) == [2]
    assert outcome.traces[0].ran_before


# --- on random rules ----------------------------------------------------------------------------
LEAVES = st.one_of(
    st.sampled_from(sorted(PRIORITIES)).flatmap(
        lambda name: st.sampled_from(["is", "is_not"]).map(lambda op: leaf("priority", op, name))
    ),
    st.sampled_from("abc").flatmap(
        lambda name: st.sampled_from(["in", "not_in"]).map(lambda op: leaf("tags", op, [name]))
    ),
    st.sampled_from([1, 2]).map(lambda pk: leaf("team", "is", pk)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3).flatmap(
        lambda group: st.sampled_from(["all", "any"]).map(lambda kind: {kind: group})
    ),
    max_leaves=4,
)
ACTIONS = st.one_of(
    st.sampled_from([1, 2, 3, 4]).map(priority),
    st.sampled_from("abc").map(add),
    st.sampled_from("abc").map(lambda name: {"do": "remove_tags", "value": [name]}),
    st.sampled_from([1, 2, None]).map(lambda pk: {"do": "set_team", "value": pk}),
)
TRIGGERS = st.sampled_from(
    [
        {"on": "ticket_opened"},
        {"on": "field_changed", "field": ""},
        {"on": "field_changed", "field": "priority"},
        {"on": "field_changed", "field": "tags"},
    ]
)


@st.composite
def rule_sets(draw):
    return [
        Rule(
            pk,
            pk,
            draw(TRIGGERS),
            draw(TREES),
            tuple(draw(st.lists(ACTIONS, min_size=1, max_size=3))),
            draw(st.booleans()) and draw(st.booleans()),
        )
        for pk in range(1, draw(st.integers(1, 7)) + 1)
    ]


def holds(tree, state):
    """The conditions in words of their own, for comparison."""
    if "all" in tree:
        return not [child for child in tree["all"] if not holds(child, state)]
    if "any" in tree:
        return bool([child for child in tree["any"] if holds(child, state)])
    field, value = tree["field"], tree["value"]
    yes = {
        "priority": lambda: PRIORITIES[value] == state["priority"],
        "tags": lambda: value[0] in state["tags"],
        "team": lambda: value == state["team"],
    }[field]()
    return not yes if tree["op"] in {"is_not", "not_in"} else yes


def perform(action, state):
    """Do it to ``state``; the name of the field that changed, or None."""
    before = {**state, "tags": set(state["tags"])}
    match action["do"]:
        case "set_priority":
            state["priority"] = action["value"]
        case "set_team":
            state["team"] = action["value"]
        case "add_tags":
            state["tags"] = state["tags"] | set(action["value"])
        case "remove_tags":
            state["tags"] = state["tags"] - set(action["value"])
    return next((name for name in state if state[name] != before[name]), None)


@given(rule_sets(), st.sampled_from([1, 2, 3, 4]), st.sets(st.sampled_from("abc")))
def test_a_run_is_what_doing_it_step_by_step_gives(rules, first, tags):
    state = {"priority": first, "team": None, "tags": set(tags)}
    outcome = run(rules, dict(state), OPENED, CONTEXT)
    expected = []
    for one in rules:
        if one.trigger["on"] != "ticket_opened" or not holds(one.conditions, state):
            continue
        for action in one.actions:
            perform(action, state)
            expected.append((one.id, action))
        if one.stop:
            break
    assert [(effect.rule_id, effect.action) for effect in outcome.effects] == expected
    assert {name: outcome.snapshot[name] for name in state} == state


@given(rule_sets(), st.sets(st.sampled_from("abc")))
def test_rules_that_answer_each_other_come_to_an_end(rules, tags):
    """Each change is an entry that rules hear of, with its cause, as the journal has it."""
    state = {"priority": 2, "team": None, "tags": set(tags)}
    waiting = [(OPENED, 0)]
    ran: list[int] = []
    runs = 0
    while waiting:
        trigger, depth = waiting.pop(0)
        runs += 1
        assert runs <= 1 + sum(len(one.actions) for one in rules), "a rule acted twice"
        if depth > MAX_DEPTH:
            continue
        outcome = run(rules, dict(state), trigger, CONTEXT, ran=set(ran))
        ran += acted(outcome)
        changes = [perform(effect.action, state) for effect in outcome.effects]
        waiting += [(Trigger("field_changed", field=name), depth + 1) for name in changes if name]
    assert len(ran) == len(set(ran))


def test_the_patterns_of_one_run_share_a_budget():
    """A hundred bad ones would hold the ticket's lock for five seconds."""
    bad = leaf("subject", "matches", r"(a+)+$|(a|aa)+\1$")
    rules = [rule(pk, add("x"), when=bad) for pk in range(1, 101)]
    began = time.perf_counter()
    outcome = run(rules, snapshot(subject="a" * 5000 + "!"), OPENED, CONTEXT)
    assert time.perf_counter() - began < allowed(2)
    assert acted(outcome) == [], "one that takes too long is met by nothing"
    good = rule(101, add("y"), when=leaf("subject", "matches", "срочно"))
    assert acted(run([good], snapshot(subject="СРОЧНО"), OPENED, CONTEXT)) == [101], "each run has its own"
