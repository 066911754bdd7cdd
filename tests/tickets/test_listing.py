"""Lists: a fixed number of queries, pages without gaps or doubles, counts that stop counting."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets import commands, counting, listing
from tickets.content import Content
from tickets.models import Category, Tagging, Ticket, View
from tickets.orders import ORDERS

ALL: dict = {"all": []}


def row_of(user, ticket_id):
    return next((row for row in listing.page(user, ALL).rows if row.id == ticket_id), None)


@pytest.mark.parametrize("number", [1, 3, 50])
def test_two_queries_however_many_rows(world, number):
    for _ in range(number):
        ticket = world.ticket()
        commands.add_tag(ticket.pk, name="vip", actor=world.as_anna)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = listing.page(world.oleg, ALL)
    assert len(page.rows) == number
    assert len(queries) == 2, "the rows, their tags"
    assert Tagging.objects.count() == number
    assert page.rows[0].tags == [("vip", "gray")]


@pytest.mark.parametrize("order", list(ORDERS))
def test_pages_hold_each_ticket_once_in_order(world, order):
    now = timezone.now()
    for n in range(11):
        ticket = world.ticket(priority=n % 4 + 1, at=now - timedelta(hours=n // 2))
        if n % 3 == 0:
            world.reply(ticket, status=world.status(Category.RESOLVED), at=now - timedelta(minutes=n))
        elif n % 3 == 1:
            commands.snooze(ticket.pk, until=now + timedelta(days=n), actor=world.as_anna)
    whole = [row.id for row in listing.page(world.oleg, ALL, order=order, limit=50).rows]
    seen, after = [], None
    while True:
        page = listing.page(world.oleg, ALL, order=order, after=after, limit=3)
        seen += [row.id for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == whole
    assert len(set(seen)) == 11


def test_a_mangled_cursor_is_the_first_page(world):
    world.ticket()
    for cursor in ("x", "ё", "W10", "WzEsMl0", "=" * 99):
        assert len(listing.page(world.oleg, ALL, after=cursor).rows) == 1


def test_starter_views_hold_what_they_say(world):
    mine = world.ticket(assignee=world.anna, team=world.first_line)
    teams = world.ticket(team=world.first_line)
    elsewhere = world.ticket(team=world.second_line)
    solved = world.ticket(team=world.first_line)
    world.reply(solved, status=world.status(Category.RESOLVED))
    spam = world.ticket()
    commands.mark_spam(spam.pk, actor=world.as_anna)
    asleep = world.ticket(assignee=world.anna)
    commands.snooze(asleep.pk, until=timezone.now() + timedelta(days=1), actor=world.as_anna)

    held = {
        view.key: {row.id for row in listing.page(world.anna, view.conditions, order=view.order).rows}
        for view in listing.views_of(world.anna)
    }
    assert held["mine"] == {mine.pk}
    assert held["unassigned"] == {teams.pk}
    assert held["my-teams"] == {mine.pk, teams.pk}
    assert held["open"] == {mine.pk, teams.pk, asleep.pk}
    assert held["snoozed"] == {asleep.pk}
    assert held["solved"] == {solved.pk}
    assert held["spam"] == {spam.pk}
    assert elsewhere.pk not in set.union(*held.values())


def test_what_colleagues_do_among_themselves_moves_no_list(world):
    hour = timedelta(hours=1)
    now = timezone.now()
    ticket = world.ticket(team=world.first_line, at=now - 9 * hour)
    world.ticket(team=world.first_line, at=now - 8 * hour)

    def is_first() -> bool:
        return listing.page(world.anna, ALL).rows[0].id == ticket.pk

    commands.post_note(ticket.pk, user=world.boris, content=Content("Проверил"), at=now - 7 * hour)
    commands.assign(ticket.pk, to=world.anna, actor=world.as_anna, at=now - 6 * hour)
    assert not is_first()
    ticket.refresh_from_db()
    assert (ticket.active_at, ticket.touched_at) == (now - 9 * hour, now - 6 * hour)

    commands.assign(ticket.pk, to=None, actor=world.as_anna, at=now - 5 * hour)
    assert is_first(), "the queue has it again"
    world.ticket(team=world.first_line, at=now - 4 * hour)
    world.receive(ticket, "Ну что?", at=now - 3 * hour)
    assert is_first()


def test_mine_begins_with_what_is_due_first(world):
    """Those without a clock come after the others: who waits longest, then those who wait for nothing."""
    now = timezone.now()

    def mine(due: timedelta | None, waits: timedelta | None) -> int:
        ticket = world.ticket(assignee=world.anna)
        Ticket.objects.filter(pk=ticket.pk).update(
            due_at=due and now + due, waiting_since=waits and now - waits
        )
        return ticket.pk

    hour = timedelta(hours=1)
    answered, short, tomorrow = mine(None, None), mine(None, hour), mine(24 * hour, hour)
    long, overdue = mine(None, 30 * hour), mine(-hour, 2 * hour)
    order = [overdue, tomorrow, long, short, answered]
    view = View.objects.get(key="mine")
    assert listing.is_quick(view)
    page = listing.page(world.anna, view.conditions, order=view.order)
    assert [row.id for row in page.rows] == order
    seen, after = [], None
    for _row in order:
        page = listing.page(world.anna, view.conditions, order=view.order, after=after, limit=1)
        seen += [row.id for row in page.rows]
        after = page.next
    assert (seen, after) == (order, None)


def test_an_installation_has_mine_in_its_new_order_unless_somebody_has_changed_it(world):
    migration = import_module("tickets.migrations.0019_order_mine_by_due_time")
    view = View.objects.get(key="mine")
    assert view.conditions == migration.CONDITIONS
    for conditions, grouping, before, after in (
        (migration.CONDITIONS, "", "-active_at", "due_at"),
        (migration.CONDITIONS, "", "-priority", "-priority"),
        (migration.CONDITIONS, "team", "-active_at", "-active_at"),
        ({"all": migration.CONDITIONS["all"][:2]}, "", "-active_at", "-active_at"),
    ):
        View.objects.filter(pk=view.pk).update(conditions=conditions, grouping=grouping, order=before)
        migration.forwards(apps, None)
        view.refresh_from_db()
        assert view.order == after
        migration.backwards(apps, None)
        view.refresh_from_db()
        assert view.order == before


def test_mine_is_read_along_its_index(world):
    """Were the tables large: one person's rows in their order, nothing sorted."""
    view = View.objects.get(key="mine")
    with CaptureQueriesContext(connection) as queries:
        listing.page(world.oleg, view.conditions, order=view.order)
    plans = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")  # as it is after the first few times
        for query in queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    (plan,) = [plan for plan in plans if "on tickets_ticket" in plan]
    assert "tickets_open_mine" in plan, plan
    assert "Sort" not in plan, plan


