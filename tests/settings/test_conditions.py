"""The builder of conditions: trees become forms and come back; what is wrong is said where it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calendars.models import Calendar
from calendars.starter import make_calendar
from desk.settings import condition_values, durations, sources
from desk.settings.conditions import ConditionForm
from tests.settings.browser import controls, posted
from tickets import conditions
from tickets.conditions import FIELDS, dynamic
from tickets.conditions.language import MAX_LEAVES
from tickets.models import CustomField, Tag

BUILDER, OPTIONS = "/settings/conditions/", "/settings/options/"


def drawn(form: ConditionForm) -> str:
    return render_to_string("desk/settings/_builder.html", {"form": form})


def again(form: ConditionForm, **changes) -> ConditionForm:
    """What the server makes of the form when it comes back as it was drawn, but for changes."""
    return ConditionForm(posted(drawn(form), **{k.replace("_", "-"): v for k, v in changes.items()}))


# --- trees → form → trees -----------------------------------------------------------------------

_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=40
)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-8))])
_MOMENT = st.builds(
    lambda at, zone: at.replace(tzinfo=zone).isoformat(),
    st.datetimes(*(datetime.fromisoformat(day) for day in ("1000-01-03", "9998-12-30"))), _ZONES,
)  # fmt: skip
_NUMBER = st.one_of(
    st.integers(-2_000_000_000, 2_000_000_000),
    st.floats(-2e9, 2e9, allow_nan=False).filter(lambda n: n != int(n)),
)


def _values(field, op):
    if op in {"matches", "not_matches"}:
        return st.sampled_from([r"\d+", "заказ|order", "^a\nb$", " "])
    if field.kind == "choice":
        return st.sampled_from(sorted(field.choices))
    if field.kind == "time":
        return st.integers(0, 3_200_000_000) if op in {"older_than", "newer_than"} else _MOMENT
    return {
        "key": st.integers(1, 10**18 - 1),
        "ids": st.integers(1, 10**18 - 1),
        "number": _NUMBER,
        "text": _TEXT,
        "set": _TEXT,
        "flag": st.booleans(),
    }[field.kind]


NAMES = [*sorted(FIELDS.keys() - {"followed"}), "field.size", "field.count", "field.bought", "contact.план"]


@st.composite
def leaves(draw):
    field = conditions.find(draw(st.sampled_from(NAMES)))
    op = draw(st.sampled_from([op for op, _words in condition_values.operators(field)]))
    if op in {"empty", "not_empty"}:
        return {"field": field.name, "op": op}
    one = _values(field, op)
    many = st.lists(one, min_size=1, max_size=4, unique=True)
    if field.kind == "choice":  # ticks stand in the field's own order
        many = many.map(lambda values: sorted(values, key=list(field.choices).index))
    return {"field": field.name, "op": op, "value": draw(many if op in {"in", "not_in"} else one)}


def groups(inner):
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda group: {"all": group}),
        st.lists(inner, max_size=4).map(lambda group: {"any": group}),
    )


TREES = groups(
    st.one_of(leaves(), groups(st.one_of(leaves(), groups(st.one_of(leaves(), groups(leaves()))))))
).map(lambda tree: {} if tree == {"all": []} else tree)


@pytest.fixture
def own_fields(world):
    for key, kind in {"size": "text", "count": "number", "bought": "date"}.items():
        CustomField.objects.create(key=key, kind=kind, labels={"en": key})
    dynamic.forget()
    yield
    dynamic.forget()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, language=st.sampled_from(["en", "ru"]))
@example(tree={"all": [{"field": "opened", "op": "older_than", "value": 0}]}, language="ru")
@example(tree={"any": []}, language="en")
def test_a_tree_that_was_drawn_and_sent_back_is_the_same(own_fields, tree, language):
    with translation.override(language):
        form = again(ConditionForm(tree=tree))
        assert form.is_valid(), [leaf.error for leaf in form.root.leaves]
        assert form.tree == tree
        twice = again(again(ConditionForm(tree=tree), c_do="again"))
        assert twice.is_valid()
        assert twice.tree == tree


def test_a_lone_condition_is_put_in_a_group(world):
    leaf = {"field": "priority", "op": "is", "value": "urgent"}
    form = again(ConditionForm(tree=leaf))
    assert form.is_valid()
    assert form.tree == {"all": [leaf]}


# --- its buttons, without JavaScript --------------------------------------------------------------


def test_a_condition_is_added_chosen_and_filled_step_by_step(world):
    form = again(ConditionForm(), c_do="add:1")
    assert form.edited
    form = again(form, c_2_field="priority", c_do="again")
    assert form.root.leaves[0].control == "pick"
    form = again(form, c_2_op="in", c_do="again")
    form = again(form, c_2_value=["high", "urgent"])
    assert not form.edited
    assert form.is_valid()
    assert form.tree == {"all": [{"field": "priority", "op": "in", "value": ["high", "urgent"]}]}


def test_a_group_is_added_with_a_condition_and_taken_away_whole(world):
    form = again(ConditionForm(tree={"all": [{"field": "spam", "op": "is", "value": True}]}), c_do="group:1")
    inner = form.root.children[1]
    assert (inner.join, len(inner.children)) == ("any", 1)
    form = again(form, **{f"c_{inner.children[0].id}_field": "waiting", "c_do": f"add:{inner.id}"})
    assert len(form.root.children[1].children) == 2, "what was typed is kept"
    assert form.root.children[1].children[0].field == "waiting"
    form = again(form, c_do=f"remove:{inner.id}")
    assert form.is_valid()
    assert form.tree == {"all": [{"field": "spam", "op": "is", "value": True}]}


def test_people_are_found_and_ticked_without_javascript(world):
    form = again(ConditionForm(tree={"all": [{"field": "assignee", "op": "in", "value": [world.anna.pk]}]}),
                 c_2_search="bORi", c_do="find:2")  # fmt: skip
    page = drawn(form)
    assert world.boris.name in page
    data = posted(page)
    data.appendlist("c-2-value", str(world.boris.pk))
    form = ConditionForm(data)
    assert form.is_valid()
    assert form.tree["all"][0]["value"] == [world.anna.pk, world.boris.pk]


def test_groups_end_where_conditions_would_be_too_deep(world):
    tree: dict = {"field": "spam", "op": "is", "value": True}
    for _level in range(4):
        tree = {"all": [tree]}
    form = ConditionForm(tree=tree)
    assert drawn(form).count('value="group:') == 4 + 3, "four groups, and three buttons that add one inside"
    assert again(form).is_valid()


# --- what is wrong is said beside it -----------------------------------------------------------------


def wrong(data: dict[str, str | list[str]]) -> list[str]:
    query = QueryDict(mutable=True)
    for name, value in {"c-node": ["group:1", "leaf:2", "leaf:3", "end"], "c-3-field": "spam",
                        "c-3-for": "spam flag", "c-3-value": "yes", **data}.items():  # fmt: skip
        query.setlist(name, value if isinstance(value, list) else [value])
    form = ConditionForm(query)
    assert not form.is_valid()
    with pytest.raises(ValueError, match="is_valid"):
        _tree = form.tree
    page = drawn(form)
    assert page.count("field-error") == 1
    return [leaf.error for leaf in form.root.leaves]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Choose what"),
        ({"c-2-field": "nonsense"}, "There is no field"),
        ({"c-2-field": "contact."}, "Name the attribute"),
        ({"c-2-field": "priority", "c-2-for": "priority pick"}, "Choose a value"),
        ({"c-2-field": "priority", "c-2-for": "priority pick", "c-2-value": "god"}, "does not fit"),
        ({"c-2-field": "subject", "c-2-for": "subject text", "c-2-op": "contains"}, "Write what"),
        ({"c-2-field": "subject", "c-2-for": "subject pattern", "c-2-op": "matches", "c-2-value": "(("},
         "no regular expression"),
        ({"c-2-field": "subject", "c-2-for": "subject text", "c-2-op": "is", "c-2-value": "x" * 401},
         "does not fit"),
        ({"c-2-field": "messages", "c-2-for": "messages number", "c-2-value": "many"}, "Write a number"),
        ({"c-2-field": "messages", "c-2-for": "messages number", "c-2-value": "1e999"}, "does not fit"),
        ({"c-2-field": "opened", "c-2-for": "opened duration", "c-2-value": "soon"}, "Write a time"),
        ({"c-2-field": "opened", "c-2-for": "opened duration", "c-2-value": "999999999 w"}, "does not fit"),
        ({"c-2-field": "opened", "c-2-op": "before", "c-2-for": "opened moment", "c-2-value": "12.12"},
         "Choose a day"),
        ({"c-2-field": "team", "c-2-for": "team look", "c-2-value": "first"}, "Choose a value"),
        ({"c-2-field": "team", "c-2-for": "team look", "c-2-value": "mine"}, "mean nothing"),
        ({"c-2-field": "followed", "c-2-for": "followed flag", "c-2-value": "yes"}, "mean nothing"),
        ({"c-2-field": "tags", "c-2-for": "tags looks", "c-2-value": ["a", "x" * 61]}, "does not fit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_condition(world, given, words):
    first, second = wrong(given)
    assert words in first
    assert second == ""


def test_a_value_is_never_read_as_another_fields(world):
    """The team's key 1 is not the person 1: without JavaScript both could arrive together."""
    tree = {"all": [{"field": "team", "op": "is", "value": world.first_line.pk}]}
    form = again(ConditionForm(tree=tree), c_2_field="assignee")
    assert not form.is_valid()
    assert "Choose a value" in form.root.leaves[0].error


