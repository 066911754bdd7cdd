"""What a definition may say: everything else is refused with words and a place, and changes nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.actions import ACTIONS
from routing.definitions import DefinitionError, checked
from routing.references import check_references
from tickets.models import CustomField

PRIORITY = {"do": "set_priority", "value": "high"}


def definition(*actions, **given_):
    return {"trigger": {"on": "ticket_opened"}, "conditions": {}, "actions": list(actions)} | given_


def test_what_is_missing_is_filled_in():
    assert checked(definition(PRIORITY)) == {
        "trigger": {"on": "ticket_opened"},
        "conditions": {},
        "actions": [PRIORITY],
        "stop": False,
    }
    assert checked(definition({"do": "assign"}))["actions"] == [
        {"do": "assign", "strategy": "", "team": None, "skills": [], "language": ""}
    ]
    assert checked(definition(stop=True))["actions"] == []


def test_checking_twice_says_the_same(world):
    CustomField.objects.create(key="size", kind="number", labels={"en": "Size"})
    every = definition(
        {"do": "set_priority", "value": "low"},
        {"do": "set_status", "value": "pending"},
        {"do": "set_status", "value": 3},
        {"do": "set_team", "value": None},
        {"do": "set_topic", "value": 1},
        {"do": "set_service", "value": 1},
        {"do": "set_field", "key": "size", "value": 0},
        {"do": "add_tags", "value": [" VIP "]},
        {"do": "remove_tags", "value": ["a", "b"]},
        {"do": "assign", "strategy": "weighted", "team": 3, "skills": [1, 2], "language": "of_ticket"},
        {"do": "assign_to", "user": 4},
        {"do": "unassign"},
        {"do": "follow", "user": 4},
        {"do": "reply", "text": {"en": "Hi {{contact.name}}", "ru": " "}},
        {"do": "note", "text": "{{ticket.number}}"},
        {"do": "notify", "who": ["leads", 5, 5]},
        {"do": "promise", "seconds": 3600, "business": True},
        {"do": "snooze", "seconds": 3600},
        {"do": "webhook", "webhook_id": 1},
        {"do": "escalate", "reason": "?"},
    )
    once = checked(every)
    assert checked(once) == once
    assert once["actions"][7]["value"] == ["VIP"]
    assert once["actions"][13]["text"] == {"en": "Hi {{contact.name}}"}
    assert once["actions"][15] == {"do": "notify", "who": ["leads", 5], "text": ""}
    close = checked(definition({"do": "close_after", "seconds": 60}, {"do": "stop"}))
    assert {action["do"] for action in once["actions"] + close["actions"]} == set(ACTIONS)


@pytest.mark.parametrize(
    ("given_", "where"),
    [
        (None, "definition"),
        (definition(PRIORITY, colour="red"), "definition"),
        (definition(PRIORITY, trigger=None), "trigger"),
        (definition(PRIORITY, trigger={"on": "full_moon"}), "trigger"),
        (definition(PRIORITY, trigger={"on": ["ticket_opened"]}), "trigger"),
        (definition(PRIORITY, trigger={"on": "ticket_opened", "seconds": 5}), "trigger"),
        (definition(PRIORITY, trigger={"on": "field_changed", "field": "shoe"}), "trigger"),
        (definition(PRIORITY, trigger={"on": "sla_warned", "target": "lunch"}), "trigger"),
        (definition(PRIORITY, trigger={"on": "time_since", "since": "opened", "seconds": 5}), "trigger"),
        (definition(PRIORITY, trigger={"on": "time_since", "since": "opened", "seconds": True}), "trigger"),
        (definition(PRIORITY, trigger={"on": "time_since", "since": "ever", "seconds": 600}), "trigger"),
        (definition(PRIORITY, conditions={"field": "no", "op": "is", "value": 1}), "conditions"),
        (definition(PRIORITY, conditions={"field": "category", "op": "is", "value": []}), "conditions"),
        (definition(PRIORITY, conditions={"field": "assignee", "op": "is", "value": "me"}), "conditions"),
        (definition(PRIORITY, conditions={"field": "team", "op": "in", "value": ["mine"]}), "conditions"),
        (definition(PRIORITY, conditions={"field": "followed", "op": "is", "value": True}), "conditions"),
        (definition(PRIORITY, conditions={"field": "subject", "op": "matches", "value": "("}), "conditions"),
        (definition(PRIORITY, stop="yes"), "stop"),
        (definition(), "actions"),
        (definition(*[PRIORITY] * 21), "actions"),
        (definition("x", actions="x"), "actions"),
        (definition(PRIORITY, "explode"), "actions.1"),
        (definition({"do": "explode"}), "actions.0"),
        (definition({"do": []}), "actions.0"),
        (definition({"do": "set_priority", "value": "highest"}), "actions.0"),
        (definition({"do": "set_priority", "value": []}), "actions.0"),
        (definition({"do": "set_priority", "value": "low", "why": 1}), "actions.0"),
        (definition({"do": "set_team", "value": "first"}), "actions.0"),
        (definition({"do": "set_team", "value": True}), "actions.0"),
        (definition({"do": "assign_to"}), "actions.0"),
        (definition({"do": "add_tags", "value": []}), "actions.0"),
        (definition({"do": "add_tags", "value": ["x" * 61]}), "actions.0"),
        (definition({"do": "notify", "who": ["everybody"]}), "actions.0"),
        (definition({"do": "note", "text": "  "}), "actions.0"),
        (definition({"do": "note", "text": "x" * 10_001}), "actions.0"),
        (definition({"do": "note", "text": "{{secret.key}}"}), "actions.0"),
        (definition({"do": "reply", "text": "Hello"}), "actions.0"),
        (definition({"do": "reply", "text": {"en": "", "ru": " "}}), "actions.0"),
        (definition({"do": "snooze", "seconds": 59}), "actions.0"),
        (definition({"do": "snooze", "seconds": 10**12}), "actions.0"),
        (definition({"do": "snooze", "seconds": 60, "business": "no"}), "actions.0"),
        (definition({"do": "assign", "strategy": "dice"}), "actions.0"),
        (definition({"do": "assign", "language": "../ru"}), "actions.0"),
        (definition({"do": "webhook", "webhook_id": 2**70}), "actions.0"),
        (definition(*[{"do": "note", "text": "x" * 9000}] * 12), "definition"),
    ],
)
def test_nonsense_is_refused_with_its_place(db, given_, where):
    with pytest.raises(DefinitionError) as refused:
        checked(given_)
    assert refused.value.field == where
    assert refused.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_comes_is_understood_or_refused(db, data):
    """A definition with one part replaced by anything at all never raises anything but a refusal."""
    kind = ACTIONS[data.draw(st.sampled_from(sorted(ACTIONS)))]
    action = {"do": kind.do}
    for parameter in kind.parameters:
        action[parameter.name] = data.draw(JSON)
    trigger = data.draw(
        JSON
        | st.fixed_dictionaries(
            {"on": JSON | st.sampled_from(["time_since", "field_changed", "sla_warned"])},
            optional={"field": JSON, "since": JSON, "seconds": JSON, "business": JSON, "target": JSON},
        )
    )
    for given_ in (definition(action), definition(PRIORITY, trigger=trigger), data.draw(JSON)):
        try:
            checked(given_)
        except DefinitionError as refused:
            assert refused.message


@pytest.mark.parametrize(
    "action",
    [
        {"do": "set_team", "value": 999_999},
        {"do": "set_status", "value": 999_999},
        {"do": "assign_to", "user": 999_999},
        {"do": "notify", "who": ["leads", 999_999]},
        {"do": "assign", "team": 999_999},
        {"do": "assign", "skills": [999_999]},
        {"do": "set_field", "key": "size", "value": "very"},
    ],
)
def test_what_is_named_must_be_there(world, action):
    CustomField.objects.create(key="size", kind="number", labels={"en": "Size"})
    with pytest.raises(DefinitionError) as refused:
        check_references(checked(definition(action)))
    assert refused.value.field == "actions.0"


def test_customers_and_those_who_left_get_nothing(world):
    world.boris.is_active = False
    world.boris.save()
    for user in (world.carla, world.boris):
        with pytest.raises(DefinitionError):
            check_references(checked(definition({"do": "assign_to", "user": user.pk})))
    check_references(checked(definition({"do": "assign_to", "user": world.anna.pk})))
