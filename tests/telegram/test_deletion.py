"""A bot that is deleted: nothing more comes or goes by it, and nothing that came is lost."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from channels_in import ways
from channels_in.inboxes import InboxDeleted
from channels_in.kinds.telegram import bots, connecting
from channels_in.models import Inbound, Inbox, Outbound, TelegramBot, TelegramFile, Thread
from journal.actor import Actor
from journal.drain import sweep_before
from journal.models import Entry
from people.commands.identities import add_identity
from tests.support.fake_telegram import TOKEN
from tests.telegram.conftest import arrive, said, work
from tests.telegram.updates import OLGA
from tickets import commands
from tickets.content import Content
from tickets.models import Message, Ticket


@pytest.fixture
def oleg(client, world):
    client.force_login(world.oleg)
    return client


@pytest.fixture
def delete(oleg, bot):
    return lambda: oleg.post(reverse("telegram_bot_deletion", args=[bot.pk]), follow=True)


def answer(world, ticket, text="Едем"):
    way = next(way for way in ways.ways_of(ticket) if way.channel == "telegram")
    return commands.post_reply(
        ticket.pk, user=world.anna, content=Content(text=text, to=way.to()), channel="telegram"
    )


def test_it_is_asked_first_what_stays_and_what_ends(oleg, world, bot, olga, live, ticket):
    olga.say("Котёл не греет")
    live()
    olga.say("Ещё одно")
    arrive(bot)
    answer(world, ticket())
    page = oleg.get(reverse("telegram_bot_deletion", args=[bot.pk])).content.decode()
    assert "All tickets with their conversations and files." in page
    assert "1 conversation went through this bot." in page
    assert "1 open ticket is talked about through this bot." in page
    assert "1 message has come in and is not processed yet: it goes into quarantine." in page
    assert bots.held(bot.pk) == bots.Held(conversations=1, open_tickets=1, incoming=1, outgoing=0)
    assert TelegramBot.objects.exists(), "reading changes nothing"
    assert (
        reverse("telegram_bot_deletion", args=[bot.pk])
        in oleg.get(reverse("telegram_bot", args=[bot.pk])).content.decode()
    )


def test_only_who_manages_inboxes_deletes_it(client, world, bot):
    for user in (world.anna, world.egor):
        client.force_login(user)
        assert client.post(reverse("telegram_bot_deletion", args=[bot.pk])).status_code == 403
    assert TelegramBot.objects.exists()


def test_deleted_it_is_gone_and_its_tickets_stay(oleg, world, bot, olga, live, ticket, server, delete):
    olga.say("Котёл не греет")
    live()
    server.state.bots[TOKEN].webhook = {"url": "http://127.0.0.1:9/x"}
    before = said(ticket())
    page = delete().content.decode()
    assert "The bot @zerno_bot is deleted." in page and "No bot yet" in page
    assert not server.state.bots[TOKEN].webhook, "Telegram has been told"
    assert not TelegramBot.objects.exists(), "nor its token"
    assert not Inbox.objects.get(pk=bot.pk).is_active
    assert said(ticket()) == before
    entry = Entry.objects.get(kind=InboxDeleted.kind)
    assert (entry.stream_id, entry.data["address"], entry.actor_id) == (bot.pk, "@zerno_bot", world.oleg.pk)
    audit = oleg.get(reverse("audit")).content.decode()
    assert "Deleted: inbox “Бот „Зерна“”" in audit
    assert reverse("telegram_bot", args=[bot.pk]) not in audit, "there is no such page any more"
    assert oleg.get(f"/tickets/{ticket().pk}/").status_code == 200
    (telegram,) = [way for way in ways.ways_of(ticket()) if way.channel == "telegram"]
    assert not telegram.is_open
    for address in ("telegram_bot", "telegram_bot_deletion"):
        assert oleg.get(reverse(address, args=[bot.pk])).status_code == 404
    assert delete().status_code == 404
    assert Entry.objects.filter(kind=InboxDeleted.kind).count() == 1


def test_telegram_may_be_away(bot, server, settings, delete):
    settings.TELEGRAM_API_URLS = ["http://127.0.0.1:9"]
    page = delete().content.decode()
    assert "Telegram could not be told:" in page and "is deleted." in page
    assert not TelegramBot.objects.exists()


def test_what_had_come_in_waits_in_quarantine_and_can_be_put_into_a_ticket(
    oleg, world, bot, olga, live, ticket, delete
):
    olga.say("Котёл не греет")
    live()
    olga.send("photo", ("a.jpg", "image/jpeg", b"jpeg"), caption="Вот фото")
    arrive(bot)
    delete()
    work()
    late = Inbound.objects.get(status=Inbound.Status.QUARANTINED)
    assert late.cause == "no-bot"
    assert not TelegramFile.objects.filter(status=TelegramFile.Status.WAITING).exists()
    assert (
        "Its bot is not connected any more."
        in oleg.get(reverse("quarantined", args=[late.pk])).content.decode()
    )
    oleg.post(reverse("quarantined_attachment", args=[late.pk]), {"ticket": ticket().pk})
    assert "Вот фото" in said(ticket())[-1][1]


def test_what_had_not_left_fails_where_it_is_seen(world, bot, olga, live, ticket, delete):
    olga.say("Котёл не греет")
    live()
    message = answer(world, ticket())
    sweep_before(datetime.now(UTC), limit=1000)  # it is on its way
    assert Outbound.objects.get(message=message).status == Outbound.Status.WAITING
    delete()
    work()
    outbound = Outbound.objects.get(message=message)
    assert outbound.status == Outbound.Status.FAILED
    assert outbound.server_words == "Its bot is not connected any more."
    assert Entry.objects.filter(kind="delivery_failed", stream_id=ticket().pk).exists()


def test_what_is_said_later_goes_by_mail(world, bot, olga, live, ticket, delete):
    olga.say("Котёл не греет")
    live()
    add_identity(
        ticket().requester_id, kind="email", value="olga@example.com", proof="agent", actor=world.as_anna
    )
    delete()
    message = commands.post_reply(ticket().pk, user=world.anna, content=Content(text="Едем"))
    sweep_before(datetime.now(UTC), limit=1000)
    outbound = Outbound.objects.get(message=message)
    assert (outbound.inbox, outbound.recipients) == (world.inbox, ["olga@example.com"])


def test_its_webhook_answers_no_more(client, bot, delete):
    row = TelegramBot.objects.get()
    address = reverse("telegram_webhook", args=[row.path_key])
    headers = {"X-Telegram-Bot-Api-Secret-Token": str(row.secret)}
    delete()
    update = {"update_id": 9, "message": {}}
    answered = client.post(address, update, content_type="application/json", headers=headers)
    assert answered.status_code == 404
    assert not Inbound.objects.filter(external_id="9").exists()


def test_connected_again_it_begins_anew_with_customers_it_knows(world, bot, olga, live, ticket, delete):
    olga.say("Котёл не греет")
    live()
    first = ticket()
    delete()
    again = bots.create_bot(
        me=connecting.look(TOKEN, ""),
        actor=Actor.user(world.oleg),
        brand=world.brand,
        name="Снова",
        team=world.first_line,
        token=TOKEN,
    )
    olga.say("Я снова здесь")
    arrive(again)
    work()
    second = Ticket.objects.exclude(pk=first.pk).get()
    assert second.requester == first.requester
    assert Thread.objects.filter(external_id=str(OLGA["id"])).count() == 2
    assert Message.objects.filter(ticket=first, text="Котёл не греет").exists()
