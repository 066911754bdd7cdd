"""From what was posted to values or problems: each kind of field, conditions, limits. No database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_in.kinds.web_form.fields import Choice, Condition, Field, Kind, Limits
from channels_in.kinds.web_form.validation import MOST_BYTES, Posted, check, is_email
from channels_in.kinds.web_form.words import problem_words

TODAY = date(2026, 11, 28)
MODELS = (Choice("x5", {"en": "X5"}), Choice("x6", {"en": "X6", "ru": "Икс 6"}))


def ask(one: Field, *posted: str, files=()):
    return check([one], {one.key: list(posted)}, {one.key: list(files)}, today=TODAY)


def field(kind, **more):
    return Field("it", Kind(kind), {"en": "It"}, **more)


@pytest.mark.parametrize(
    ("one", "posted", "value"),
    [
        (field("text"), "  Vera \t of  Severgrad\n", "Vera of Severgrad"),
        (field("text"), "a\x00b", "ab"),
        (field("long_text"), " first\r\nsecond \r", "first\nsecond"),
        (field("choice", choices=MODELS), "x6", "x6"),
        (field("number"), "1 234,50", 1234.5),
        (field("number"), "−3", -3),
        (field("number"), "1 000", 1000),
        (field("date"), "2026-12-31", "2026-12-31"),
        (field("date"), "31.12.2026", "2026-12-31"),
        (field("consent"), "on", True),
        (field("email"), " Vera@Severgrad.Example ", "vera@severgrad.example"),
        (field("phone"), "+7 (900) 000-00-00", "+7 (900) 000-00-00"),
    ],
)
def test_what_people_write_is_understood(one, posted, value):
    checked = ask(one, posted)
    assert checked.is_right
    assert checked.values == {"it": value}


@pytest.mark.parametrize(
    ("one", "posted", "code"),
    [
        (field("text", required=True), "   ", "required"),
        (field("text", limits=Limits(length=3)), "four", "too-long"),
        (field("long_text"), "x" * 20_001, "too-long"),
        (field("choice", choices=MODELS), "x7", "not-a-choice"),
        (field("choice", choices=MODELS, required=True), "", "required"),
        (field("choices", choices=MODELS), "x7", "not-a-choice"),
        (field("number"), "many", "not-a-number"),
        (field("number"), "1_000", "not-a-number"),
        (field("number"), "nan", "not-a-number"),
        (field("number"), "inf", "not-a-number"),
        (field("number"), "1e400", "not-a-number"),
        (field("number", limits=Limits(whole=True)), "1.5", "not-whole"),
        (field("number", limits=Limits(least=2)), "1", "too-small"),
        (field("number", limits=Limits(most=2)), "3", "too-large"),
        (field("date"), "31.02.2026", "not-a-date"),
        (field("date"), "tomorrow", "not-a-date"),
        (field("date"), "0001-01-01", "not-a-date"),
        (field("date", limits=Limits(not_past=True)), "2026-11-27", "in-the-past"),
        (field("date", limits=Limits(not_future=True)), "2026-11-29", "in-the-future"),
        (field("consent", required=True), "no", "must-agree"),
        (field("email"), "vera", "not-an-email"),
        (field("phone"), "call me", "not-a-phone"),
        (field("phone"), "12", "not-a-phone"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(one, posted, code):
    checked = ask(one, posted)
    assert checked.problems["it"].code == code
    assert checked.values == {}
    assert problem_words(checked.problems["it"]), "every problem has its sentence"


def test_several_choices_keep_the_forms_order_and_are_each_once():
    one = field("choices", choices=MODELS)
    assert ask(one, "x6", "x5", "x6").values == {"it": ["x5", "x6"]}
    few = field("choices", choices=MODELS, limits=Limits(count=1))
    assert ask(few, "x5", "x6").problems["it"].code == "too-many"
    assert "1" in problem_words(ask(few, "x5", "x6").problems["it"])


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([Posted("setup.exe", 10)], "blocked-file"),
        ([Posted("INVOICE.PDF.EXE. ", 10)], "blocked-file"),
        ([Posted("a.png", 0)], "empty-file"),
        ([Posted("a.gif", 10)], "wrong-file"),
        ([Posted(f"{n}.png", 1) for n in range(3)], "too-many-files"),
        ([Posted("a.png", MOST_BYTES), Posted("b.png", 1)], "files-too-large"),
    ],
)
def test_files_that_are_refused(files, code):
    one = field("file", limits=Limits(count=2, endings=frozenset({"png", "exe"})))
    checked = ask(one, files=files)
    assert checked.problems["it"].code == code
    assert problem_words(checked.problems["it"])


def test_files_of_all_fields_share_the_room():
    fields = [Field("a", Kind.FILE, {}), Field("b", Kind.FILE, {})]
    half = Posted("half.zip", MOST_BYTES // 2 + 1)
    checked = check(fields, {}, {"a": [half], "b": [half]}, today=TODAY)
    assert checked.values == {"a": ["half.zip"]}
    assert checked.problems["b"].code == "files-too-large"
    assert ask(fields[0], files=[Posted("all.zip", MOST_BYTES)]).is_right


BROKEN = [
    Field("what", Kind.CHOICE, {}, choices=MODELS, required=True),
    Field("since", Kind.DATE, {}, required=True, condition=Condition("what", frozenset({"x6"}))),
    Field("why", Kind.TEXT, {}, required=True, condition=Condition("since")),
]


def test_a_field_is_asked_only_where_its_condition_holds():
    short = check(BROKEN, {"what": ["x5"], "since": ["nonsense"], "why": ["because"]}, {}, today=TODAY)
    assert short.is_right
    assert short.values == {"what": "x5"}, "what was posted for a hidden field is dropped"
    assert short.asked == ["what"]
    long = check(BROKEN, {"what": ["x6"]}, {}, today=TODAY)
    assert long.problems["since"].code == "required"
    assert "why" not in long.problems, "a chain falls as a whole"
    whole = check(BROKEN, {"what": ["x6"], "since": ["2026-11-01"], "why": ["so"]}, {}, today=TODAY)
    assert whole.values == {"what": "x6", "since": "2026-11-01", "why": "so"}


def test_conditions_on_several_choices_and_on_consent():
    several = [
        Field("parts", Kind.CHOICES, {}, choices=MODELS),
        Field("more", Kind.TEXT, {}, condition=Condition("parts", frozenset({"x5"}))),
        Field("agree", Kind.CONSENT, {}),
        Field("phone", Kind.PHONE, {}, required=True, condition=Condition("agree")),
    ]
    asked = check(several, {"parts": ["x5", "x6"], "agree": ["on"]}, {}, today=TODAY)
    assert asked.asked == ["parts", "more", "agree", "phone"]
    assert list(asked.problems) == ["phone"]
    assert check(several, {"parts": ["x6"]}, {}, today=TODAY).asked == ["parts", "agree"]


def test_a_condition_on_no_earlier_field_hides_nothing():
    slipped = [Field("a", Kind.TEXT, {}, required=True, condition=Condition("gone"))]
    assert check(slipped, {}, {}, today=TODAY).problems["a"].code == "required"


@pytest.mark.parametrize(
    "address",
    ["a@b.ru", "vera+tag@sub.example.org", "x@почта.рф", "o'neill@example.co", "a_b@xn--80a.xn--p1ai"],
)
def test_addresses_that_are_ones(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@b.ru", "a@b", "a@@b.ru", "a b@c.ru", "a@b..ru", "a@-b.ru", ".a@b.ru", "a@b.ru\nBcc: x@y.ru",
     "a@b.1", f"{'a' * 65}@b.ru", f"a@{'b' * 250}.ru", "a@b.ru>", "вера@b.ru"],
)  # fmt: skip
def test_addresses_that_are_none(address):
    assert not is_email(address)


kinds = st.sampled_from(list(Kind))
keys = st.sampled_from(list("abcdef"))
limits = st.builds(
    Limits,
    length=st.none() | st.integers(1, 50),
    least=st.none() | st.integers(-5, 5),
    most=st.none() | st.integers(-5, 50),
    whole=st.booleans(),
    count=st.none() | st.integers(1, 3),
)
fields = st.lists(
    st.builds(
        Field,
        key=keys,
        kind=kinds,
        labels=st.just({"en": "It"}),
        required=st.booleans(),
        choices=st.just(MODELS),
        limits=limits,
        condition=st.none()
        | st.builds(Condition, key=keys, values=st.frozensets(st.sampled_from(["x5", "x6", "True", "7"]))),
    ),
    unique_by=lambda one: one.key,
    max_size=6,
)
words = st.one_of(
    st.text(st.sampled_from("aяЁ1 07\x00.-@+\n,\r\ud800"), max_size=60),
    st.sampled_from(["x5", "x6", "7", "on", "2026-11-28", "a@b.ru", "+7 900 000 00 00", ""]),
)
posts = st.dictionaries(keys, st.lists(words, max_size=4), max_size=6)
uploads = st.dictionaries(
    keys,
    st.lists(
        st.builds(Posted, st.sampled_from(["a.png", "b.exe", "c"]), st.integers(0, MOST_BYTES)), max_size=3
    ),
    max_size=6,
)


@given(fields, posts, uploads)
def test_every_field_is_either_answered_wrong_empty_or_not_asked(some, posted, files):
    checked = check(some, posted, files, today=TODAY)
    known = {one.key: one for one in some}
    assert set(checked.values).isdisjoint(checked.problems)
    assert set(checked.values) | set(checked.problems) <= set(checked.asked) <= set(known)
    for key, one in known.items():
        if one.required and key in checked.asked:
            assert key in checked.values or key in checked.problems
    for problem in checked.problems.values():
        assert problem_words(problem)


@given(fields, posts, uploads)
def test_what_was_cleaned_is_clean(some, posted, files):
    """Values that came out go in again and come out as they are."""
    first = check(some, posted, files, today=TODAY)
    again = {
        key: [str(one) for one in value]
        if isinstance(value, list)
        else ["on" if value is True else str(value)]
        for key, value in first.values.items()
    }
    kept = {
        one.key: files.get(one.key, []) for one in some if one.kind == Kind.FILE and one.key in first.values
    }
    second = check(some, again, kept, today=TODAY)
    assert second.values == first.values


@given(fields, posts)
def test_a_hidden_fields_input_changes_nothing(some, posted):
    checked = check(some, posted, {}, today=TODAY)
    asked_only = {key: value for key, value in posted.items() if key in checked.asked}
    assert check(some, asked_only, {}, today=TODAY) == checked
