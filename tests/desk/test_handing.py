"""Passing a ticket on, calling in an expert, the private summary, @ in notes."""

import pytest

from journal.models import Entry
from people.models import Membership, User
from tickets import commands
from tickets.models import Ticket
from tickets.seers import seers


@pytest.fixture
def ticket(world):
    world.first_line.escalates_to = world.second_line
    world.first_line.save()
    return world.ticket(team=world.first_line, assignee=world.anna)


def kinds(ticket):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk)
    return list(entries.order_by("sequence").values_list("kind", flat=True))


# --- another line -----------------------------------------------------------------------------------------


def test_the_menu_offers_the_line_that_comes_next(world, ticket, anna):
    menu = anna.part(f"/tickets/{ticket.pk}/handing/").content.decode()
    assert "Pass to Second line" in menu
    assert f"/tickets/{ticket.pk}/escalation/?team={world.second_line.pk}" in menu
    assert "Call in an expert" in menu


def test_the_form_has_the_suggested_team_chosen(world, ticket, anna):
    form = anna.part(f"/tickets/{ticket.pk}/escalation/").content.decode()
    assert f'value="{world.second_line.pk}" required checked' in form
    assert "suggested" in form
    assert f'value="{world.first_line.pk}"' not in form, "where it is already"


def test_passing_on_needs_a_reason(world, ticket, anna):
    for reason in ("", "   "):
        answer = anna.send(
            f"/tickets/{ticket.pk}/escalation/", {"team": world.second_line.pk, "reason": reason}
        )
        assert answer.status_code == 422
        assert "Say why" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.team == world.first_line
    assert "ticket_escalated" not in kinds(ticket)


@pytest.mark.parametrize("team", ["", "0", "x", "9" * 30])
def test_passing_on_needs_a_team_there_is(ticket, anna, team):
    answer = anna.send(f"/tickets/{ticket.pk}/escalation/", {"team": team, "reason": "Сложно"})
    assert answer.status_code == 422
    assert "team" in answer.content.decode()


def test_passing_on_with_the_summary_and_back(world, ticket, anna, by):
    answer = anna.send(
        f"/tickets/{ticket.pk}/escalation/",
        {"team": world.second_line.pk, "reason": "Нужен инженер", "summary": "Помпа гудит"},
    )
    assert "Passed to Second line" in answer.content.decode(), "who held it follows it, and still sees it"
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.summary) == (world.second_line, None, "Помпа гудит")
    boris = by(world.boris)
    page = boris.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Помпа гудит" in page
    assert "Нужен инженер" in page
    assert "Back to First line" in boris.part(f"/tickets/{ticket.pk}/handing/").content.decode()
    boris.send(f"/tickets/{ticket.pk}/escalation/", {"team": world.first_line.pk, "reason": "Это к вам"})
    ticket.refresh_from_db()
    assert ticket.team == world.first_line
    assert ticket.summary == "Помпа гудит", "a form without the field leaves it"


def test_who_passed_on_what_they_did_not_hold_may_lose_sight_of_it(world, anna):
    ticket = world.ticket(team=world.first_line)
    answer = anna.send(
        f"/tickets/{ticket.pk}/escalation/", {"team": world.second_line.pk, "reason": "Не к нам"}
    )
    assert "You no longer see this ticket" in answer.content.decode()
    assert "desk:close" in answer["HX-Trigger"]


# --- experts ---------------------------------------------------------------------------------------------


def test_an_expert_is_asked_shown_and_released(world, ticket, anna, by):
    assert "Egor Expert" in anna.part(f"/tickets/{ticket.pk}/experts/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/experts/", {"user": world.egor.pk, "question": "Какая прокладка?"})
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'id="panel-helpers"' in page
    assert "Какая прокладка?" in page
    assert "Asked by Anna Lind" in page
    egor = by(world.egor)
    assert egor.get(f"/tickets/{ticket.pk}/").status_code == 200, "another team's, but asked"
    anna.send(f"/tickets/{ticket.pk}/experts/{world.egor.pk}/removal/")
    assert 'id="panel-helpers"' not in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert egor.get(f"/tickets/{ticket.pk}/").status_code == 404
    assert "expert_released" in kinds(ticket)


def test_an_expert_says_by_themselves_that_it_is_done(world, ticket, by):
    commands.call_in(ticket.pk, user=world.egor, question="", actor=world.as_anna)
    answer = by(world.egor).send(f"/tickets/{ticket.pk}/experts/{world.egor.pk}/removal/")
    assert "Thank you" in answer.content.decode()
    assert not ticket.followers.filter(user=world.egor).exists()


def test_an_expert_releases_nobody_else_and_calls_nobody(world, ticket, by):
    for user in (world.egor, world.boris):
        commands.call_in(ticket.pk, user=user, question="", actor=world.as_anna)
    egor = by(world.egor)
    assert egor.send(f"/tickets/{ticket.pk}/experts/{world.boris.pk}/removal/").status_code == 422
    assert ticket.followers.filter(user=world.boris).exists()
    assert egor.send(f"/tickets/{ticket.pk}/experts/", {"user": world.boris.pk}).status_code == 403
    assert egor.send(f"/tickets/{ticket.pk}/summary/", {"text": "x"}).status_code == 403


