"""Lists in groups: every ticket once, each group in one piece, whatever is missing or equal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from people.models import Organization, Role, User
from tickets import counting, keyset, listing
from tickets.listing import group_of
from tickets.models import Category, Grouping, Ticket, View
from tickets.orders import ORDERS

ALL: dict = {"all": []}


@pytest.fixture
def ugly(world):
    """Eighteen tickets: two people and two companies of one name, nobody, equal times, no due time."""
    twins = [
        User.objects.create_user(
            f"anna{n}@otklik.example", "correct horse", name="Anna Lind", role=Role.AGENT
        )
        for n in range(2)
    ]
    nameless = User.objects.create_user("x@otklik.example", name="", role=Role.AGENT)
    companies = [Organization.objects.create(name=name) for name in ("Ёлка", "Ёлка", "ёлка", "'; --")]
    now = timezone.now()
    people = [None, world.anna, *twins, nameless]
    teams = [None, world.first_line, world.second_line]
    for n in range(18):
        ticket = world.ticket()
        Ticket.objects.filter(pk=ticket.pk).update(
            assignee=people[n % 5],
            team=teams[n % 3],
            organization=[None, *companies][n % 5],
            priority=n % 4 + 1,
            status=world.status(list(Category)[n % 6]),
            category=list(Category)[n % 6],
            active_at=now - timedelta(hours=n // 6),
            due_at=[None, now, now + timedelta(hours=n % 2)][n % 3],
            resolved_at=[None, now][n % 2],
            waiting_since=[None, now][n % 2],
            snoozed_until=None,
        )
    return world


def paged(user, limit, **how):
    seen, after, pages = [], None, []
    while True:
        page = listing.page(user, ALL, after=after, limit=limit, **how)
        pages.append(page)
        seen += page.rows
        after = page.next
        if after is None:
            return seen, pages


@pytest.mark.parametrize("grouping", Grouping.values)
def test_every_ticket_once_and_every_group_in_one_piece(ugly, grouping):
    for order in ORDERS:
        whole = listing.page(ugly.oleg, ALL, order=order, grouping=grouping, limit=100).rows
        rows, pages = paged(ugly.oleg, 4, order=order, grouping=grouping)
        assert [row.id for row in rows] == [row.id for row in whole], order
        assert len({row.id for row in rows}) == 18
        groups = [group_of(row, grouping) for row in rows]
        pieces = [group for n, group in enumerate(groups) if n == 0 or group != groups[n - 1]]
        assert len(pieces) == len(set(pieces)), "no group begins twice"
        for number, page in enumerate(pages[1:], start=1):
            assert page.before == (groups[4 * number - 1],), "a page knows whether it goes on with a group"


def test_within_a_group_the_order_of_the_list_holds(ugly):
    rows = listing.page(ugly.oleg, ALL, order="-active_at", grouping="team", limit=100).rows
    for team in {row.team_id for row in rows}:
        times = [row.active_at for row in rows if row.team_id == team]
        assert times == sorted(times, reverse=True)


def test_a_grouped_list_costs_as_much_as_another(ugly):
    listing.page(ugly.oleg, ALL)  # whoever reads is known from now on
    for limit in (1, 18):
        with CaptureQueriesContext(connection) as queries:
            listing.page(ugly.oleg, ALL, grouping="assignee", topics=True, limit=limit)
        assert len(queries) == 2, [query["sql"][:90] for query in queries]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40) | st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=5))
@example([None, None, None, None, 0])  # of the right shape, by chance
def test_a_mangled_cursor_is_none(given_cursor):
    keys = listing._keys(ALL, "due_at", "assignee")
    text = given_cursor
    if isinstance(given_cursor, list):
        text = keyset.base64.urlsafe_b64encode(keyset.json.dumps(given_cursor).encode()).decode()
    found = keyset.decode(keys, text)
    assert found is None or len(found) == len(keys) + 1  # and the row


def test_a_cursor_of_another_order_is_the_first_page(ugly):
    cursor = listing.page(ugly.oleg, ALL, limit=3).next
    assert listing.page(ugly.oleg, ALL, grouping="team", after=cursor, limit=3).before == ()


def test_a_list_that_takes_too_long_is_ended_and_the_next_is_not(world):
    with pytest.raises(listing.TooSlow), listing.at_most(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    with listing.at_most(0.05):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")


def test_a_view_that_is_too_slow_has_no_number_and_the_others_have(world, monkeypatch):
    world.ticket(team=world.first_line)
    slow = View.objects.create(labels={"en": "Slow"}, owner=world.anna, conditions={})
    quick = View.objects.create(labels={"en": "Quick"}, owner=world.anna, conditions={})
    counted = counting._counted

    def impatient(user, views, *rest, **named):
        if slow in views:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
        return counted(user, views, *rest, **named)

    monkeypatch.setattr(counting, "_counted", impatient)
    monkeypatch.setattr(counting, "COUNT_PATIENCE", 0.2)
    counting.cache.clear()
    assert counting.counts(world.anna, [slow, quick]) == {quick.pk: 1}