def test_too_many_conditions_and_a_form_from_nowhere(world):
    leaf = {"field": "spam", "op": "is", "value": True}
    form = again(ConditionForm(tree={"all": [leaf] * MAX_LEAVES}))
    assert form.is_valid()
    assert "add:1" not in drawn(form)
    form = again(ConditionForm(tree={"all": [leaf] * (MAX_LEAVES + 1)}))
    assert not form.is_valid()
    assert form.root.error
    for nodes in (["end"] * 9, ["leaf:1"], ["group:x", "group:1", "group:1"], ["group:1"] * 5,
                  [f"group:{n}" for n in range(1, 3000)], ["\x00", "group:99999999999"]):  # fmt: skip
        data = QueryDict(mutable=True)
        data.setlist("c-node", nodes)
        assert drawn(ConditionForm(data))
    form = again(ConditionForm(), c_do="add:77")
    assert form.tree == {} if form.is_valid() else True


def test_a_field_that_is_gone_keeps_its_condition_until_somebody_decides(own_fields):
    form = ConditionForm(tree={"all": [{"field": "field.size", "op": "is", "value": "L"}]})
    CustomField.objects.filter(key="size").delete()
    dynamic.forget()
    form = again(form)
    assert not form.is_valid()
    assert "field.size" in form.root.leaves[0].error
    assert ("c-2-field", "field.size") in controls(drawn(form))


