"""The list: what is in it, how it is paged, and what it costs."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from desk import drawn_rows
from desk.drawn_rows import DrawnRows
from people.models import User
from tickets import commands, counting
from tickets.models import Category, View
from tickets.status import default_status


@pytest.fixture
def open_view(world):
    return View.objects.get(key="open")


def test_the_first_page_is_the_first_view(anna):
    assert anna.get("/")["Location"] == f"/views/{View.objects.get(key='mine').pk}/"


def test_a_row_shows_who_what_and_where_it_stands(world, anna, open_view):
    ticket = world.ticket(subject="Нет пара", team=world.first_line, assignee=world.anna, priority=4)
    commands.add_tag(ticket.pk, name="кофе", actor=world.as_anna)
    page = anna.get(f"/views/{open_view.pk}/").content.decode()
    for words in (
        "Нет пара",
        "Вера Ёлкина",
        "Северград",
        "Gold",
        "кофе",
        f"#{ticket.pk}",
        "Anna Lind",
        "Urgent",
    ):
        assert words in page
    assert 'class="ticket-row is-unread' in page


def test_it_stops_being_unread_when_somebody_reads_it(world, anna, open_view):
    ticket = world.ticket(team=world.first_line)
    anna.send(f"/tickets/{ticket.pk}/reading/", {"message": ticket.last_message_id})
    assert "is-unread" not in anna.get(f"/views/{open_view.pk}/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/reading/")
    assert "is-unread" in anna.get(f"/views/{open_view.pk}/").content.decode()


def test_more_rows_come_as_one_scrolls(world, anna, open_view):
    numbers = [world.ticket(team=world.first_line).pk for _ in range(53)]
    page = anna.get(f"/views/{open_view.pk}/")
    assert page.content.decode().count('class="ticket-row') == 50
    following = page.context["page"].next if page.context else None
    more = anna.part(f"/views/{open_view.pk}/?after={following or next_of(page)}").content.decode()
    assert more.count('class="ticket-row') == 3
    assert "<ol" not in more
    assert f'id="row-{numbers[0]}"' in more


def next_of(page):
    return page.content.decode().split("?after=")[1].split('"')[0]


def test_what_is_on_the_screen_is_asked_for_again_as_a_whole(world, anna, open_view):
    for _ in range(3):
        world.ticket(team=world.first_line)
    rows = anna.part(f"/views/{open_view.pk}/?rows&shown=3").content.decode()
    assert rows.lstrip().startswith('<ol class="plain rows" id="rows"')
    assert rows.count("data-version=") == 3


def test_what_a_page_has_already_is_not_sent_again(world, anna, open_view):
    cache.clear()
    ticket = world.ticket(team=world.first_line)
    path, column = f"/views/{open_view.pk}/?rows&shown=1", f"/views/?current={open_view.pk}"

    def has(url):
        return re.search(r'data-stamp="(\w+)"', anna.part(url).content.decode())[1]

    had = {url: has(url) for url in (path, column)}
    for url, stamp in had.items():
        answer = anna.part(f"{url}&have={stamp}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert anna.part(f"{url}&have=0").status_code == 200
    # The page itself carries what its parts would say.
    assert all(
        f'data-stamp="{stamp}"' in anna.get(f"/views/{open_view.pk}/").content.decode()
        for stamp in had.values()
    )
    world.receive(ticket, "Ау?")
    world.ticket(team=world.first_line)
    cache.clear()
    assert [anna.part(f"{url}&have={stamp}").status_code for url, stamp in had.items()] == [200, 200]


def test_rows_are_drawn_anew_only_when_they_would_look_different(world, anna, by, open_view, monkeypatch):
    kept = {}
    monkeypatch.setattr(drawn_rows, "_kept", kept)
    ticket, other = (world.ticket(team=world.first_line) for _ in range(2))
    path = f"/views/{open_view.pk}/?rows"

    def rows(desk, where=path):
        return desk.get(where, headers={"HX-Request": "true"}).content.decode()

    first = rows(anna)
    assert len(kept) == 2
    assert rows(anna) == first and len(kept) == 2
    commands.set_subject(ticket.pk, subject="Другая тема", actor=world.as_anna)
    assert "Другая тема" in rows(anna) and len(kept) == 3
    assert "is-open" in rows(anna, f"{path}&open={other.pk}")
    commands.mark_read(other.pk, user=world.anna, message_id=other.last_message_id)
    assert "is-unread" in rows(by(world.oleg)), "what one has read the other has not"
    User.objects.filter(pk=world.anna.pk).update(time_zone="Asia/Kamchatka", language="ru")
    before = len(kept)
    assert "Выделить" in rows(anna) and len(kept) == before + 2
    monkeypatch.setattr(drawn_rows, "FRESH", 0.0)
    assert "Другая тема" in rows(anna), "and what is old is drawn anew"


def test_a_row_leads_back_to_the_list_it_is_read_in(world, anna, open_view, monkeypatch):
    """Drawn once for all views and filters, with the way back of each, escaped."""
    kept = {}
    monkeypatch.setattr(drawn_rows, "_kept", kept)
    word = DrawnRows.FROM
    ticket = world.ticket(team=world.first_line, subject=f"Что значит {word}?")
    unassigned = View.objects.get(key="unassigned")

    def ways(path):
        row = anna.part(path).content.decode().split(f'id="row-{ticket.pk}"')[1]
        return set(re.findall(rf'/tickets/{ticket.pk}/\?([^"]*)"', row))

    assert ways(f"/views/{open_view.pk}/?rows") == {f"view={open_view.pk}"}
    assert ways(f"/views/{unassigned.pk}/?rows") == {f"view={unassigned.pk}"}
    assert ways(f"/views/{open_view.pk}/?rows&channel=email&q=%3Cb%22") == {
        f"view={open_view.pk}&amp;channel=email"
    }
    assert len(kept) == 1
    assert "<b" not in anna.part(f"/views/{open_view.pk}/?rows&subject=%3Cb%22%3E").content.decode()


def test_a_page_begins_with_the_numbers_its_reader_knew(world, anna, open_view, monkeypatch):
    """They are what was before their eyes a moment ago; the page asks for those of now by itself."""
    cache.clear()
    monkeypatch.setattr(counting, "COUNT_SECONDS", 0)
    column, page = f"/views/?current={open_view.pk}", f"/views/{open_view.pk}/"
    world.ticket(team=world.first_line)
    assert 'aria-label="1 ticket"' in anna.part(column).content.decode()
    world.ticket(team=world.first_line)
    with CaptureQueriesContext(connection) as asked:
        assert 'aria-label="1 ticket"' in anna.get(page).content.decode()
    assert not [one for one in asked if "count(*)" in one["sql"] or "made_" in one["sql"]]
    assert 'aria-label="2 tickets"' in anna.part(column).content.decode()
    assert 'aria-label="2 tickets"' in anna.get(page).content.decode()
    mine = world.ticket(team=world.first_line)
    anna.send(f"/tickets/{mine.pk}/reading/", {"message": mine.last_message_id})
    assert 'aria-label="2 tickets"' in anna.get(page).content.decode(), "to read is no act"
    anna.send(f"/tickets/{mine.pk}/assignment/", {"assignee": world.anna.pk})
    assert 'aria-label="3 tickets"' in anna.get(page).content.decode(), "one sees what one has done"
    anna.post(f"/tickets/{mine.pk}/status/", {"status": default_status(Category.RESOLVED).pk})
    now = anna.get(page).content.decode()
    assert 'aria-label="3 tickets"' not in now and 'aria-label="2 tickets"' in now, "without scripts too"


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("", ""), ("/tickets/{ticket}/", ""), ("/tickets/{ticket}/?view={view}", "?view={view}"),
        ("/tickets/{ticket}/?view=x", ""), ("/tickets/{ticket}/?view=%0d%0aX:1", ""), ("http://[", ""),
    ],
)  # fmt: skip
def test_without_scripts_one_is_led_back_beside_the_same_list(world, anna, open_view, came_from, back):
    names = {"ticket": world.ticket(team=world.first_line).pk, "view": open_view.pk}
    headers = {"Referer": came_from.format(**names)} if came_from else {}
    answer = anna.post(
        f"/tickets/{names['ticket']}/assignment/", {"assignee": world.anna.pk}, headers=headers
    )
    assert answer["Location"] == f"/tickets/{names['ticket']}/{back.format(**names)}"


def test_anothers_view_does_not_exist(world, anna):
    view = View.objects.create(labels={"en": "Secret"}, owner=world.boris)
    assert anna.get(f"/views/{view.pk}/").status_code == 404


def test_an_empty_view_says_what_to_do_next(world, anna):
    view = View.objects.get(key="unassigned")
    assert "The queue is empty" in anna.get(f"/views/{view.pk}/").content.decode()


def test_counts_are_shown_beside_the_views(world, anna):
    world.ticket(team=world.first_line)
    world.ticket(team=world.second_line)  # out of Anna's sight
    page = anna.part("/views/").content.decode()
    assert 'aria-label="1 ticket"' in page
    assert "2 tickets" not in page


@pytest.mark.parametrize("rows", [1, 3, 50])
def test_a_list_costs_the_same_whatever_its_length(world, anna, open_view, rows, django_assert_num_queries):
    for number in range(rows):
        ticket = world.ticket(team=world.first_line, assignee=world.anna)
        commands.add_tag(ticket.pk, name=f"t{number % 3}", actor=world.as_anna)
    cache.clear()
    anna.get("/healthz")
    # session, reader, teams, views, rows, tags, statuses to solve with, counts
    with django_assert_num_queries(9):
        anna.get(f"/views/{open_view.pk}/")


def test_acting_on_several_tickets_at_once(world, anna):
    mine, hers = world.ticket(team=world.first_line), world.ticket(team=world.first_line)
    hidden = world.ticket(team=world.second_line)
    answer = anna.send(
        "/selection/assignment/", {"ticket": [mine.pk, hers.pk, hidden.pk], "assignee": world.anna.pk}
    )
    assert "2 tickets changed." in answer.content.decode()
    for ticket, assignee in ((mine, world.anna), (hers, world.anna), (hidden, None)):
        ticket.refresh_from_db()
        assert ticket.assignee == assignee
