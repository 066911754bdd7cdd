"""The condition language: what it refuses, and that a snapshot and the database agree."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.text import fold
from tickets import commands, conditions
from tickets.conditions.fields import FIELDS, Context
from tickets.conditions.language import OPERATORS, _can_be_empty
from tickets.models import Category, Follower, Ticket

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
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]},
        {"all": [{"field": "spam", "op": "is", "value": True}] * 101},
    ],
)
def test_nonsense_is_refused(db, tree):
    with pytest.raises(conditions.ConditionError):
        conditions.validate(tree)


def snapshot(ticket):
    return {
        "category": ticket.category,
        "status": ticket.status_id,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "direction": ticket.direction,
        "brand": ticket.brand_id,
        "team": ticket.team_id,
        "assignee": ticket.assignee_id,
        "requester": ticket.requester_id,
        "organization": ticket.organization_id,
        "tier": ticket.organization.tier if ticket.organization else None,
        "topic": ticket.topic_id,
        "service": ticket.service_id,
        "language": ticket.language,
        "subject": ticket.subject,
        "tags": {fold(name) for name in ticket.tags.values_list("name", flat=True)},
        "messages": ticket.message_count,
        "opened": ticket.opened_at,
        "active": ticket.active_at,
        "waiting_since": ticket.waiting_since,
        "resolved": ticket.resolved_at,
        "waiting": ticket.waiting_since is not None,
        "snoozed": ticket.snoozed_until is not None,
        "spam": ticket.is_spam,
    }


def test_a_snapshot_has_every_field(world):
    assert set(snapshot(world.ticket())) | {"followed"} == set(FIELDS)


def leaves(ids):
    """Random well-formed leaves; ``ids`` are keys that exist, and one that does not."""
    values = {
        "key": st.sampled_from([*ids, 999_999, "me", "mine"]),
        "number": st.integers(0, 4),
        "text": st.sampled_from(["ёлка", "ЕЛКА", "гарантия", "ru", "en", "gold", "%", "_", "\\"]),
        "set": st.sampled_from(["VIP", "vip", "возврат", "нет такого"]),
    }

    def leaf(name):
        field = FIELDS[name]
        ops = sorted(
            op for op in OPERATORS[field.kind] if op not in {"empty", "not_empty"} or _can_be_empty(field)
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

    return st.sampled_from(sorted(set(FIELDS) - {"followed"})).flatmap(leaf)


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
    expected = {
        ticket.pk
        for ticket in Ticket.objects.select_related("organization")
        if conditions.evaluate(tree, snapshot(ticket), context)
    }
    assert selected == expected, tree


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
