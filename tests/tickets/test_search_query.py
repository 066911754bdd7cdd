"""What is typed into the search box, read and written: pure."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.search_query import (
    OPERATORS,
    Filter,
    Query,
    Term,
    Unfinished,
    corrected,
    nearest,
    parse,
    quoted,
    unfinished,
    write,
)

# Much of what matters to the reader, and anything else.
TYPED = st.text('ab ёЕ"«»“”\\-:,@.1\t№𝄞\u2028', max_size=30)
TOKENS = ["from:", "-status:", "тег:", "nope:", '"', "open,new", "http://a.b", "-", "Re:", " ", ","]
PIECES = st.lists(TYPED | st.sampled_from(TOKENS), max_size=8)
# A machine that is busy with other tests takes its time.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(PIECES)
def test_whatever_is_typed_reads_the_same_once_it_is_written_anew(pieces):
    query = parse("".join(pieces))
    assert parse(write(query)) == query


@PATIENT
@given(st.sampled_from(sorted(OPERATORS)), st.lists(TYPED.filter(str.strip), min_size=1), st.booleans())
def test_any_value_can_be_written(operator, values, negated):
    query = Query(filters=(Filter(operator, tuple(values), negated),))
    assert parse(write(query)) == query


@PATIENT
@given(PIECES)
def test_spans_lead_back_to_the_values(pieces):
    text = "".join(pieces)
    for one in parse(text).filters:
        for value, (start, end) in zip(one.values, one.spans, strict=True):
            assert text[start:end] == value or text[start] in '"«“„'


@PATIENT
@given(PIECES)
def test_whatever_is_begun_can_be_completed(pieces):
    text = "".join(pieces)
    begun = unfinished(text)
    assert text.startswith(begun.before)
    if begun.operator:
        completed = parse(begun.before + quoted("first line"))
        assert completed.filters[-1].values[-1] == "first line" or len(parse(text).filters) >= 20


def test_words_phrases_and_what_to_leave_out():
    assert parse('возврат -черновик "холодная вода" -«от руки» A-10234').terms == (
        Term("возврат"),
        Term("черновик", negated=True),
        Term("холодная вода", phrase=True),
        Term("от руки", phrase=True, negated=True),
        Term("A-10234"),
    )


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("from:vera", [Filter("from", ("vera",))]),
        ("ОТ:вера кому:я", [Filter("from", ("вера",)), Filter("to", ("я",))]),
        ("assignee:me", [Filter("to", ("me",))]),
        ('-тег:"важный клиент",vip', [Filter("tag", ("важный клиент", "vip"), negated=True)]),
        ("status:open,new,", [Filter("status", ("open", "new"))]),
        ('subject:"a \\"b\\" c"', [Filter("subject", ('a "b" c',))]),
        ("org:«Северный град»", [Filter("organization", ("Северный град",))]),
        ('tag:"never closed', [Filter("tag", ("never closed",))]),
    ],
)
def test_operators_in_both_languages(text, filters):
    assert list(parse(text).filters) == filters
    assert parse(text).problems == ()


def test_an_unknown_operator_is_searched_for_and_said():
    query = parse("fron:vera возврат")
    assert query.terms == (Term("fron:vera"), Term("возврат"))
    (problem,) = query.problems
    assert (problem.kind, problem.text, problem.hint) == ("operator", "fron", "from")
    assert corrected("fron:vera возврат", problem) == "from:vera возврат"


def test_an_operator_without_a_value_is_said():
    (problem,) = parse("from: vera").problems
    assert (problem.kind, problem.operator) == ("empty", "from")


@pytest.mark.parametrize(
    "text", ["Re:заказ", "http://shop.example", "12:30", "Dear all: hello", "тест:", ":"]
)
def test_ordinary_colons_are_no_operators(text):
    query = parse(text)
    assert query.problems == query.filters == ()
    assert query.terms


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("", Unfinished("", None, "")),
        ("возврат fr", Unfinished("возврат ", None, "fr")),
        ("возврат ", Unfinished("возврат ", None, "")),
        ("-sta", Unfinished("-", None, "sta")),
        ("status:", Unfinished("status:", "status", "")),
        ("status:op", Unfinished("status:", "status", "op")),
        ("status:open,", Unfinished("status:open,", "status", "")),
        ("x статус:open,ne", Unfinished("x статус:open,", "status", "ne")),
        ('тег:"важный кл', Unfinished("тег:", "tag", "важный кл")),
        ('тег:"важный клиент"', Unfinished('тег:"важный клиент"', None, "")),
        ('"холодная в', Unfinished('"холодная в', None, "")),
    ],
)
def test_what_stands_before_the_caret(text, begun):
    assert unfinished(text) == begun


def test_the_nearest_is_one_that_is_near():
    assert nearest("opn", ["open", "solved"]) == "open"
    assert nearest("сталус", ["статус", "тег"]) == "статус"
    assert nearest("zzz", ["open", "solved"]) == ""


def test_no_more_operators_than_anybody_needs():
    query = parse(" ".join(f"tag:t{n}" for n in range(25)))
    assert len(query.filters) == 20
    assert {problem.kind for problem in query.problems} == {"many"}
