"""Views of one's own: who may make which, how they stand in the navigation, what lists show and cost."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from desk import export
from desk.views import exports, lists
from journal.models import Entry
from people.models import Membership
from tests.settings.browser import posted
from tickets import commands, listing
from tickets.models import View

NEW = "/views/new/"


def made(owner=None, team=None, **given):
    given.setdefault("labels", {"en": "Refunds", "ru": "Возвраты"})
    return View.objects.create(owner=owner, team=team, **given)


def whole(**changes):
    """A form as it is sent, with one condition."""
    return {
        "label-en": "Refunds", "whose": "own", "order": "-active_at", "grouping": "", "column": ["customer"],
        "c-node": ["group:1", "leaf:2", "end"], "c-2-field": "priority", "c-2-op": "is",
        "c-2-for": "priority pick", "c-2-value": "high", **changes,
    }  # fmt: skip


def keys(answer):
    return [line.split('"')[0] for line in answer.content.decode().split('data-id="')[1:]]


# --- making, changing, deleting --------------------------------------------------------------------


def test_an_agent_makes_a_view_of_her_own(world, anna):
    world.ticket("Обычное", team=world.first_line)
    urgent = world.ticket("Важное", team=world.first_line, priority=3)
    answer = anna.post(NEW, whole(grouping="assignee", column=["customer", "team", "topic"]))
    view = View.objects.get(owner=world.anna)
    assert answer["Location"] == f"/views/{view.pk}/"
    assert view.conditions == {"all": [{"field": "priority", "op": "is", "value": "high"}]}
    assert view.columns == ["customer", "team", "topic"]
    page = anna.get(f"/views/{view.pk}/").content.decode()
    assert f'id="row-{urgent.pk}"' in page
    assert page.count('class="ticket-row') == 1
    assert 'id="group-assignee-none"' in page
    assert "First line" in page
    assert Entry.objects.filter(kind="view_created").count() == 1


def test_the_page_of_a_view_comes_back_as_it_was_drawn(world, anna):
    tree = {"all": [{"field": "assignee", "op": "in", "value": ["me", world.boris.pk]},
                    {"any": [{"field": "tags", "op": "empty"}]}]}  # fmt: skip
    view = made(world.anna, conditions=tree, order="due_at", grouping="team", columns=["tags", "clock"])
    page = anna.get(f"/views/{view.pk}/definition/").content.decode()
    assert 'hx-post="/views/conditions/?prefix=c"' in page
    assert "/views/options/?source=staff" in page
    answer = anna.post(f"/views/{view.pk}/definition/", dict(posted(page).lists()))
    assert answer.status_code == 302
    same = View.objects.get(pk=view.pk)
    assert (same.conditions, same.order, same.grouping, same.columns) == (
        tree,
        "due_at",
        "team",
        ["tags", "clock"],
    )
    assert same.labels == {"en": "Refunds", "ru": "Возвраты"}
    assert not Entry.objects.filter(kind="view_changed").exists(), "nothing was changed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label-en": "  "}, "Give the view a name."),
        ({"label-en": "x" * 81}, "A name may have 80 characters."),
        ({"column": []}, "Choose at least one."),
        ({"order": "id); --"}, "Choose a value."),
        ({"c-2-value": "purple"}, "does not fit"),
        ({"c-2-field": "message_text", "c-2-for": "message_text text", "c-2-op": "is"}, "cannot be made"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(world, anna, change, words):
    answer = anna.post(NEW, whole(**change))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not View.objects.filter(owner=world.anna).exists()


def test_a_button_of_the_builder_saves_nothing(world, anna):
    answer = anna.post(NEW, whole(**{"c-do": "add:1"}))
    assert answer.status_code == 200
    assert answer.content.decode().count('value="leaf:') == 2
    assert not View.objects.filter(owner=world.anna).exists()
    part = anna.send("/views/conditions/?prefix=c", whole(**{"c-do": "add:1"})).content.decode()
    assert part.count('value="leaf:') == 2


def test_deleting_can_be_taken_back(world, anna):
    view = made(world.anna)
    answer = anna.post(f"/views/{view.pk}/deletion/")
    assert "“Refunds” was deleted." in anna.get(answer["Location"]).content.decode()
    assert anna.get(f"/views/{view.pk}/").status_code == 404
    anna.post(f"/views/{view.pk}/deletion/removal/")
    assert anna.get(f"/views/{view.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("who", "whose", "allowed"),
    [
        ("egor", "own", True),
        ("anna", "own", True),
        ("anna", "team", False),
        ("anna", "all", False),
        ("lead", "team", True),
        ("lead", "other", False),
        ("lead", "all", False),
        ("maria", "team", True),
        ("maria", "other", True),
        ("maria", "all", False),
        ("oleg", "team", True),
        ("oleg", "all", True),
    ],
)
def test_who_may_make_and_change_which_views(world, by, who, whose, allowed):
    if who == "lead":
        Membership.objects.filter(user=world.anna).update(is_lead=True)
    user = world.anna if who == "lead" else getattr(world, who)
    team = {"team": world.first_line, "other": world.second_line}.get(whose)
    desk = by(user)
    answer = desk.post(NEW, whole(whose="team" if team else whose, team=team.pk if team else ""))
    assert answer.status_code == (302 if allowed else 422)
    assert View.objects.filter(key="").exists() is allowed
    view = made(user if whose == "own" else None, team)
    for noun in ("definition", "deletion"):
        answer = desk.post(f"/views/{view.pk}/{noun}/", whole(whose="own"))
        assert (answer.status_code == 302) is allowed, noun
        if not allowed:
            assert answer.status_code in {403, 404}
    view.refresh_from_db()
    assert view.is_active is not allowed


def test_anothers_view_is_neither_changed_nor_copied_nor_exported(world, anna):
    view = made(world.boris, conditions={"all": [{"field": "subject", "op": "is", "value": "secret words"}]})
    for noun in ("definition", "filters"):
        assert anna.get(f"/views/{view.pk}/{noun}/").status_code == 404, noun
    for noun in ("definition", "deletion", "deletion/removal", "hiding", "place", "export"):
        assert anna.post(f"/views/{view.pk}/{noun}/", whole()).status_code == 404, noun
    assert "secret words" not in anna.get(f"{NEW}?from={view.pk}").content.decode()


def test_a_view_of_ones_own_cannot_be_given_to_somebody_else(world, anna):
    """Sharing takes the right to change what it becomes."""
    view = made(world.anna)
    assert anna.post(f"/views/{view.pk}/definition/", whole(whose="all")).status_code == 422
    view.refresh_from_db()
    assert view.owner == world.anna


def test_contacts_are_found_and_named_only_as_far_as_one_sees_them(world, anna, by):
    world.ticket(requester=world.peter, team=world.second_line)
    assert "Peter Brook" not in anna.part("/views/options/?source=contacts&q=peter").content.decode()
    assert "Peter Brook" in by(world.boris).part("/views/options/?source=contacts&q=peter").content.decode()
    view = made(world.anna, conditions={"all": [{"field": "requester", "op": "is", "value": world.peter.pk}]})
    assert "Peter Brook" not in anna.get(f"/views/{view.pk}/definition/").content.decode()
    assert anna.part("/views/options/?source=webhooks").content.strip() == b""
    assert 'data-value="me"' in anna.part("/views/options/?source=staff").content.decode()


# --- the navigation -----------------------------------------------------------------------------------


def test_everybody_arranges_and_hides_for_herself_alone(world, anna, maria):
    before = keys(anna.get("/views/arrangement/"))
    order = [before[-1], *before[:-1]]
    assert anna.send("/views/order/", {"row": [*order, "999999", "x"]}).status_code == 204
    assert keys(anna.get("/views/arrangement/")) == order
    assert keys(maria.get("/views/arrangement/")) == before
    anna.post(f"/views/{order[0]}/place/", {"to": "down"})
    assert keys(anna.get("/views/arrangement/"))[:2] == [order[1], order[0]]

    hidden = order[1]
    anna.post(f"/views/{hidden}/hiding/")
    assert f'id="view-{hidden}"' not in anna.part("/views/").content.decode()
    assert f'id="view-{hidden}"' in maria.part("/views/").content.decode()
    assert anna.get(f"/views/{hidden}/").status_code == 200, "its address still leads there"
    anna.post(f"/views/{hidden}/hiding/removal/")
    assert f'id="view-{hidden}"' in anna.part("/views/").content.decode()


def test_what_is_new_comes_after_what_was_arranged(world, anna):
    anna.send("/views/order/", {"row": keys(anna.get("/views/arrangement/"))})
    view = made(None)
    assert keys(anna.get("/views/arrangement/"))[-1] == str(view.pk)


# --- filters over a list --------------------------------------------------------------------------------


@pytest.fixture
def open_view(world):
    return View.objects.get(key="open")


def test_filters_of_the_address_are_laid_over_the_view(world, anna, open_view):
    mine = world.ticket(team=world.first_line, assignee=world.anna, priority=4, subject="Счёт № 5")
    other = world.ticket(team=world.first_line, priority=4, subject="Счет № 6")
    query = f"priority=urgent&assignee=me&assignee={world.boris.pk}&subject={quote('счет')}"
    page = anna.get(f"/views/{open_view.pk}/?{query}").content.decode()
    assert f'id="row-{mine.pk}"' in page
    assert f'id="row-{other.pk}"' not in page
    assert "Urgent" in page
    assert "Me, Boris Petrov" in page
    html = query.replace("&", "&amp;")
    assert f"/views/{open_view.pk}/?rows&amp;{html}" in page or f"/views/{open_view.pk}/?rows&{html}" in page
    rows = anna.part(f"/views/{open_view.pk}/?rows&{query}").content.decode()
    assert rows.count('class="ticket-row') == 1, "what is asked for live has the same filters"
    pane = anna.part(f"/list/?pane&view={open_view.pk}&open={mine.pk}&{query}").content.decode()
    assert pane.count('class="ticket-row') == 1


def test_what_is_not_understood_is_told_and_the_rest_holds(world, anna, open_view):
    world.ticket(team=world.first_line, priority=1)
    page = anna.get(f"/views/{open_view.pk}/?priority=purple&status=999999").content.decode()
    assert "Not understood, and left out: Priority: purple" in page
    assert "#999999 (gone)" in page
    assert "Nothing fits these filters" in page


def test_the_form_of_filters_has_what_is_chosen(world, anna, open_view):
    part = anna.part(f"/views/{open_view.pk}/filters/?priority=high&team=mine&assignee={world.boris.pk}")
    chosen = posted(part.content.decode())
    assert chosen.getlist("priority") == ["high"]
    assert chosen.getlist("team") == ["mine"]
    assert chosen.getlist("assignee") == [str(world.boris.pk)]
    assert anna.get(f"/views/{open_view.pk}/filters/").content.decode().lstrip().startswith("<!doctype")


def test_filters_are_saved_as_a_view(world, anna, open_view):
    page = anna.get(f"{NEW}?from={open_view.pk}&priority=urgent").content.decode()
    given = dict(posted(page).lists()) | {"label-en": ["Hot"]}
    assert anna.post(NEW, given).status_code == 302
    view = View.objects.get(owner=world.anna)
    assert view.conditions == {
        "all": [*open_view.conditions["all"], {"field": "priority", "op": "in", "value": ["urgent"]}]
    }


def test_a_ticket_leads_back_to_the_list_with_its_filters(world, anna, open_view):
    ticket = world.ticket(team=world.first_line, priority=4)
    page = anna.get(f"/views/{open_view.pk}/?priority=urgent").content.decode()
    assert f"/tickets/{ticket.pk}/?view={open_view.pk}&priority=urgent" in page.replace("&amp;", "&")
    page = anna.get(f"/tickets/{ticket.pk}/?view={open_view.pk}&priority=urgent").content.decode()
    assert f'href="/views/{open_view.pk}/?priority=urgent"' in page


def test_a_list_that_takes_too_long_says_so_and_is_left_alone_for_a_while(world, anna, monkeypatch):
    cache.clear()
    view = made(world.anna)
    asked = []

    def never(*_given, **_named):
        asked.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr(listing, "page", never)
    monkeypatch.setattr(listing, "PATIENCE", 0.05)
    answer = anna.get(f"/views/{view.pk}/")
    assert answer.status_code == 200
    assert "This list takes too long" in answer.content.decode()
    assert "This list takes too long" in anna.part(f"/views/{view.pk}/?rows").content.decode()
    assert len(asked) == 1


def test_a_grouped_and_filtered_list_costs_the_same_whatever_its_length(world, anna):
    view = made(world.anna, grouping="assignee", columns=["team", "topic", "tags", "clock"])
    costs = []
    for more in (1, 24):
        for number in range(more):
            ticket = world.ticket(team=world.first_line, assignee=world.anna if number % 2 else None)
            commands.add_tag(ticket.pk, name=f"t{number % 3}", actor=world.as_anna)
        cache.clear()
        anna.get("/healthz")
        with CaptureQueriesContext(connection) as queries:
            page = anna.get(f"/views/{view.pk}/?team={world.first_line.pk}").content.decode()
        asked = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
        costs.append(len([sql for sql in asked if "timeout" not in sql.lower()]))
    assert page.count('class="ticket-row') == 25
    assert page.count('class="row-group"') == 2
    # as any list, and the name in the filter, and the numbers of views that people made
    assert costs == [11, 11]


# --- export ------------------------------------------------------------------------------------------------


def read(answer):
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith(export.BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(export.BOM))))


def test_the_file_holds_what_the_list_shows_and_no_more(world, anna, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    view = made(world.anna, grouping="priority", columns=["customer", "company", "tags", "priority", "team"])
    mine = [world.ticket(team=world.first_line, priority=n % 4 + 1, subject=f"№ {n}") for n in range(5)]
    commands.add_tag(mine[3].pk, name="кофе; чай", actor=world.as_anna)
    world.ticket(team=world.second_line, subject="Not hers")
    answer = anna.post(f"/views/{view.pk}/export/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    head, *lines = read(answer)
    assert head == ["Number", "Subject", "Status", "Customer", "Company", "Team", "Priority", "Tags"]
    assert [int(line[0]) for line in lines] == [mine[3].pk, mine[2].pk, mine[1].pk, mine[4].pk, mine[0].pk]
    assert lines[0][1:] == ["№ 3", "New", "Вера Ёлкина", "Северград", "First line", "Urgent", "кофе; чай"]
    assert anna.get(f"/views/{view.pk}/export/").status_code == 405, "it is written down, so it is no GET"
    filtered = read(anna.post(f"/views/{view.pk}/export/?priority=urgent"))
    entry = Entry.objects.filter(stream_type="view", kind="view_exported").latest("pk")
    assert (entry.stream_id, entry.actor_id, entry.data["filters"]) == (
        view.pk,
        world.anna.pk,
        "priority=urgent",
    )
    assert [line[0] for line in filtered[1:]] == [str(mine[3].pk)]


@pytest.mark.parametrize("subject", ['=HYPERLINK("http://evil")', "+1", "-1+1", "@SUM(1)", "＝1", "  =1"])
def test_no_spreadsheet_calculates_what_a_customer_wrote(subject):
    line = next(csv.reader([export.line([7, subject], delimiter=",")]))
    assert line == ["7", "'" + subject]


def test_the_file_ends_and_says_so(world, anna, monkeypatch):
    monkeypatch.setattr(exports, "MOST_EXPORTED", 2)
    view = made(world.anna)
    for _each in range(3):
        world.ticket(team=world.first_line)
    lines = read(anna.post(f"/views/{view.pk}/export/"))
    assert len(lines) == 1 + 2 + 1
    assert lines[-1] == ["Only the first 2 tickets are in this file."]
    monkeypatch.setattr(exports, "MOST_EXPORTED", 3)
    assert len(read(anna.post(f"/views/{view.pk}/export/"))) == 1 + 3, "nothing is missing"


def test_a_russian_spreadsheet_gets_its_own_separator(world, anna):
    world.anna.language = "ru"
    world.anna.save(update_fields=["language"])
    view = made(world.anna, columns=["customer"])
    world.ticket(team=world.first_line)
    text = b"".join(anna.post(f"/views/{view.pk}/export/").streaming_content).decode()
    assert text.splitlines()[1].count(";") == 3
    assert lists.MOST_EXPORTED == 10_000
