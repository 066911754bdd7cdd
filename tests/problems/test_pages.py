"""The pages of problems and a ticket's side panel: what they show to whom, what they let whom do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_in.broadcasts import sending
from journal.models import Entry
from tickets import commands
from tickets.models import Broadcast, Message, MessageKind, Problem, Stage, Ticket


@pytest.fixture
def anna(world, by):
    return by(world.anna)


@pytest.fixture
def boris(world, by):
    return by(world.boris)


@pytest.fixture
def maria(world, by):
    return by(world.maria)


@pytest.fixture
def egor(world, by):
    return by(world.egor)


def page(desk, problem, noun=""):
    return desk.get(f"/problems/{problem.pk}/{noun}").content.decode()


def form(**given):
    return {"title": "Реле", "kind": "bug", "description": "", "owner": "", "brand": "", **given}


def test_the_list_filters_searches_and_counts(world, anna, problem, asks):
    asks("Peter")
    asks()
    fixed = commands.open_problem(actor=world.as_anna, title="Ёлка мигает", kind="unclear")
    commands.set_stage(fixed.pk, stage=Stage.FIXED, actor=world.as_anna)
    html = anna.get("/problems/").content.decode()
    assert problem.title in html and "Ёлка" not in html, "what is solved is out of sight"
    assert "2 tickets · 2 people" in html and "Gold 1" in html
    for asked, found in [
        ({"q": "елка", "stage": "all"}, "Ёлка"),
        ({"stage": "fixed"}, "Ёлка"),
        ({"stage": "all", "kind": "unclear"}, "Ёлка"),
        ({"stage": "all", "owner": "none"}, "Ёлка"),
        ({"owner": str(world.anna.pk)}, problem.title),
    ]:
        html = anna.part("/problems/", data=asked).content.decode()
        assert found in html, asked
        assert ("Ёлка" in html) != (problem.title in html), asked
    assert "No problem like that" in anna.get("/problems/", {"q": "xyzzy"}).content.decode()
    assert (
        anna.get("/problems/", {"stage": "nonsense", "owner": "x\x00", "after": "mangled"}).status_code == 200
    )


@pytest.mark.parametrize("many", [1, 12])
def test_a_list_costs_the_same_however_long(world, anna, many, django_assert_num_queries):
    for number in range(many):
        row = commands.open_problem(actor=world.as_anna, title=f"P{number}", owner=world.maria)
        commands.link_problem(world.ticket().pk, problem_id=row.pk, actor=world.as_anna)
    anna.get("/problems/")
    with django_assert_num_queries(6):
        anna.get("/problems/")


def test_pages_go_on_where_the_last_one_ended(world, anna, monkeypatch):
    monkeypatch.setattr("desk.problems.listing.PAGE", 2)
    for title in ("Oldest", "Older", "Newest"):
        commands.open_problem(actor=world.as_anna, title=title)
    html = anna.get("/problems/").content.decode()
    assert "Newest" in html and "Older" in html and "Oldest" not in html
    after = html.split("after=")[1].split('"')[0].replace("%3A", ":").replace("%2B", "+")
    assert "Oldest" in anna.get("/problems/", {"after": after}).content.decode()


def test_of_a_ticket_one_may_not_see_only_the_number_is_told(world, anna, maria, problem, asks):
    asks("Peter", subject="Видимое")
    secret = asks("Zinaida", subject="Секретное", text="Секретный текст", team=world.second_line)
    html = page(anna, problem)
    assert "Видимое" in html and "1 more that you may not see is linked." in html
    for hidden in ("екретн", "Zinaida", f"/tickets/{secret.pk}/"):
        assert hidden not in html
        assert hidden not in page(anna, problem, "message/")
    assert "Секретное" in page(maria, problem)
    assert "Tickets that the sender may not see" in page(anna, problem, "message/")


@pytest.mark.parametrize("many", [1, 9])
def test_a_page_costs_the_same_however_many_ask(world, anna, problem, asks, many, django_assert_num_queries):
    for number in range(many):
        asks(f"Name{'abcdefghi'[number]}")
    commands.edit_problem(problem.pk, actor=world.as_anna, owner=world.maria, brand=world.brand)
    page(anna, problem)
    with django_assert_num_queries(13):
        page(anna, problem)


def test_a_problem_is_written_from_a_ticket_and_linked(world, anna):
    ticket = world.ticket(subject="Не греет", team=world.first_line)
    html = anna.get("/problems/new/", {"ticket": ticket.pk}).content.decode()
    assert 'value="Не греет"' in html and f"Ticket #{ticket.pk} will be linked" in html
    answer = anna.post(
        "/problems/new/",
        form(ticket=ticket.pk, owner=world.anna.pk, description_html="<div><b>Да</b><script>x</script></div>",
             tracker_url="https://tracker.example/7", tracker_title="BOILER-7", tracker_state="Doing"),
    )  # fmt: skip
    row = Problem.objects.get()
    assert answer["Location"] == f"/problems/{row.pk}/"
    ticket.refresh_from_db()
    assert (ticket.problem, row.description, row.plain) == (row, "<div><b>Да</b></div>", "Да")
    html = page(anna, row)
    assert 'href="https://tracker.example/7"' in html and "BOILER-7" in html and "<b>Да</b>" in html


def test_wrong_input_is_said_beside_the_field(world, anna):
    answer = anna.post("/problems/new/", form(title="", tracker_url="javascript:alert(1)"))
    assert answer.status_code == 422 and "This field is required" in answer.content.decode()
    answer = anna.post("/problems/new/", form(tracker_url="javascript:alert(1)"))
    html = answer.content.decode()
    assert answer.status_code == 422 and "begins with https://" in html
    assert not Problem.objects.exists()


def test_without_scripts_the_description_is_what_was_typed(world, anna):
    anna.post("/problems/new/", form(description="Раз <b>\nдва"))
    assert Problem.objects.get().description == "Раз &lt;b&gt;<br>два"


def test_only_who_manages_it_changes_it(world, anna, boris, maria, egor, problem):
    for stranger in (boris, egor):
        assert stranger.post(f"/problems/{problem.pk}/details/", form()).status_code == 403
        assert stranger.post(f"/problems/{problem.pk}/stage/", {"stage": "fixed"}).status_code == 403
        assert stranger.get(f"/problems/{problem.pk}/message/").status_code == 403
        assert problem.title in page(stranger, problem), "but reads it"
    assert egor.post("/problems/new/", form()).status_code == 403
    assert anna.post(f"/problems/{problem.pk}/details/", form()).status_code == 302
    assert maria.post(f"/problems/{problem.pk}/stage/", {"stage": "confirmed"}).status_code == 302
    problem.refresh_from_db()
    assert (problem.title, problem.stage) == ("Реле", Stage.CONFIRMED)


def test_in_the_side_panel_one_finds_links_and_unlinks(world, anna, problem):
    ticket = world.ticket(team=world.first_line)
    address = f"/tickets/{ticket.pk}/problem/"
    assert "Link to a problem" in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert problem.title in anna.part(address).content.decode()
    assert problem.title in anna.part(address, data={"q": "КОТЕЛ"}).content.decode()
    assert "No problem like that." in anna.part(address, data={"q": "xyzzy"}).content.decode()
    assert "Котёл" in anna.get(address).content.decode(), "without scripts, a page"
    html = anna.send(address, {"problem": problem.pk}).content.decode()
    assert problem.title in html and "Found" in html and "Anna Lind" in html
    assert f"{address}removal/" in html
    html = anna.send(f"{address}removal/").content.decode()
    assert "No longer linked to the problem." in html
    assert anna.send(address, {"problem": "x"}).status_code == 422


def test_what_is_not_theirs_is_not_offered(world, anna, problem):
    commands.open_problem(actor=world.as_anna, title="Harbor only", brand=world.other_brand)
    commands.set_stage(problem.pk, stage=Stage.FIXED, actor=world.as_anna)
    ticket = world.ticket(team=world.first_line)
    offered = anna.part(f"/tickets/{ticket.pk}/problem/").content.decode()
    assert "Harbor only" not in offered and problem.title not in offered
    assert problem.title in anna.part(f"/tickets/{ticket.pk}/problem/", data={"q": "котел"}).content.decode()


def test_experts_and_other_teams_link_nothing(world, egor, boris, problem):
    ticket = world.ticket(team=world.first_line)
    for desk, status in ((egor, 403), (boris, 404)):
        answer = desk.post(f"/tickets/{ticket.pk}/problem/", {"problem": problem.pk})
        assert answer.status_code == status
        assert desk.post(f"/tickets/{ticket.pk}/problem/removal/").status_code == status
    assert Ticket.objects.get(pk=ticket.pk).problem is None


def test_a_ticket_with_a_problem_costs_no_query_more(world, anna, problem):
    ticket = world.ticket(team=world.first_line)
    address = f"/tickets/{ticket.pk}/"
    anna.get(address)
    with CaptureQueriesContext(connection) as before:
        anna.get(address)
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=world.as_anna)
    with CaptureQueriesContext(connection) as after:
        assert problem.title in anna.get(address).content.decode()
    # The line of history asks for the problem's title and who linked it.
    assert len(after) <= len(before) + 2


def letter(**given):
    return {
        "text_en": "Hello, {{contact.first_name}}! #{{ticket.number}}", "text_ru": "Исправили.",
        "per_minute": "60", "status": "", "act": "send", "expected": "2", "sure": "yes", "key": "k1", **given,
    }  # fmt: skip


def test_at_its_end_the_page_proposes_to_tell_all_and_it_is_sent(world, anna, problem, asks):
    ivan = asks("Ivan", language="en")
    asks()
    address = f"/problems/{problem.pk}/message/"
    assert "It is over." not in page(anna, problem)
    anna.post(f"/problems/{problem.pk}/stage/", {"stage": "fixed"})
    assert "It is over. Tell the 2 people who asked." in page(anna, problem)
    html = anna.get(address).content.decode()
    assert "We have fixed the cause" in html and "Мы исправили причину" in html
    assert "2 people get it" in html
    shown = anna.send(f"{address}preview/", letter(ticket=ivan.pk)).content.decode()
    assert f"Hello, Ivan! #{ivan.pk}" in shown
    assert not Broadcast.objects.exists(), "a preview writes nothing"
    answer = anna.post(address, letter())
    assert answer["Location"] == f"/problems/{problem.pk}/"
    assert anna.post(address, letter()).status_code == 302, "a form that arrives twice sends once"
    broadcast = Broadcast.objects.get()
    assert "0 of 2 sent" in page(anna, problem)
    sending.send_due()
    html = anna.part(f"/broadcasts/{broadcast.pk}/").content.decode()
    assert "2 of 2 sent" in html and "every 2s" not in html
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 2


def test_nothing_is_sent_by_mistake(world, anna, problem, asks):
    asks("Ivan")
    asks()
    address = f"/problems/{problem.pk}/message/"
    for wrong, said in [
        ({"sure": ""}, "Tick the box"),
        ({"expected": "1"}, "The list has changed meanwhile"),
        ({"text_en": "", "text_ru": " "}, "in at least one language"),
        ({"text_en": "{{agent.salary}}"}, "There is no variable {{agent.salary}}."),
        ({"per_minute": "0"}, "greater than or equal to 1"),
        ({"per_minute": "1000"}, "less than or equal to 600"),
    ]:
        answer = anna.post(address, letter(**wrong))
        assert answer.status_code == 422 and said in answer.content.decode(), wrong
    assert anna.post(address, letter(act="preview")).status_code == 200
    assert not Broadcast.objects.exists() and not Entry.objects.filter(kind="broadcast_started").exists()


def test_it_is_stopped_and_taken_up_by_who_manages_it(world, anna, boris, problem, asks):
    asks("Ivan")
    asks()
    anna.post(f"/problems/{problem.pk}/message/", letter())
    broadcast = Broadcast.objects.get()
    stopping = f"/broadcasts/{broadcast.pk}/stopping/"
    assert boris.post(stopping).status_code == 403
    assert "Go on" in anna.send(stopping).content.decode()
    assert sending.send_due() == 0
    assert boris.post(f"{stopping}removal/").status_code == 403
    assert "Stop" in anna.send(f"{stopping}removal/").content.decode()
    assert sending.send_due() == 2
