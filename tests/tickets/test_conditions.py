"""The condition language: what it refuses, and that a snapshot and the database agree."""

from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars.arithmetic import Definition
from calendars.commands import save_calendar
from tests.support.load import allowed
from tickets import commands, conditions
from tickets.conditions import dynamic
from tickets.conditions.fields import FIELDS, Context
from tickets.conditions.language import OPERATORS, _can_be_empty
from tickets.models import Category, CustomField, Follower, Ticket

NOW = timezone.now().replace(microsecond=0)


@pytest.mark.parametrize(
    "tree",
    [
        [],
        "all",
        {"all": {}},
        {"all": [], "any": []},
        {"field": "no_such", "op": "is", "value": 1},
        {"field": "team", "op": "contains", "value": "x"},
        {"field": "team", "op": "is", "value": "first line"},
        {"field": "team", "op": "is", "value": True},
        {"field": "category", "op": "is", "value": "lost"},
        {"field": "category", "op": "empty"},
        {"field": "subject", "op": "contains", "value": ""},
        {"field": "subject", "op": "contains", "value": "x" * 401},
        {"field": "messages", "op": "gte", "value": "3"},
        {"field": "opened", "op": "older_than", "value": -1},
        {"field": "opened", "op": "before", "value": "yesterday"},
        {"field": "opened", "op": "before", "value": "2026-01-01T00:00:00"},
        {"field": "spam", "op": "is", "value": "yes"},
        {"field": "tags", "op": "in", "value": "vip"},
        {"field": "subject", "op": "matches", "value": "(unclosed"},
        {"field": "subject", "op": "contains", "value": "nul\x00"},
        {"field": "subject", "op": ["is"], "value": "x"},
        {"field": ["subject"], "op": "is", "value": "x"},
        {"field": "category", "op": "is", "value": ["open"]},
        {"field": "team", "op": "is", "value": [1]},
        {"field": "team", "op": "is", "value": 2**63},
        {"field": "team", "op": "in", "value": [{}]},
        {"field": "field.nothing", "op": "is", "value": "x"},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]},
        {"all": [{"field": "spam", "op": "is", "value": True}] * 101},
    ],
)
def test_nonsense_is_refused(db, tree):
    with pytest.raises(conditions.ConditionError):
        conditions.validate(tree)


ASKED = conditions.Asked(NOW)
QUERYABLE = sorted(name for name, field in FIELDS.items() if field.is_queryable and name != "followed")
CUSTOM = ["field.size", "field.colour", "field.weight", "field.urgent", "field.bought", "contact.plan"]


def test_a_snapshot_has_every_field(world):
    ticket = world.ticket()
    assert set(conditions.snapshots([ticket.pk], ASKED)[ticket.pk]) == (set(FIELDS) | {"id"}) - {"followed"}


def test_snapshots_of_many_cost_no_more_queries(world, django_assert_num_queries):
    tickets = [world.ticket() for _ in range(5)]
    with CaptureQueriesContext(connection) as one:
        conditions.snapshots([tickets[0].pk], ASKED)
    with CaptureQueriesContext(connection) as many:
        conditions.snapshots([ticket.pk for ticket in tickets], ASKED)
    assert len(one) == len(many) <= 12


def leaves(ids):
    """Random well-formed leaves; ``ids`` are keys that exist, and one that does not."""
    values = {
        "key": st.sampled_from([*ids, 999_999, "me", "mine"]),
        "number": st.integers(0, 4),
        "text": st.sampled_from(
            ["ёлка", "ЕЛКА", "гарантия", "ru", "en", "gold", "%", "_", "\\", "Pro", "true"]
        ),
        "ids": st.sampled_from(ids),
        "set": st.sampled_from(["VIP", "vip", "возврат", "нет такого"]),
    }

    def leaf(name):
        field = conditions.find(name)
        ops = sorted(
            op
            for op in OPERATORS[field.kind] - {"matches", "not_matches"}
            if op not in {"empty", "not_empty"} or _can_be_empty(field)
        )

        def with_op(op):
            if op in {"empty", "not_empty"}:
                return st.just({"field": name, "op": op})
            if field.kind == "flag":
                value = st.booleans()
            elif field.kind == "time":
                value = (
                    st.sampled_from([0, 3600, 86_400, 864_000])
                    if op.endswith("than")
                    else st.sampled_from([(NOW - timedelta(days=d)).isoformat() for d in (0, 1, 5)])
                )
            else:
                one = st.sampled_from(sorted(field.choices)) if field.choices else values[field.kind]
                value = st.lists(one, max_size=3) if op in {"in", "not_in"} else one
            return value.map(lambda v: {"field": name, "op": op, "value": v})

        return st.sampled_from(ops).flatmap(with_op)

    return st.sampled_from(QUERYABLE + CUSTOM).flatmap(leaf)


