"""Whatever a server may answer: refusals of one or all, silence, and what is tried again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from channels_in import outgoing, sender
from channels_in.kinds.email import smtp
from channels_in.kinds.email.listener import Listener
from channels_in.models import Inbound, Inbox, Outbound
from channels_in.sender import send_due
from common import clock
from journal.drain import drain
from journal.models import Entry
from people.commands.contacts import mark_bounced
from people.models import Identity
from tests.mail_transport.conftest import point_at
from tests.mail_transport.steps import deliver, due_again, heard, kinds, state
from tests.support.smtp_sink import SmtpSink
from tickets import commands
from tickets.content import Content, FileContent
from tickets.files import path_of
from tickets.models import Message


def test_several_messages_use_one_connection(world, outbox):
    tickets = [world.ticket() for _number in range(5)]
    for one in tickets:
        world.reply(one)
        drain("ticket", one.pk)
    assert send_due() == 5
    assert outbox.connections == 1
    assert len(outbox.mails) == 5


def test_a_connection_that_the_server_closed_is_replaced(world, ticket, outbox):
    world.reply(ticket)
    deliver(ticket)
    outbox.hang_up()
    world.reply(ticket, "One more")
    deliver(ticket)
    assert len(outbox.wait_for(2)) == 2
    assert outbox.connections == 2


def test_a_temporary_refusal_is_tried_again_later(world, ticket, outbox):
    outbox.after_data = "451 4.3.2 System not accepting messages"
    reply = world.reply(ticket)
    deliver(ticket)
    row = state(reply)
    assert (row.status, row.attempts, row.status_code, row.maybe_twice) == ("waiting", 1, "4.3.2", False)
    assert "not accepting" in row.server_words
    assert timedelta(seconds=50) < row.not_before - clock.now() <= timedelta(minutes=1)
    outbox.after_data = ""
    deliver(ticket)
    assert not outbox.mails
    due_again(reply)
    deliver(ticket)
    assert (state(reply).status, state(reply).attempts) == ("sent", 2)


def test_after_two_days_of_trying_it_has_failed(world, ticket, outbox):
    outbox.on_mail = "450 4.7.1 greylisted"
    reply = world.reply(ticket)
    waits = timedelta()
    for _attempt in sender.BACKOFF:
        deliver(ticket)
        waits += state(reply).not_before - clock.now()
        due_again(reply)
    assert timedelta(days=2) < waits < timedelta(days=3)
    assert state(reply).status == "waiting"
    deliver(ticket)
    assert state(reply).status == "failed"
    assert kinds(ticket).count("delivery_failed") == 1


def test_a_refused_recipient_is_shown_and_marked(world, ticket, outbox):
    outbox.refuse["vera@severgrad.example"] = "550 5.1.1 No such user"
    reply = world.reply(ticket)
    deliver(ticket)
    row = state(reply)
    assert (row.status, row.status_code, row.recipients) == ("failed", "5.1.1", ["vera@severgrad.example"])
    entry = Entry.objects.get(kind="delivery_failed")
    assert entry.data["recipients"] == ["vera@severgrad.example"] and "No such user" in entry.data["words"]
    assert Identity.objects.get(value="vera@severgrad.example").bounced_at is not None


def test_a_refusal_for_the_content_does_not_blame_the_address(world, ticket, outbox):
    outbox.after_data = "554 5.7.1 Looks like spam"
    reply = world.reply(ticket)
    deliver(ticket)
    assert (state(reply).status, state(reply).status_code) == ("failed", "5.7.1")
    assert Identity.objects.get(value="vera@severgrad.example").bounced_at is None


def to_three(world, ticket) -> Message:
    people = [{"name": "", "address": f"{name}@x.example"} for name in ("good", "later", "never")]
    return commands.post_reply(
        ticket.pk, user=world.anna, content=Content(text="Hello all", to=people[:1], cc=people[1:])
    )


def test_each_recipient_is_served_once(world, ticket, outbox):
    outbox.refuse = {"later@x.example": "452 4.2.2 Mailbox full", "never@x.example": "550 5.1.1 Unknown"}
    reply = to_three(world, ticket)
    deliver(ticket)
    row = state(reply)
    assert (row.status, row.recipients) == ("waiting", ["later@x.example"])
    assert Entry.objects.get(kind="delivery_failed").data["recipients"] == ["never@x.example"]
    del outbox.refuse["later@x.example"]
    due_again(reply)
    deliver(ticket)
    assert [mail.recipients for mail in outbox.mails] == [["good@x.example"], ["later@x.example"]]
    assert len({mail.message_id for mail in outbox.mails}) == 1
    assert not state(reply).maybe_twice


def test_who_was_refused_can_be_tried_again_by_hand(world, ticket, outbox):
    outbox.refuse = {"never@x.example": "550 5.1.1 Unknown", "later@x.example": "550 5.2.2 Full"}
    reply = to_three(world, ticket)
    deliver(ticket)
    outbox.refuse.clear()
    outgoing.retry(state(reply).pk, actor=world.as_anna)
    outgoing.retry(state(reply).pk, actor=world.as_anna)
    deliver(ticket)
    assert [mail.recipients for mail in outbox.mails] == [
        ["good@x.example"],
        ["later@x.example", "never@x.example"],
    ]
    assert state(reply).status == "sent"
    assert kinds(ticket).count("delivery_retried") == 1


def test_bounced_addresses_are_left_out_and_named(world, ticket, outbox):
    mark_bounced("peter@gmail.com", reason="gone", at=clock.now())
    people = [{"name": "", "address": "peter@gmail.com"}, {"name": "", "address": "vera@severgrad.example"}]
    reply = commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Hello", to=people))
    drain("ticket", ticket.pk)
    assert "peter@gmail.com" in state(reply).server_words
    send_due()
    assert [mail.recipients for mail in outbox.mails] == [["vera@severgrad.example"]]


def test_a_message_nobody_can_get_has_failed_in_sight(world, ticket, outbox):
    mark_bounced("vera@severgrad.example", reason="gone", at=clock.now())
    reply = world.reply(ticket)
    deliver(ticket)
    assert (state(reply).status, state(reply).status_code) == ("failed", "bounced-before")
    assert "delivery_failed" in kinds(ticket)
    outgoing.retry(state(reply).pk, actor=world.as_anna)
    deliver(ticket)
    assert state(reply).status == "sent"


def test_a_brand_without_an_inbox_says_so(world, ticket, outbox):
    Inbox.objects.update(is_active=False)
    world.reply(ticket)
    deliver(ticket)
    assert Entry.objects.get(kind="delivery_failed").data["status_code"] == "no-inbox"


def test_a_server_that_vanishes_after_the_data_gets_it_again_with_the_same_id(world, ticket, outbox):
    outbox.drop_after_data = 1
    reply = world.reply(ticket)
    deliver(ticket)
    row = state(reply)
    assert (row.status, row.maybe_twice, row.handed_over_at) == ("waiting", True, None)
    due_again(reply)
    deliver(ticket)
    assert state(reply).status == "sent"
    first, second = outbox.mails
    assert first.message_id == second.message_id
    assert first.message["Date"] == second.message["Date"]


def test_a_server_that_is_away_is_left_alone_for_a_while(world, inbox, ticket, outbox):
    outbox.stop()
    reply = world.reply(ticket)
    other = world.ticket()
    second = world.reply(other)
    drain("ticket", ticket.pk)
    deliver(other)
    assert (state(reply).status, state(reply).attempts, state(reply).maybe_twice) == ("waiting", 1, False)
    assert state(second).attempts == 0
    with SmtpSink() as back:
        point_at(inbox, back)
        due_again(reply)
        send_due()
        assert len(back.mails) == 2


def test_an_inbox_without_a_server_says_so(world, inbox, ticket, settings):
    settings.REPLY_UNDO_SECONDS = 0
    reply = world.reply(ticket)
    deliver(ticket)
    assert (state(reply).status, state(reply).attempts) == ("waiting", 1)
    assert "No server for outgoing mail" in state(reply).server_words


def test_addresses_that_need_smtputf8(world, ticket, outbox):
    people = [{"name": "", "address": "вера@severgrad.example"}]
    reply = commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Hello", to=people))
    deliver(ticket)
    assert outbox.wait_for(1)[0].recipients == ["вера@severgrad.example"]
    assert "SMTPUTF8" in outbox.mails[0].options
    assert state(reply).status == "sent"
    smtp.pool.close_idle(0)
    outbox.smtputf8 = False
    second = commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Again", to=people))
    deliver(ticket)
    assert (state(second).status, state(second).status_code) == ("failed", "5.6.7")


def test_a_mail_larger_than_the_server_takes(world, ticket, outbox):
    outbox.size_limit = 2000
    reply = world.reply(ticket, "x" * 5000)
    deliver(ticket)
    assert (state(reply).status, state(reply).status_code) == ("failed", "5.3.4")


def test_a_file_that_is_gone_is_said(world, ticket, outbox, settings):
    content = Content(
        text="Here", to=[{"name": "", "address": "vera@severgrad.example"}],
        files=[FileContent("a.txt", "text/plain", b"unique content of a lost file")],
    )  # fmt: skip
    reply = commands.post_reply(ticket.pk, user=world.anna, content=content)
    Path(path_of(reply.attachments.get())).unlink()
    deliver(ticket)
    assert state(reply).status == "waiting"
    assert "cannot be read" in state(reply).server_words
    assert not outbox.mails


def test_which_inbox_answers(world, outbox):
    second = Inbox.objects.create(brand=world.brand, name="Sales", address="sales@zerno.example")
    point_at(second, outbox)
    ticket = world.ticket()
    heard(ticket, ticket.messages.get(), second, "q@x.example")
    world.reply(ticket)
    deliver(ticket)
    assert outbox.wait_for(1)[0].sender == "sales@zerno.example"


def test_our_own_listener_takes_what_we_send(world, ticket, listener, settings):
    """The two ends of the channel speak the same SMTP."""
    settings.REPLY_UNDO_SECONDS = 0
    assert isinstance(listener.listener, Listener)
    point_at(world.inbox, listener)
    content = Content(text="..\n.\ndots", to=[{"name": "", "address": "support@harbor.example"}])
    commands.post_reply(ticket.pk, user=world.anna, content=content)
    deliver(ticket)
    assert b"\r\n..\r\n.\r\ndots" in bytes(Inbound.objects.get().raw)
    smtp.pool.close_idle(0)


def test_a_server_that_takes_one_message_a_session(world, outbox):
    tickets = [world.ticket() for _number in range(3)]
    for one in tickets:
        world.reply(one)
        drain("ticket", one.pk)
    outbox.one_message_a_session = True
    assert send_due() == 3
    assert len(outbox.mails) == 3
    assert set(Outbound.objects.values_list("status", "attempts")) == {("sent", 1)}