# --- the doors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "method"), [(BUILDER, "post"), (OPTIONS, "get")])
def test_only_who_manages_rules_gets_in(world, by, client, path, method):
    assert getattr(client, method)(path).status_code == 302
    for who, status in {"anna": 403, "egor": 403, "carla": 403, "maria": 200, "oleg": 200}.items():
        assert getattr(by(getattr(world, who)), method)(path).status_code == status, who
    other = {"post": "get", "get": "post"}[method]
    assert getattr(by(world.oleg), other)(path).status_code == 405


def test_the_builder_answers_with_the_new_condition(oleg):
    html = oleg.post(BUILDER, {"c-node": ["group:1", "end"], "c-do": "add:1"}).content.decode()
    assert ("c-node", "leaf:2") in controls(html)
    assert "<html" not in html
    html = oleg.post(
        f"{BUILDER}?prefix=policy", {"policy-node": ["group:1"], "policy-do": "add:1"}
    ).content.decode()
    assert ("policy-node", "leaf:2") in controls(html)
    assert 'id="c-builder"' in oleg.post(f'{BUILDER}?prefix="><script>').content.decode()


def test_whatever_is_looked_up_can_be_found(oleg, world):
    make_calendar(zone="Europe/Moscow")
    for field in FIELDS.values():
        assert not field.source or sources.find(field.source) is not None, field.name
    (calendar,) = Calendar.objects.all()
    html = oleg.get(OPTIONS, {"source": "calendars"}).content.decode()
    assert calendar.name in html
    assert sources.names_of([("calendars", str(calendar.pk))]) == {
        ("calendars", str(calendar.pk)): calendar.name
    }


def test_options_are_offered_by_source(oleg, world):
    Tag.objects.create(name="Срочно")

    def offered(source, words=""):
        return oleg.get(OPTIONS, {"source": source, "q": words}).content.decode()

    assert world.anna.name in offered("staff")
    assert world.carla.name not in offered("staff", world.carla.name)
    assert "vera@" not in offered("contacts", "v"), "one letter finds no contact"
    assert world.vera.name in offered("contacts", "вер")
    assert "Срочно" in offered("tags", "срОч")
    assert f'data-value="{world.first_line.pk}"' in offered("teams")
    assert "gold" in offered("tiers", "")
    assert offered("passwords").strip() == ""
    assert offered("staff", "\x00%_\\").strip() == ""
    for name in sources.SOURCES:
        assert oleg.get(OPTIONS, {"source": name, "q": "ab"}).status_code == 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 min", 1800), ("4h", 14_400), ("3d 4h", 273_600), ("3 д. 4 ч", 273_600), ("1,5 часа", 5400),
     ("1w", 604_800), ("2 days, 1 hour", 176_400), ("", None), ("5", None), ("h", None), ("3 parsecs", None),
     ("-1 h", None), ("4h tea", None), ("9" * 30 + "h", None)],
)  # fmt: skip
def test_durations_are_typed_as_people_say_them(text, seconds):
    assert durations.parse(text) == seconds


@given(seconds=st.integers(0, 10**9), language=st.sampled_from(["en", "ru"]), days=st.booleans())
def test_a_duration_reads_as_it_is_typed(seconds, language, days):
    with translation.override(language):
        assert durations.parse(durations.words(seconds, days=days)) == seconds
