"""What the page of a ticket asks of the database, whatever hangs on the ticket."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_in.models import Inbound, Inbox, Outbound, Thread
from common import clock
from people.commands.contacts import resolve_contact
from people.commands.merging import merge_contacts
from tests.desk.test_chats import visits, widget  # noqa: F401  # its fixtures
from tests.desk.test_ticket import rich_ticket
from tickets import commands
from tickets.content import Content
from tickets.models import Category, Message

MOST = 15


def cost(browser, ticket):
    """How many statements the page takes once this process has warmed up."""
    path = f"/tickets/{ticket.pk}/"
    assert browser.get(path).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(path).content.decode()
    return len(asked), page


def laden(world, ticket):
    """With a problem, a side thread, a merged ticket, changes of all kinds, and deliveries."""
    actor = world.as_anna
    problem = commands.open_problem(actor=actor, title="Склад закрыт", owner=world.boris)
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=actor)
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="Поставка", user=world.anna)
    commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Поставщику"), side_thread=side)
    merged = world.ticket("Слито", team=world.first_line)
    commands.merge(merged.pk, into=ticket.pk, actor=actor)
    commands.link(ticket.pk, other=world.ticket("Тайна", team=world.second_line).pk, actor=actor)
    commands.assign(ticket.pk, to=world.boris, actor=actor)
    commands.set_team(ticket.pk, team=world.first_line, actor=actor)
    commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=actor)
    commands.set_organization(ticket.pk, organization_id=world.organization.pk, actor=actor)
    message = world.reply(ticket, "Ушло")
    Outbound.objects.create(
        message=message, inbox=world.inbox, external_id="a@b", status="bounced", not_before=clock.now(),
        server_words="550 no such user",
    )  # fmt: skip
    Inbound.objects.create(
        inbox=world.inbox, external_id="x@y", content_hash="0" * 64, raw=b"x", size=1, via="smtp",
        received_at=clock.now(), status="done", message=world.receive(ticket, "Где?"), ticket=ticket,
        verdict={"state": "failed"},
    )  # fmt: skip


def test_a_mail_with_all_that_can_hang_on_it(world, anna, maria, egor):
    plain = world.ticket(team=world.first_line)
    assert cost(anna, plain)[0] <= MOST - 1
    ticket = rich_ticket(world, 3)
    laden(world, ticket)
    asked, page = cost(anna, ticket)
    assert asked <= MOST
    for words in (
        "Склад закрыт",
        "Outside: Peter Brook",
        "Слито",
        "550 no such user",
        "Sender not proved",
        "Северград",
    ):
        assert words in page
    assert "Тайна" not in page  # the door is still asked for links
    assert page.count(plain.subject) >= 1  # and for the customer's other tickets
    assert cost(maria, ticket)[0] <= MOST
    commands.set_team(ticket.pk, team=world.second_line, actor=world.as_anna)
    assert cost(egor, ticket)[0] <= MOST


def test_telegram_beside_mail(world, anna):
    inbox = Inbox.objects.create(brand=world.brand, name="@zerno_bot", kind="telegram", address="")
    contact = resolve_contact("telegram", "4711", name="verochka", proof="channel")
    merge_contacts(contact.pk, into=world.vera.pk, actor=world.as_anna)
    ticket = rich_ticket(world, 3)
    laden(world, ticket)
    heard = clock.now() + timedelta(seconds=1)
    Thread.objects.create(inbox=inbox, external_id="4711", contact=contact, heard_at=heard)
    asked, page = cost(anna, ticket)
    assert asked <= MOST
    assert "Heard last by Telegram" in page


def test_a_chat_with_its_visitor(world, anna, visits):  # noqa: F811
    katya = visits("Где мой заказ?", name="Катя")
    ticket = katya.ticket
    anna.send(f"/tickets/{ticket.pk}/chat/taking/")
    anna.send(
        f"/tickets/{ticket.pk}/messages/",
        {"kind": "reply", "text": "Едет", "way": f"thread:{katya.thread_id}"},
    )
    assert Message.objects.filter(ticket=ticket, channel="chat", kind="reply").count() == 1
    laden(world, ticket)
    asked, page = cost(anna, ticket)
    assert asked <= MOST
    for words in ("On the site now", "Корзина", "Not seen yet"):
        assert words in page
