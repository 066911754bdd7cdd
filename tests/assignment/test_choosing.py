"""Who gets a ticket: every rule on its own, then against a reference on random histories."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.choosing import STRATEGIES, Candidate, Need, Refusal, choose, share_of, weigh

FULL = {"email": 20, "chat": 3, "telegram": 6, "phone": 1}
MAIL = Need("email")


def person(user_id: int, **given) -> Candidate:
    return Candidate(user_id, **{"capacity": FULL, **given})


def test_a_round_goes_to_whose_turn_is_longest_ago():
    people = [person(1, turn=7), person(2, turn=5), person(3, turn=6)]
    assert choose("round_robin", people, MAIL) == 2


def test_who_never_had_a_turn_is_next():
    assert choose("round_robin", [person(1, turn=1), person(2)], MAIL) == 2


def test_the_least_loaded_has_the_fewest_tickets_whatever_they_weigh():
    people = [person(1, load={"email": 3}), person(2, load={"chat": 2})]
    assert choose("least_loaded", people, MAIL) == 2


def test_weighted_looks_at_the_room_left():
    people = [person(1, load={"email": 3}), person(2, load={"chat": 2})]
    assert choose("weighted", people, MAIL) == 1


def test_weighted_counts_the_ticket_that_comes():
    """Both are idle, but the ticket would fill half of one and a twentieth of the other."""
    people = [person(1, capacity={"email": 2}), person(2, capacity={"email": 20})]
    assert choose("weighted", people, MAIL) == 2


def test_nobody_is_chosen_by_the_strategy_of_none():
    assert choose("none", [person(1)], MAIL) is None


def test_an_unknown_strategy_is_an_error():
    with pytest.raises(ValueError, match="fastest"):
        choose("fastest", [person(1)], MAIL)


def test_three_chats_of_three_leave_no_room_for_mail():
    full = person(1, load={"chat": 3})
    assert choose("round_robin", [full], MAIL) is None
    assert weigh([full], MAIL)[0].refusal == Refusal.FULL


def test_thirds_add_up_to_exactly_one():
    """Nothing is rounded: the last third, and a half and a third and a sixth, just fit."""
    people = [person(1, load={"email": 2}, capacity={"email": 3})]
    assert choose("round_robin", people, MAIL) == 1
    assert share_of({"email": 1, "chat": 1, "telegram": 1}, {"email": 2, "chat": 3, "telegram": 6}) == 1


def test_who_takes_no_chats_gets_none_and_is_full_with_one():
    nobody = person(1, capacity={**FULL, "chat": 0})
    assert choose("round_robin", [nobody], Need("chat")) is None
    assert choose("round_robin", [replace(nobody, load={"chat": 1})], MAIL) is None


def test_all_of_the_skills_and_the_language_are_needed():
    need = Need("email", frozenset({1, 2}), "de")
    people = [
        person(1, skills=frozenset({1}), languages=frozenset({"de"})),
        person(2, skills=frozenset({1, 2}), languages=frozenset({"ru"})),
        person(3, skills=frozenset({1, 2, 3}), languages=frozenset({"ru", "de"})),
    ]
    assert [verdict.refusal for verdict in weigh(people, need)] == [Refusal.SKILLS, Refusal.LANGUAGE, None]
    assert choose("least_loaded", people, need) == 3


groups = st.sampled_from(sorted(FULL))
candidates = st.builds(
    Candidate,
    user_id=st.integers(1, 9),
    load=st.dictionaries(groups, st.integers(0, 6)),
    capacity=st.dictionaries(groups, st.integers(0, 8)),
    turn=st.integers(0, 5),
    skills=st.frozensets(st.integers(1, 3)),
    languages=st.frozensets(st.sampled_from(["ru", "en"])),
)
needs = st.builds(
    Need, groups, st.frozensets(st.integers(1, 3), max_size=1), st.sampled_from(["", "ru", "en"])
)
teams = st.lists(candidates, max_size=6, unique_by=lambda one: one.user_id)


def able(one: Candidate, need: Need) -> bool:
    """By whole numbers only: every share times the product of all capacities."""
    room = one.capacity.get(need.group, 0)
    if room == 0 or not need.skills <= one.skills or (need.language and need.language not in one.languages):
        return False
    load = {group: count for group, count in one.load.items() if count}
    load[need.group] = load.get(need.group, 0) + 1
    whole = 1
    for group in load:
        whole *= max(one.capacity.get(group, 0), 1)
    return sum(count * whole // max(one.capacity.get(group, 0), 1) for group, count in load.items()) <= whole


@given(st.sampled_from(STRATEGIES), teams, needs)
def test_only_who_can_is_chosen_and_somebody_is_if_anybody_can(strategy, team, need):
    chosen = choose(strategy, team, need)
    can = {one.user_id for one in team if able(one, need)}
    assert {verdict.candidate.user_id for verdict in weigh(team, need) if not verdict.refusal} == can
    if strategy == "none" or not can:
        assert chosen is None
    else:
        assert chosen in can


@given(st.sampled_from(STRATEGIES), teams, needs, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(strategy, team, need, random):
    shuffled = list(team)
    random.shuffle(shuffled)
    assert choose(strategy, team, need) == choose(strategy, shuffled, need)


@given(teams, needs)
def test_nobody_who_can_is_better_by_the_strategys_own_measure(team, need):
    can = {one.user_id: one for one in team if able(one, need)}
    if not can:
        return
    turn = can[choose("round_robin", team, need)].turn
    assert turn == min(one.turn for one in can.values())
    fewest = can[choose("least_loaded", team, need)]
    assert sum(fewest.load.values()) == min(sum(one.load.values()) for one in can.values())
    after = {
        one.user_id: share_of(one.load, one.capacity) + Fraction(1, one.capacity[need.group])
        for one in can.values()
    }
    assert after[choose("weighted", team, need)] == min(after.values())


@given(
    st.sampled_from(["round_robin", "least_loaded", "weighted"]),
    st.integers(1, 6),
    st.integers(0, 60),
    groups,
)
def test_a_round_among_equals_is_fair_to_within_one_ticket(strategy, size, tickets, group):
    """From nothing, and with everybody able, nobody is ever two ahead of anybody; nobody is ever overfull."""
    team = {number: person(number, capacity={group: 20}) for number in range(1, size + 1)}
    got: Counter[int] = Counter()
    for turn in range(1, tickets + 1):
        chosen = choose(strategy, team.values(), Need(group))
        if chosen is None:
            assert all(got[number] == 20 for number in team)
            break
        got[chosen] += 1
        team[chosen] = replace(team[chosen], turn=turn, load={group: got[chosen]})
        assert max(got[number] for number in team) - min(got[number] for number in team) <= 1
        assert got[chosen] <= 20