def test_customers_and_whoever_has_it_cannot_be_called(world, ticket, anna):
    assert anna.send(f"/tickets/{ticket.pk}/experts/", {"user": world.carla.pk}).status_code == 422
    assert anna.send(f"/tickets/{ticket.pk}/experts/", {"user": world.anna.pk}).status_code == 422
    assert anna.send(f"/tickets/{ticket.pk}/experts/", {"user": ""}).status_code == 422
    too_long = {"user": world.boris.pk, "question": "ы" * 1001}
    assert anna.send(f"/tickets/{ticket.pk}/experts/", too_long).status_code == 422
    assert "expert_called" not in kinds(ticket)


def test_who_left_by_themselves_helps_no_more(world, ticket, anna):
    commands.call_in(ticket.pk, user=world.boris, question="Как?", actor=world.as_anna)
    commands.unfollow(ticket.pk, user=world.boris, actor=world.as_anna)
    assert 'id="panel-helpers"' not in anna.get(f"/tickets/{ticket.pk}/").content.decode()


# --- the summary ------------------------------------------------------------------------------------------


def test_the_summary_stands_at_the_top_and_is_edited_there(world, ticket, anna):
    assert "Write a private summary" in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    answer = anna.send(f"/tickets/{ticket.pk}/summary/", {"text": "  Просит вернуть деньги\n"})
    assert "Summary saved." in answer.content.decode()
    assert "Просит вернуть деньги" in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Просит вернуть деньги" in anna.part(f"/tickets/{ticket.pk}/summary/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/summary/", {"text": ""})
    ticket.refresh_from_db()
    assert ticket.summary == ""
    assert kinds(ticket).count("summary_written") == 2


def test_a_summary_has_an_end(ticket, anna):
    assert anna.send(f"/tickets/{ticket.pk}/summary/", {"text": "ы" * 4001}).status_code == 422


# --- who sees it, and @ ----------------------------------------------------------------------------------


def test_who_sees_a_ticket_is_the_same_from_both_sides(world):
    plain = world.ticket(team=world.first_line)
    of_nobody = world.ticket()
    held = world.ticket(team=world.second_line, assignee=world.anna)
    followed = world.ticket(team=world.first_line)
    commands.follow(followed.pk, user=world.egor, actor=world.as_anna)
    deleted = world.ticket()
    commands.delete(deleted.pk, actor=world.as_anna)
    world.boris.is_active = False
    world.boris.save()
    for ticket in (plain, of_nobody, held, followed, deleted):
        ticket.refresh_from_db()
        seeing = {
            user.pk
            for user in User.objects.all()
            if Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()
        }
        assert set(seers(ticket).values_list("pk", flat=True)) == seeing


def test_at_offers_who_sees_the_ticket(world, ticket, anna):
    offered = anna.part(f"/tickets/{ticket.pk}/colleagues/").content.decode()
    assert 'data-handle="Maria Weber"' in offered
    assert "Boris" not in offered
    assert "Maria" in anna.part(f"/tickets/{ticket.pk}/colleagues/?q=web").content.decode()
    assert anna.part(f"/tickets/{ticket.pk}/colleagues/?q=qq").content.decode().strip() == ""
    assert anna.part(f"/tickets/{ticket.pk}/colleagues/?q=%00").status_code == 200


def test_of_namesakes_the_address_is_written(world, ticket, anna):
    other = User.objects.create_user("maria2@otklik.example", "x", name="Maria Weber", access="all")
    Membership.objects.create(team=world.first_line, user=other)
    offered = anna.part(f"/tickets/{ticket.pk}/colleagues/?q=maria").content.decode()
    assert 'data-handle="maria2@otklik.example"' in offered
    assert 'data-handle="Maria Weber"' not in offered


# --- doors -------------------------------------------------------------------------------------------------

PARTS = ["handing/", "escalation/", "experts/", "summary/", "colleagues/"]


@pytest.mark.parametrize("path", PARTS)
def test_strangers_and_other_teams_reach_nothing(world, ticket, client, by, path):
    assert client.get(f"/tickets/{ticket.pk}/{path}").status_code == 302
    assert by(world.boris).get(f"/tickets/{ticket.pk}/{path}").status_code == 404
    assert by(world.carla).get(f"/tickets/{ticket.pk}/{path}").status_code == 403


@pytest.mark.parametrize("path", PARTS)
def test_every_part_is_a_page_without_scripts(ticket, anna, path):
    answer = anna.get(f"/tickets/{ticket.pk}/{path}")
    assert answer.status_code == 200
    assert path == "colleagues/" or "<html" in answer.content.decode()


def test_what_only_reads_takes_no_post(ticket, anna):
    for path in ("handing/", "colleagues/"):
        assert anna.send(f"/tickets/{ticket.pk}/{path}").status_code == 405
    assert anna.get(f"/tickets/{ticket.pk}/experts/1/removal/").status_code == 405
