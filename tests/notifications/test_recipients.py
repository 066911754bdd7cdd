"""Who is told of what."""

from datetime import timedelta

import pytest
from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.record import record
from notifications.kinds import Wish
from notifications.models import Notice
from notifications.preferences import save_wishes
from notifications.words import shown
from people.models import Access, Membership, Role, User
from tickets import commands
from tickets.content import Content
from tickets.events import NoticeRequested
from tickets.models import Ticket

SYSTEM = Actor.system("rule:1")


def note(ticket, user, text="Заметка"):
    return commands.post_note(ticket.pk, user=user, content=Content(text=text))


def request_notice(world, ticket, users, kind="rule", text="", **data):
    with transaction.atomic():
        Ticket.objects.lock(ticket.pk)
        record(NoticeRequested(ticket.pk, [user.pk for user in users], kind, text, data), actor=SYSTEM)


def test_the_new_assignee_hears_and_not_who_took_it_themselves(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line)
    commands.assign(ticket.pk, to=world.anna, actor=world.as_anna)
    assert kinds_of(world.anna) == []
    commands.assign(ticket.pk, to=world.maria, actor=world.as_anna)
    assert kinds_of(world.maria) == ["handed_over"]
    commands.assign(ticket.pk, to=None, actor=world.as_anna)
    commands.assign(ticket.pk, to=world.anna, actor=SYSTEM)
    assert kinds_of(world.anna) == ["assigned"]


def test_a_customers_answer_is_for_the_assignee_and_the_followers(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.follow(ticket.pk, user=world.maria, actor=Actor.user(world.maria))
    world.receive(ticket, "Всё ещё не работает")
    assert kinds_of(world.anna) == kinds_of(world.maria) == ["customer_answered"]
    assert kinds_of(lena) == []


def test_what_nobody_holds_is_for_its_team(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line)
    world.receive(ticket, "Ау?")
    assert kinds_of(world.anna) == kinds_of(lena) == ["customer_answered"]
    assert kinds_of(world.boris) == []


def test_new_tickets_are_for_those_who_ask_for_them(world, kinds_of, lena):
    save_wishes(lena, {"new_ticket": Wish(True, False)})
    world.ticket(team=world.first_line)
    assert kinds_of(lena) == ["new_ticket"]
    assert kinds_of(world.anna) == []


def test_a_mention_is_for_whoever_may_see_the_ticket(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    note(ticket, world.maria, "@anna.lind и @Boris Petrov, посмотрите")
    assert kinds_of(world.anna) == ["mentioned"]  # and not noted besides
    assert kinds_of(world.boris) == []  # of the second line
    commands.follow(ticket.pk, user=world.boris, actor=Actor.user(world.boris))
    note(ticket, world.maria, "@Boris Petrov, ещё раз")
    assert kinds_of(world.boris) == ["mentioned"]


def test_who_sees_all_is_told_though_of_no_team(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.second_line)
    assert not Membership.objects.filter(user=world.maria, team=world.second_line).exists()
    note(ticket, world.boris, "@Maria, решите, пожалуйста; @anna.lind не видит")
    assert kinds_of(world.maria) == ["mentioned"]
    assert kinds_of(world.anna) == []


def test_an_agent_is_told_of_what_is_in_no_team(world, quiet_start, kinds_of):
    ticket = quiet_start()
    note(ticket, world.maria, "@anna.lind, чьё это?")
    assert kinds_of(world.anna) == ["mentioned"]


def test_nothing_is_told_of_what_is_deleted(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    world.receive(ticket, "Ещё вопрос")
    Ticket.objects.filter(pk=ticket.pk).update(deleted_at=clock.now())
    assert kinds_of(world.anna) == []


def test_a_mention_of_oneself_is_nothing(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    note(ticket, world.anna, "@anna.lind: не забыть")
    assert kinds_of(world.anna) == []


def test_a_colleagues_note_is_for_who_works_on_it(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    note(ticket, lena)
    assert kinds_of(world.anna) == ["noted"]
    assert kinds_of(lena) == []


def test_a_thank_you_and_spam_are_nothing(world, quiet_start, kinds_of, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.mark_spam(ticket.pk, actor=Actor.user(world.maria))
    world.receive(ticket, "Купите")
    assert kinds_of(world.anna) == []


def test_a_ticket_moved_by_hand_is_for_the_team_unless_somebody_holds_it(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line)
    commands.set_team(ticket.pk, team=world.second_line, actor=world.as_anna)
    assert kinds_of(world.boris) == ["to_team"]
    Notice.objects.all().delete()
    other = quiet_start(team=world.first_line)
    commands.set_team(other.pk, team=world.second_line, actor=SYSTEM)
    assert kinds_of(world.boris) == []


def test_what_was_asked_for_goes_to_whom_it_was_asked_for(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line)
    request_notice(world, ticket, [lena, world.boris], "nobody_available", team=world.first_line.pk)
    assert kinds_of(lena) == ["nobody_available"]
    assert kinds_of(world.boris) == []  # may not see it
    request_notice(world, ticket, [lena], "something_new", "Позвоните клиенту")
    request_notice(world, ticket, [lena], "rule", "Другое правило")
    assert kinds_of(lena) == ["nobody_available", "rule", "rule"]
    first, second, third = shown(list(Notice.objects.filter(user=lena).order_by("pk")))
    assert first.title == "Nobody is free in the team First line"
    assert (second.text, third.text) == ("Позвоните клиенту", "Другое правило")


def test_history_that_was_imported_is_no_news(world, kinds_of):
    world.ticket(team=world.first_line, assignee=world.anna, at=clock.now() - timedelta(days=3))
    assert kinds_of(world.anna) == []


@pytest.mark.parametrize("gone", ["is_active", "role"])
def test_who_has_left_hears_nothing(world, quiet_start, kinds_of, gone):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    User.objects.filter(pk=world.anna.pk).update(**{gone: False if gone == "is_active" else Role.CUSTOMER})
    world.receive(ticket, "Ау?")
    assert kinds_of(world.anna) == []


def test_who_lost_sight_of_a_ticket_is_not_told_of_it(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.second_line)
    Membership.objects.create(team=world.second_line, user=world.anna)
    world.receive(ticket, "Первый")
    assert kinds_of(world.anna) == ["customer_answered"]
    Membership.objects.filter(team=world.second_line, user=world.anna).delete()
    User.objects.filter(pk=world.anna.pk).update(access=Access.TEAMS)
    world.receive(ticket, "Второй")
    assert Notice.objects.get(user=world.anna).count == 1
