"""Filters over a list: an address becomes filters and comes back; what means nothing is left out and told."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import fold
from tickets import chips, conditions
from tickets.chips import NAMES, Chip, Filters
from tickets.orders import ORDERS

_KEY = st.integers(1, 10**18 - 1).map(str)
_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=40)
_VALUES = {
    "status": _KEY,
    "priority": st.sampled_from(["low", "normal", "high", "urgent"]),
    "assignee": _KEY | st.sampled_from(["me", "none"]),
    "team": _KEY | st.sampled_from(["mine", "none"]),
    "channel": st.sampled_from(["email", "chat", "telegram"]),
    "tag": _WORDS,
    "organization": _KEY | st.just("none"),
    "subject": _WORDS,
}

SPAM = {"field": "spam", "op": "is", "value": True}


@st.composite
def _filters(draw):
    names = draw(st.sets(st.sampled_from(list(NAMES))))
    found = []
    for name in NAMES:
        if name in names:
            most = 1 if name == "subject" else 5
            values = draw(st.lists(_VALUES[name], min_size=1, max_size=most, unique_by=fold))
            found.append(Chip(name, tuple(values), draw(st.booleans())))
    return Filters(tuple(found), draw(st.sampled_from(["", *ORDERS])))


@given(_filters())
def test_an_address_that_is_shared_says_the_same(filters):
    again = chips.parse(parse_qs(filters.query))
    assert again == filters
    assert again.ignored == ()
    conditions.validate(again.over({}), queryable=True)


def test_a_value_several_times_is_any_of_them_and_none_is_empty():
    filters = chips.parse({"assignee": ["me", "none", "7"], "priority": ["high"]})
    assert filters.over({}) == {
        "all": [
            {"field": "priority", "op": "in", "value": ["high"]},
            {
                "any": [
                    {"field": "assignee", "op": "in", "value": ["me", 7]},
                    {"field": "assignee", "op": "empty"},
                ]
            },
        ]
    }


def test_the_opposite_is_none_of_them_as_a_form_or_an_address_says_it():
    filters = chips.parse({"-assignee": ["7", "none"], "tag": ["spam"], "not": ["tag"], "-subject": ["кофе"]})
    assert filters.query == "-assignee=7&-assignee=none&-tag=spam&-subject=%D0%BA%D0%BE%D1%84%D0%B5"
    assert filters.over({}) == {
        "all": [
            {"field": "assignee", "op": "not_in", "value": [7]},
            {"field": "assignee", "op": "not_empty"},
            {"field": "tags", "op": "not_in", "value": ["spam"]},
            {"field": "subject", "op": "not_contains", "value": "кофе"},
        ]
    }
    both = chips.parse({"tag": ["vip"], "-tag": ["spam", "vip"]})
    assert both.query == "tag=vip&-tag=spam&-tag=vip"
    assert both.without("-tag").query == "tag=vip"
    assert both.turned("tag").query == "-tag=spam&-tag=vip"
    assert chips.parse({"priority": ["low"], "not": ["tag"]}).query == "priority=low"


@pytest.mark.parametrize(
    ("tree", "first"),
    [
        ({}, []),
        ({"all": [SPAM]}, [SPAM]),
        ({"any": []}, [{"any": []}]),
    ],
)  # fmt: skip
def test_the_conditions_of_the_view_hold_too(tree, first):
    over = chips.parse({"subject": ["кофе"]}).over(tree)
    assert over == {"all": [*first, {"field": "subject", "op": "contains", "value": "кофе"}]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("priority", "purple"),
        ("status", "open"),
        ("status", "0"),
        ("status", "none"),
        ("status", "9" * 30),
        ("team", "me"),
        ("channel", "' OR 1=1"),
        ("tag", "x" * 61),
        ("subject", "y" * 101),
    ],
)
def test_what_means_nothing_is_left_out_and_told(name, value):
    filters = chips.parse({name: [value], "priority": ["low"] if name != "priority" else [value, "low"]})
    assert [chip.name for chip in filters.chips] == ["priority"]
    assert [told for told, _value in filters.ignored] == [name]


def test_endless_addresses_end():
    filters = chips.parse({"status": [str(n) for n in range(1, 1000)], "subject": ["a", "b", "", " "]})
    assert len(filters.chips[0].values) == chips.MOST
    assert filters.chips[1].values == ("a",)
    assert len(filters.ignored) == chips.MOST


def test_a_filter_is_taken_away_alone():
    filters = chips.parse({"tag": ["a&b", "c"], "priority": ["low"]})
    assert filters.without("priority").query == "tag=a%26b&tag=c"
    assert filters.without("tag").query == "priority=low"
    ordered = filters.ordered("due_at")
    assert ordered.without("tag").turned("priority").query == "-priority=low&order=due_at"
    assert ordered.over({}) == filters.over({})
    assert chips.parse({"order": ["sideways"]}).query == ""