def test_counts_agree_with_the_lists_in_one_query(world):
    cache.clear()
    world.ticket(assignee=world.anna), world.ticket(team=world.first_line)
    views = listing.views_of(world.anna)
    with CaptureQueriesContext(connection) as queries:
        counts = counting.counts(world.anna, views)
    assert len(queries) == 1
    assert counts == {view.pk: len(listing.page(world.anna, view.conditions).rows) for view in views}


def test_nobody_without_team_is_asked_in_vain(world):
    cache.clear()
    view = View.objects.get(key="my-teams")
    assert counting.counts(world.maria, [view]) == {view.pk: 0}
    assert listing.page(world.maria, view.conditions).rows == []


def test_unread_until_read(world):
    ticket = world.ticket()
    assert row_of(world.anna, ticket.pk).is_unread
    commands.mark_read(ticket.pk, user=world.anna, message_id=ticket.last_message_id)
    assert not row_of(world.anna, ticket.pk).is_unread
    commands.mark_read(ticket.pk, user=world.anna, message_id=1)
    assert not row_of(world.anna, ticket.pk).is_unread, "marks only move forward"
    world.receive(ticket, "Ещё")
    assert row_of(world.anna, ticket.pk).is_unread
    elsewhere = world.ticket(team=world.second_line)
    assert row_of(world.anna, elsewhere.pk) is None
