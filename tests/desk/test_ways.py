"""Where a reply goes: the ways offered, the one proposed, and what is refused with nothing lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_in import ways
from channels_in.models import Inbox, TelegramBot, Thread
from people.commands.contacts import resolve_contact
from people.commands.merging import merge_contacts, unmerge_contact
from tickets.models import Draft, Message

NOW = timezone.now


@pytest.fixture
def telegram(world):
    """Vera in Telegram, one person with Vera of the mail; heard there long ago."""
    inbox = Inbox.objects.create(brand=world.brand, name="@zerno_bot", kind="telegram", address="")
    TelegramBot.objects.create(inbox=inbox, bot_id=7, token="7:t", path_key="k" * 32, secret="s")
    contact = resolve_contact("telegram", "4711", name="verochka", proof="channel")
    merge_contacts(contact.pk, into=world.vera.pk, actor=world.as_anna)
    return Thread.objects.create(
        inbox=inbox, external_id="4711", contact=contact, heard_at=NOW() - timedelta(days=3)
    )


def send(desk, ticket, **given):
    data = {"kind": "reply", "text": "Ответ", "to": "vera@severgrad.example", "cc": "", "based_on": ""}
    return desk.send(f"/tickets/{ticket.pk}/messages/", {**data, **given})


def checked(html):
    part = html.split('class="composer-ways')[1].split("</fieldset>")[0]
    return [
        piece.split('"')[0]
        for piece in part.split('name="way" value="')[1:]
        if "checked" in piece.split("<span>")[0]
    ]


def test_mail_alone_needs_no_choice(world, anna):
    ticket = world.ticket()
    html = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "composer-ways" not in html
    assert 'name="way" value="email"' in html


def test_where_the_customer_was_heard_last_is_proposed(world, anna, telegram):
    ticket = world.ticket()
    assert checked(anna.get(f"/tickets/{ticket.pk}/").content.decode()) == ["email"]
    telegram.heard_at = NOW() + timedelta(seconds=1)
    telegram.save()
    html = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert checked(html) == [f"thread:{telegram.pk}"]
    assert "Heard last by Telegram" in html


def test_a_reply_goes_where_it_was_chosen_to_go(world, anna, telegram, drain):
    ticket = world.ticket()
    assert send(anna, ticket, way=f"thread:{telegram.pk}", to="").status_code == 200
    message = Message.objects.get(kind="reply")
    assert message.channel == "telegram"
    drain()
    assert (message.outbound.inbox, message.outbound.recipients) == (telegram.inbox, ["4711"])
    assert message.to == [{"name": "Вера Ёлкина", "address": "4711", "thread": str(telegram.pk)}]
    assert not ticket.participants.exists()


def test_by_mail_the_chosen_address_counts(world, anna, telegram):
    ticket = world.ticket()
    send(anna, ticket, way="email", to="vera@home.example")
    message = Message.objects.get(kind="reply")
    assert message.channel == "email"
    assert [one["address"] for one in message.to] == ["vera@home.example"]
    assert send(anna, ticket, way="email", to="").status_code == 422


def test_a_way_that_is_not_there_is_refused_and_nothing_is_lost(world, anna, telegram):
    ticket = world.ticket()
    stranger = Thread.objects.create(inbox=telegram.inbox, external_id="1", contact=world.stranger)
    for way in (f"thread:{stranger.pk}", "thread:999999", "pigeon", "thread:x"):
        answer = send(anna, ticket, way=way)
        assert answer.status_code == 422
        assert "can no longer be reached that way" in answer.content.decode()
    Thread.objects.filter(pk=telegram.pk).update(is_blocked=True)
    answer = send(anna, ticket, way=f"thread:{telegram.pk}")
    assert answer.status_code == 422
    assert "has blocked us there" in answer.content.decode()
    assert not Message.objects.filter(kind="reply").exists()


def test_a_blocked_chat_is_shown_and_not_proposed(world, anna, telegram):
    ticket = world.ticket()
    Thread.objects.filter(pk=telegram.pk).update(is_blocked=True, heard_at=NOW() + timedelta(seconds=1))
    html = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert checked(html) == ["email"]
    assert "The customer has blocked us there." in html


def test_another_brands_chat_is_no_way(world, anna, telegram):
    ticket = world.ticket(brand=world.other_brand)
    assert [way.key for way in ways.ways_of(ticket)] == ["email"]
    assert send(anna, ticket, way=f"thread:{telegram.pk}").status_code == 422


def test_a_group_hears_only_what_was_asked_there(world, telegram):
    ticket = world.ticket()
    Thread.objects.filter(pk=telegram.pk).update(external_id="-100")
    assert [way.key for way in ways.ways_of(ticket)] == ["email"]
    Thread.objects.filter(pk=telegram.pk).update(ticket=ticket)
    assert [way.key for way in ways.ways_of(ticket)] == ["email", f"thread:{telegram.pk}"]


def test_undoing_the_merge_takes_the_way_along(world, telegram):
    ticket = world.ticket()
    unmerge_contact(telegram.contact.pk, actor=world.as_anna)
    assert [way.key for way in ways.ways_of(ticket)] == ["email"]


def test_the_draft_keeps_the_choice_until_it_is_sent(world, anna, telegram):
    ticket = world.ticket()
    way = f"thread:{telegram.pk}"
    anna.send(f"/tickets/{ticket.pk}/draft/", {"kind": "reply", "html": "<div>Пишу</div>", "way": way})
    assert Draft.objects.get().way == way
    assert checked(anna.get(f"/tickets/{ticket.pk}/").content.decode()) == [way]
    Thread.objects.filter(pk=telegram.pk).update(is_blocked=True)
    assert checked(anna.get(f"/tickets/{ticket.pk}/").content.decode()) == ["email"]


@pytest.mark.parametrize("many", [1, 6])
def test_the_choice_costs_the_same_however_many_ways(
    world, anna, telegram, many, django_assert_max_num_queries
):
    ticket = world.ticket()
    for n in range(many):
        Thread.objects.create(inbox=telegram.inbox, external_id=str(5000 + n), contact=world.vera)
    with django_assert_max_num_queries(4):
        ways.ways_of(ticket)
