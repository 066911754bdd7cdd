"""A message nobody can get: refused where its address is typed, or told of in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from channels_in.models import Inbox, Outbound
from common import clock
from notifications.models import Notice
from notifications.words import shown
from people.commands.contacts import mark_bounced, resolve_contact
from people.models import Contact, User
from tickets import undelivered
from tickets.models import Message, MessageKind, SideThread, Ticket
from tickets.timeline import timeline

# Addresses by the letter, in which no letter can be addressed: too long before the @, and no domain.
UNREACHABLE = ["a" * 65 + "@shop.example", "vera@[192.0.2.1]"]


@pytest.fixture
def ticket(world) -> Ticket:
    return world.ticket(team=world.first_line, assignee=world.anna)


@pytest.fixture
def nowhere(world) -> Ticket:
    """From before forms refused it: its customer's address is none that mail can go to."""
    requester = resolve_contact("email", UNREACHABLE[0], name="Вера")
    return world.ticket(team=world.first_line, assignee=world.anna, requester=requester)


@pytest.fixture
def unsent(world, drain):
    """``unsent(ticket)``: Anna's reply in it, planned by a worker that speaks Russian."""

    def reply(ticket: Ticket) -> Message:
        message = world.reply(ticket)
        with translation.override("ru"):
            drain()
        assert not Outbound.objects.exclude(status=Outbound.Status.FAILED).exists()
        return message

    return reply


def speaks(user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)


def line(ticket: Ticket, language: str) -> str:
    """The line of history, as a reader of this language has it."""
    with translation.override(language):
        (found,) = [item.text for item in timeline(ticket) if item.kind == "delivery_failed"]
    return found


def delivery(browser, ticket: Ticket) -> str:
    """What stands under the reply on the ticket's page."""
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    return page.split('<div class="delivery delivery-failed">')[1].split("</span>")[0]


@pytest.mark.parametrize("address", UNREACHABLE)
def test_a_new_ticket_names_an_address_nothing_can_go_to(world, anna, address):
    form = {
        "requester": f"Вера <{address}>", "brand": world.brand.pk, "subject": "О доставке",
        "speaker": "us", "text": "Добрый день!", "priority": 2, "team": world.first_line.pk, "key": "n1",
    }  # fmt: skip
    answer = anna.post("/tickets/new/", form)
    assert answer.status_code == 400
    assert "is not an e-mail address" in answer.content.decode()
    assert not Ticket.objects.exists()
    longest = "a" * 64 + "@shop.example"
    assert anna.post("/tickets/new/", {**form, "requester": longest}).status_code == 302
    assert Ticket.objects.get().requester.address == longest


@pytest.mark.parametrize("address", UNREACHABLE)
@pytest.mark.parametrize(
    ("noun", "field"),
    [("messages", "to"), ("messages", "cc"), ("side-threads", "to"), ("participants", "address")],
)
def test_so_does_every_other_place_where_one_is_typed(world, ticket, anna, noun, field, address):
    good = {"kind": "reply", "to": "vera@severgrad.example", "subject": "О доставке", "text": "Добрый день!"}
    answer = anna.send(f"/tickets/{ticket.pk}/{noun}/", {**good, field: address})
    assert answer.status_code == 422
    assert "is not an e-mail address" in answer.content.decode()
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
    assert not SideThread.objects.exists()
    assert not Contact.objects.filter(identities__value=address).exists()


def test_why_it_did_not_leave_is_told_in_the_readers_language(world, nowhere, anna, unsent):
    unsent(nowhere)
    assert "There is no address to send this to." in delivery(anna, nowhere)
    assert line(nowhere, "en") == "Not delivered: There is no address to send this to."
    speaks(world.anna, "ru")
    for told in (delivery(anna, nowhere), line(nowhere, "ru")):
        assert "нет ни одного адреса" in told.lower()
        assert "There is no address" not in told
        assert "no-recipient" not in told


def test_a_notice_of_it_names_nobody(world, nowhere, unsent):
    unsent(nowhere)
    assert "Not delivered" in [one.title for one in shown(Notice.objects.filter(user=world.anna))]


def test_who_bounced_before_is_named_once(world, ticket, anna, unsent):
    mark_bounced("vera@severgrad.example", reason="gone", at=clock.now())
    unsent(ticket)
    words = "Mail to vera@severgrad.example has bounced before."
    assert words in delivery(anna, ticket)
    assert line(ticket, "en") == f"Not delivered: {words}"
    titles = [one.title for one in shown(Notice.objects.filter(user=world.anna))]
    assert "Not delivered to vera@severgrad.example" in titles


def test_a_brand_that_never_had_an_inbox_says_so_in_the_journal(ticket, unsent):
    Inbox.objects.all().delete()
    unsent(ticket)
    assert line(ticket, "en") == "Not delivered: This brand has no active mail inbox."
    assert "У этого бренда нет действующего почтового ящика." in line(ticket, "ru")


def test_the_health_page_tells_it_too(world, by, nowhere, unsent):
    unsent(nowhere)
    speaks(world.oleg, "ru")
    page = by(world.oleg).get("/settings/mail-health/").content.decode()
    assert "нет ни одного адреса" in page.lower()
    assert "There is no address" not in page


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        # As rows were kept before: in English, in the worker's language, with an address.
        ("no-inbox", "The bot is switched off.", "Бот выключен."),
        ("no-recipient", "Некуда отправлять.", "Некуда отправлять."),
        ("no-recipient", "Not sent to a@b.example: gone.", "Not sent to a@b.example: gone."),
        # A server's words are no source of ours, even where they read like one.
        ("5.1.1", "Not sent", "Not sent"),
        ("", "Not sent", "Not sent"),
        ("moved", "", ""),
    ],
)
def test_words_that_are_kept_already(code, words, told):
    with translation.override("ru"):
        assert undelivered.reason(code, words) == told


def test_only_a_servers_code_is_shown():
    codes = ["5.1.1", "403", "", "blocked", "no-recipient"]
    assert [Outbound(status_code=code).server_code for code in codes] == ["5.1.1", "403", "", "", ""]
