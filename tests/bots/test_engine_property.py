"""Whatever the flow, whatever is said: talk never breaks, never hangs, and a person is near."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from channels_in.bots import answers, engine
from channels_in.bots.flow import exits_of, problems, reachable, shaped, step_of
from channels_in.bots.phrases import standard
from channels_in.bots.types import PERSON, SKIP, Collected, Facts, Line, PersonWanted, Said, TicketWanted

IDS = ["s1", "s2", "s3", "s4", "s5", "s6", ""]
ids = st.sampled_from([*IDS, "gone"])
words = st.sampled_from(["Доставка", "Возврат", "other", "{{order}}", "{{ticket}}", "", "1"])
texts = st.dictionaries(st.sampled_from(["ru", "en", "de"]), words, max_size=2)
choices = st.lists(st.fixed_dictionaries({"id": ids, "texts": texts, "next": ids}), max_size=4)
branches = st.lists(
    st.fixed_dictionaries(
        {
            "fact": st.sampled_from(["working_time", "people", "known", "language", "field", "moon"]),
            "field": st.sampled_from(["order", "email", ""]),
            "op": st.sampled_from(["is", "contains", "filled", "empty"]),
            "value": st.one_of(st.booleans(), words),
            "next": ids,
        }
    ),
    max_size=3,
)
steps = st.lists(
    st.fixed_dictionaries(
        {
            "id": ids,
            "kind": st.sampled_from(["say", "menu", "ask", "check", "offer", "ticket", "person", "unknown"]),
            "texts": texts,
            "next": ids,
            "otherwise": ids,
        },
        optional={
            "choices": choices,
            "branches": branches,
            "field": st.sampled_from(["order", "email", "BAD KEY"]),
            "type": st.sampled_from([*answers.KINDS, "colour"]),
            "may_skip": st.booleans(),
            "skip_known": st.booleans(),
            "asks": st.booleans(),
            "links": st.lists(
                st.fixed_dictionaries(
                    {"texts": texts, "url": st.sampled_from(["https://a.example", "data:x"])}
                ),
                max_size=2,
            ),
        },
    ),
    max_size=8,
)


def flow_of(found, start, person):
    return shaped(
        {
            "language": "ru",
            "phrases": standard(),
            "steps": found,
            "start": start,
            "person_button": person,
        }
    )


flows = st.builds(flow_of, steps, ids, st.booleans())
facts = st.builds(
    Facts,
    language=st.sampled_from(["ru", "en", "en-GB", "ka"]),
    working_time=st.booleans(),
    people=st.booleans(),
    known=st.booleans(),
    fields=st.dictionaries(st.sampled_from(["order", "email"]), st.text(max_size=10), max_size=2),
)
said = st.one_of(
    st.builds(Said, text=st.text(max_size=40)),
    st.builds(
        Said,
        text=st.sampled_from(
            ["1", "2", "Доставка", "vera@zerno.example", "17", "+7 912 345-67-89", "да", "нет"]
        ),
    ),
    st.builds(
        Said, choice=st.sampled_from(["c1", "c2", PERSON, SKIP, "helped", "not_helped", "nonsense", ""])
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(flows, facts, st.lists(said, max_size=12))
def test_any_conversation_goes_on_or_is_over(flow, known, what):
    turn = engine.begin(flow, known)
    tickets, persons = 0, 0
    for each in [None, *what]:
        if each is not None:
            turn = engine.take(flow, turn.state, each, known)
        state = turn.state
        assert json.loads(json.dumps(state)) == state
        assert len(turn.out) <= engine.MOST_STEPS_A_TURN * 3 + 3
        tickets += sum(isinstance(act, TicketWanted) for act in turn.acts)
        persons += sum(isinstance(act, PersonWanted) for act in turn.acts)
        assert tickets <= 1
        assert persons <= 1
        assert (state["over"] == "person") == (persons == 1)
        if not state["over"]:  # it waits at a step that there is
            assert step_of(flow, state["at"]) is not None
        for act in turn.acts:
            if isinstance(act, Collected):
                assert act.value and state["fields"][act.field] == act.value


@given(
    flows,
    facts,
    st.lists(said, max_size=6),
    st.sampled_from(["оператор", "Human, please", "позовите живого человека"]),
)
def test_a_person_is_one_word_away_wherever_it_stands(flow, known, what, words):
    turn = engine.begin(flow, known)
    for each in what:
        turn = engine.take(flow, turn.state, each, known)
    by_words = engine.take(flow, turn.state, Said(words), known)
    by_button = engine.take(flow, turn.state, Said(choice=PERSON), known)
    assert by_words.state["over"] == by_button.state["over"] == "person"
    assert by_words.out == by_button.out


@given(flows, facts)
def test_whatever_waits_for_an_answer_has_the_button_of_a_person(flow, known):
    turn = engine.begin(flow, known)
    if not turn.state["over"]:
        last = turn.lines[-1]
        assert last.asks
        assert (PERSON in [button.id for button in last.buttons]) == flow["person_button"]


@given(flows, facts, st.lists(said, max_size=5))
def test_the_same_words_give_the_same_talk(flow, known, what):
    one = two = engine.begin(flow, known)
    for each in what:
        one, two = (
            engine.take(flow, one.state, each, known),
            engine.take(flow, json.loads(json.dumps(two.state)), each, known),
        )
        assert one == two


@given(flows, facts, JSON, said)
def test_a_state_of_another_time_breaks_nothing(flow, known, state, each):
    turn = engine.take(flow, state, each, known)
    assert all(isinstance(line, Line) for line in turn.lines)


@given(flows, st.sampled_from([["ru"], ["ru", "en"]]))
def test_where_no_fault_is_fatal_talk_never_runs_out_of_budget(flow, languages):
    if any(one.is_fatal for one in problems(flow, languages)):
        return
    for open_ in (True, False):
        turn = engine.begin(flow, Facts("ru", working_time=open_, people=open_))
        assert PersonWanted("budget") not in turn.acts


@given(flows)
def test_what_is_reachable_is_closed(flow):
    found = reachable(flow)
    for step_id in found:
        assert {one.to for one in exits_of(step_of(flow, step_id)) if step_of(flow, one.to)} <= found


@settings(max_examples=50)
@given(JSON)
def test_no_flow_from_outside_breaks_the_shape(raw):
    flow = shaped(raw)
    assert shaped(flow) == flow
    engine.begin(flow, Facts())
    problems(flow, ["ru"])


@given(flows)
def test_the_shape_of_a_shape_is_the_same(flow):
    assert shaped(json.loads(json.dumps(flow))) == flow