def trees(ids):
    return st.recursive(
        leaves(ids),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda group: {"all": group}),
            st.lists(inner, max_size=3).map(lambda group: {"any": group}),
        ),
        max_leaves=6,
    )


@pytest.fixture
def many(world):
    made = []
    kinds = {"size": "text", "colour": "choice", "weight": "number", "urgent": "flag", "bought": "date"}
    for key, kind in kinds.items():
        CustomField.objects.create(
            key=key, kind=kind, labels={"en": key}, choices=[{"value": "ru", "labels": {}}]
        )
    dynamic.forget()
    world.vera.attributes = {"plan": "Pro", "seats": 5}
    world.vera.save()
    for n in range(8):
        ticket = world.ticket(
            subject=["Ёлка  не горит", "гарантия 100%", "a_b\\c", ""][n % 4],
            requester=[world.vera, world.peter][n % 2],
            team=[None, world.first_line, world.second_line][n % 3],
            assignee=[None, world.anna][n % 2],
            priority=n % 4 + 1,
            at=NOW - timedelta(days=n),
            language=["ru", "en", ""][n % 3],
        )
        ticket.attributes = [
            {},
            {"size": "Ёлка", "weight": 2, "urgent": True},
            {
                "colour": "ru",
                "weight": 3.5,
                "urgent": False,
                "bought": (NOW - timedelta(days=3)).date().isoformat(),
            },
        ][n % 3]
        ticket.save()
        if n % 3 == 0:
            commands.add_tag(ticket.pk, name="VIP", actor=world.as_anna)
        if n % 4 == 1:
            world.reply(ticket, status=world.status(Category.RESOLVED), at=NOW - timedelta(hours=n))
        if n == 5:
            commands.mark_spam(ticket.pk, actor=world.as_anna)
        if n == 6:
            commands.snooze(ticket.pk, until=timezone.now() + timedelta(days=1), actor=world.as_anna)
        made.append(ticket)
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_snapshot_and_database_agree(world, many, data):
    ids = [world.anna.pk, world.first_line.pk, world.vera.pk, world.brand.pk]
    tree = data.draw(trees(ids))
    context = Context(NOW, world.anna.pk, (world.first_line.pk,))
    conditions.validate(tree)
    selected = set(Ticket.objects.filter(conditions.to_q(tree, context)).values_list("pk", flat=True))
    found = conditions.snapshots([ticket.pk for ticket in many], ASKED, conditions.fields_of(tree))
    expected = {pk for pk, snapshot in found.items() if conditions.evaluate(tree, snapshot, context)}
    assert selected == expected, tree
    for snapshot in found.values():
        assert conditions.explain(tree, snapshot, context)["ok"] is conditions.evaluate(
            tree, snapshot, context
        )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_narrowed_tree_loses_nothing(world, many, data):
    """With leaves among them that no database can answer."""
    unasked = st.sampled_from(
        [
            {"field": "subject", "op": "matches", "value": "гарант|ёлка"},
            {"field": "message_language", "op": "is", "value": "ru"},
            {"field": "message_text", "op": "contains", "value": "кофе"},
        ]
    )
    inner = st.one_of(leaves([world.anna.pk]), unasked)
    group = st.lists(inner, max_size=4)
    tree = data.draw(st.one_of(group.map(lambda g: {"all": g}), group.map(lambda g: {"any": g}), inner))
    conditions.validate(tree)
    context = Context(NOW, world.anna.pk, ())
    met = {
        pk
        for pk, snapshot in conditions.snapshots(
            [ticket.pk for ticket in many], ASKED, conditions.fields_of(tree)
        ).items()
        if conditions.evaluate(tree, snapshot, context)
    }
    narrowed = conditions.narrowed(tree)
    conditions.validate(narrowed, queryable=True)
    assert met <= set(Ticket.objects.filter(conditions.to_q(narrowed, context)).values_list("pk", flat=True))


def test_a_pattern_that_takes_for_ever_is_given_up_and_met_by_neither_way():
    text = {"subject": "a" * 5000 + "!"}
    began = monotonic()
    for op in ("matches", "not_matches"):
        tree = {"field": "subject", "op": op, "value": r"(a+)+$|(a|aa)+\1$"}
        assert conditions.evaluate(tree, text, Context(NOW)) is False
    assert monotonic() - began < allowed(2)


@pytest.mark.parametrize(
    "pattern",
    [
        "((a{100}){100}){50}",
        "((?>a{100,}?){100}+){50}",
        "(?x)((a {100}) {100}) {50}",
        "(?<=((a{100}){100}){50})b",
        "((a{100}[(]b){100}){50}",
        r"((\({100}[^]a]){100}){50}",
        "a{500000}",
    ],
)
def test_a_pattern_that_would_grow_beyond_all_memory_is_refused(pattern):
    """The engine writes counted repetitions out: three of a thousand in each other are a thousand million."""
    tree = {"field": "subject", "op": "matches", "value": pattern}
    with pytest.raises(conditions.ConditionError, match="too much"):
        conditions.validate(tree)
    assert conditions.evaluate(tree, {"subject": "a"}, Context(NOW)) is False


@pytest.mark.parametrize(
    "pattern",
    [r"\d{20}\D+\d{10}\D+\d{12}\D+\d{9}", r"([A-Z]{2}\d{2}){50}", r"\bИНН\s*(\d{10}|\d{12})\b", "{1000000"],
)
def test_a_pattern_with_counts_beside_each_other_is_none_of_those(pattern):
    conditions.validate({"field": "subject", "op": "matches", "value": pattern})


def test_a_pattern_is_found_in_any_case():
    tree = {"field": "subject", "op": "matches", "value": r"заказ\s+№\d+"}
    assert conditions.evaluate(tree, {"subject": "Где мой ЗАКАЗ №123?"}, Context(NOW))
    assert not conditions.evaluate(tree, {"subject": "Где мой заказ?"}, Context(NOW))


def test_the_message_in_question_is_the_one_named_else_the_last_of_the_customer(world):
    ticket = world.ticket("Where is my order? I have been waiting for it.")
    first = ticket.messages.get()
    world.reply(ticket, "Ответ оператора")
    world.receive(ticket, "Спасибо, но где же мой заказ?")
    ask = conditions.snapshots
    last = ask([ticket.pk], ASKED, ["message_text", "message_language"])[ticket.pk]
    assert (last["message_text"], last["message_language"]) == ("Спасибо, но где же мой заказ?", "ru")
    named = ask([ticket.pk], conditions.Asked(NOW, {ticket.pk: first.pk}), ["message_language"])[ticket.pk]
    assert named["message_language"] == "en"


def test_working_time_now_is_asked_of_the_calendar(world):
    week = tuple([((9 * 3600, 18 * 3600),)] * 5 + [(), ()])
    office = save_calendar(
        None, name="Office", definition=Definition("UTC", week, {}, ()), actor=world.as_anna
    ).calendar
    ticket = world.ticket()
    tree = {"field": "working_time", "op": "in", "value": [office.pk]}
    conditions.validate(tree, queryable=True)
    for hour, works in ((8, False), (9, True), (17, True), (18, False)):
        monday = datetime(2026, 3, 9, hour, tzinfo=UTC)
        snapshot = conditions.snapshots([ticket.pk], conditions.Asked(monday))[ticket.pk]
        assert conditions.evaluate(tree, snapshot, Context(monday)) is works
        assert Ticket.objects.filter(conditions.to_q(tree, Context(monday))).exists() is works


def test_a_view_cannot_ask_what_the_database_cannot_answer(db):
    tree = {"all": [{"field": "message_text", "op": "contains", "value": "x"}]}
    conditions.validate(tree)
    with pytest.raises(conditions.ConditionError):
        conditions.validate(tree, queryable=True)


def test_a_condition_on_a_deleted_field_is_never_met(world):
    CustomField.objects.create(key="gone", kind="text", labels={"en": "Gone"})
    dynamic.forget()
    tree = {"field": "field.gone", "op": "empty"}
    conditions.validate(tree)
    CustomField.objects.all().delete()
    dynamic.forget()
    assert not conditions.evaluate(tree, {}, Context(NOW))
    assert not Ticket.objects.filter(conditions.to_q(tree, Context(NOW))).exists()


def test_followed_by_me(world):
    ticket, other = world.ticket(), world.ticket()
    Follower.objects.create(ticket=ticket, user=world.anna)
    context = Context(NOW, world.anna.pk)
    for value, expected in ((True, {ticket.pk}), (False, {other.pk})):
        tree = {"field": "followed", "op": "is", "value": value}
        assert (
            set(Ticket.objects.filter(conditions.to_q(tree, context)).values_list("pk", flat=True))
            == expected
        )


def test_a_number_is_the_same_however_it_is_written(world):
    """A form may send 5.0 where 5 is stored; and a key may look like a number itself."""
    for key in ("size", "2024", "a__b"):
        CustomField.objects.create(key=key, kind="number", labels={"en": key})
    dynamic.forget()
    ticket = world.ticket()
    Ticket.objects.filter(pk=ticket.pk).update(attributes={"size": 5, "2024": 5, "a__b": 5})
    context = Context(NOW)
    for key in ("size", "2024", "a__b"):
        snapshot = conditions.snapshots([ticket.pk], ASKED, [f"field.{key}"])[ticket.pk]
        for op, value in (("is", 5.0), ("is", 5), ("is_not", 5.0), ("gte", 4), ("lte", 4.5)):
            tree = {"field": f"field.{key}", "op": op, "value": value}
            in_rows = Ticket.objects.filter(conditions.to_q(tree, context)).exists()
            assert in_rows is conditions.evaluate(tree, snapshot, context), tree
