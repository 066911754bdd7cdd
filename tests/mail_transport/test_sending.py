"""From Send to a mail at a real SMTP server: what is in it, who gets it, and how it is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from channels_in import outgoing
from channels_in.kinds.email import tokens
from channels_in.models import Inbox, MailReference, Outbound
from common import clock
from journal.actor import Actor
from journal.models import Entry
from tests.mail_transport.steps import deliver, due_again, heard, state
from tickets import commands, errors
from tickets.content import Content, FileContent


def test_a_reply_arrives_with_all_that_threads_it(world, ticket, outbox):
    first = ticket.messages.get()
    heard(ticket, first, world.inbox, "q1@severgrad.example")
    world.anna.signature = "Anna"
    world.anna.save()
    reply = world.reply(ticket, "Уже смотрим.")
    deliver(ticket)
    received = outbox.wait_for(1)[0]
    assert received.sender == "support@zerno.example"
    assert received.recipients == ["vera@severgrad.example"]
    mail = received.message
    assert mail["From"].addresses[0].display_name == "Anna Lind (Зерно)"
    assert mail["Subject"] == "Re: Кофемашина шумит"
    assert mail["In-Reply-To"] == "<q1@severgrad.example>"
    assert str(mail["References"]).split() == ["<q1@severgrad.example>"]
    assert "Уже смотрим." in mail.get_content()
    assert mail.get_content().rstrip().endswith("-- \r\nAnna")
    assert "Auto-Submitted" not in mail and "Reply-To" not in mail
    ref = tokens.parse_message_id(str(mail["Message-ID"]))
    assert ref == tokens.Ref(ticket.pk, None, reply.pk, ticket.thread_key)
    row = state(reply)
    assert (row.status, row.attempts, row.external_id) == ("sent", 1, received.message_id)
    assert row.sent_at and row.server_words.startswith("250") and row.recipients == []
    assert MailReference.objects.get(message=reply).is_ours


def test_the_chain_grows(world, ticket, outbox):
    heard(ticket, ticket.messages.get(), world.inbox, "q1@x.example")
    first = world.reply(ticket)
    deliver(ticket)
    heard(ticket, world.receive(ticket, "Спасибо, но нет."), world.inbox, "q2@x.example")
    world.reply(ticket, "Тогда так.")
    deliver(ticket)
    mail = outbox.wait_for(2)[1].message
    assert mail["In-Reply-To"] == "<q2@x.example>"
    assert str(mail["References"]).split() == [
        "<q1@x.example>",
        f"<{state(first).external_id}>",
        "<q2@x.example>",
    ]


def test_html_files_copies_and_history(world, ticket, outbox):
    world.inbox.quote_history = world.inbox.plus_addresses = True
    world.inbox.save()
    reply = commands.post_reply(
        ticket.pk,
        user=world.anna,
        content=Content(
            text="See the <manual>.",
            html="<p>See the &lt;manual&gt;. <img src='cid:pic@o'></p>".replace("'", '"'),
            to=[{"name": "Вера", "address": "vera@severgrad.example"}],
            cc=[
                {"name": "", "address": "boss@severgrad.example"},
                {"name": "", "address": "VERA@severgrad.example"},
            ],
            files=[
                FileContent("pic.png", "image/png", b"\x89PNG", is_inline=True, content_id="pic@o"),
                FileContent("Инструкция.pdf", "application/pdf", b"%PDF-1.7"),
            ],
        ),
    )
    deliver(ticket)
    received = outbox.wait_for(1)[0]
    assert received.recipients == ["vera@severgrad.example", "boss@severgrad.example"]
    mail = received.message
    assert [one.addr_spec for one in mail["Cc"].addresses] == ["boss@severgrad.example"]
    plain = mail.get_body(("plain",)).get_content()
    assert "See the <manual>." in plain and "> Кофемашина не включается" in plain and "Вера Ёлкина" in plain
    html = mail.get_body(("html",)).get_content()
    assert "<p>See the &lt;manual&gt;." in html and "&gt; Кофемашина" in html
    names = [part.get_filename() for part in mail.walk() if part.get_filename()]
    assert names == ["pic.png", "Инструкция.pdf"]
    answer_to = mail["Reply-To"].addresses[0].addr_spec
    assert tokens.parse_plus_address(answer_to) == tokens.Ref(ticket.pk, None, None, ticket.thread_key)
    assert state(reply).status == "sent"


def test_a_side_thread_is_a_conversation_of_its_own(world, ticket, outbox):
    world.inbox.plus_addresses = True
    world.inbox.save()
    heard(ticket, ticket.messages.get(), world.inbox, "q1@severgrad.example")
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="Spare part?", user=world.anna)
    reply = commands.post_reply(
        ticket.pk, user=world.anna, content=Content(text="Have you got the grinder?"), side_thread=side
    )
    deliver(ticket)
    received = outbox.wait_for(1)[0]
    assert received.recipients == ["peter@gmail.com"]
    mail = received.message
    assert mail["Subject"] == "Spare part?"
    assert "References" not in mail and "In-Reply-To" not in mail
    assert tokens.parse_message_id(received.message_id) == tokens.Ref(ticket.pk, side.pk, reply.pk, side.key)
    address = mail["Reply-To"].addresses[0].addr_spec
    assert tokens.parse_plus_address(address) == tokens.Ref(ticket.pk, side.pk, None, side.key)
    assert "не включается" not in mail.get_content()


def test_an_automatic_message_says_so_and_leaves_at_once(world, ticket, outbox, settings):
    settings.REPLY_UNDO_SECONDS = 10
    content = Content(text="We have it: #1")
    commands.post_automatic(ticket.pk, content=content, actor=Actor.system("acknowledgement"))
    deliver(ticket)
    mail = outbox.wait_for(1)[0].message
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert mail["From"].addresses[0].display_name == "Зерно"


def test_nothing_in_a_note_or_in_the_past_is_sent(world, ticket, outbox):
    commands.post_note(ticket.pk, user=world.anna, content=Content(text="secret"))
    old = world.ticket(at=clock.now() - timedelta(days=3))
    world.reply(old, at=clock.now() - timedelta(days=2))
    deliver(ticket)
    deliver(old)
    assert not Outbound.objects.exists()


def test_planning_twice_makes_one_row(world, ticket, outbox):
    reply = world.reply(ticket)
    entry = Entry.objects.get(kind="reply_posted", stream_id=ticket.pk)
    assert outgoing.plan(entry, reply.pk) == outgoing.plan(entry, reply.pk)
    deliver(ticket)
    deliver(ticket)
    assert len(outbox.mails) == 1


def test_send_can_be_undone_until_it_leaves(world, ticket, outbox, settings):
    settings.REPLY_UNDO_SECONDS = 10
    reply = world.reply(ticket)
    deliver(ticket)
    assert not outbox.mails
    outgoing.withdraw(reply.pk, actor=world.as_anna)
    assert state(reply).status == "withdrawn"
    due_again(reply)
    deliver(ticket)
    assert not outbox.mails
    outgoing.withdraw(reply.pk, actor=world.as_anna)  # again changes nothing


def test_undoing_before_the_row_is_made_works_too(world, ticket, outbox):
    reply = world.reply(ticket)
    outgoing.withdraw(reply.pk, actor=world.as_anna)
    deliver(ticket)
    assert not outbox.mails and not Outbound.objects.exists()


def test_what_has_left_cannot_be_undone(world, ticket, outbox):
    reply = world.reply(ticket)
    deliver(ticket)
    with pytest.raises(errors.TooLate):
        outgoing.withdraw(reply.pk, actor=world.as_anna)


def test_an_inbox_whose_key_is_lost_holds_up_no_other(world, ticket, outbox):
    """Found in review: its password cannot be read, and no inbox after it was served any more."""
    other = world.reply(world.ticket(brand=world.other_brand))
    Outbound.objects.create(
        message=other, inbox=world.other_inbox, external_id="x@y", recipients=["vera@severgrad.example"],
        not_before=clock.now() - timedelta(hours=1),
    )  # fmt: skip
    Inbox.objects.filter(pk=world.other_inbox.pk).update(
        smtp_host="127.0.0.1",
        smtp_port=outbox.port,
        smtp_security="none",
        smtp_user="support",
        sign="password",
    )
    with connection.cursor() as cursor:
        lost = Fernet(Fernet.generate_key()).encrypt(b"secret").decode()
        cursor.execute(
            "UPDATE channels_in_inbox SET smtp_password = %s WHERE id = %s", [lost, world.other_inbox.pk]
        )
    reply = world.reply(ticket)
    deliver(ticket)
    assert len(outbox.wait_for(1)) == 1
    assert state(reply).status == "sent"
    assert state(other).status == "waiting"
    assert "FIELD_ENCRYPTION_KEYS" in state(other).server_words


def test_a_reply_of_a_brand_without_inbox_waits_for_one(world, ticket, outbox):
    """Found in review: there was nothing to try again."""
    Inbox.objects.filter(brand=world.brand).update(is_active=False)
    reply = world.reply(ticket)
    deliver(ticket)
    assert (state(reply).status, state(reply).status_code) == ("failed", "no-inbox")

    Inbox.objects.filter(pk=world.inbox.pk).update(is_active=True)
    outgoing.retry(state(reply).pk, actor=world.as_anna)
    deliver(ticket)
    assert state(reply).status == "sent"


def test_open_pages_hear_that_a_reply_was_sent(world, ticket, outbox, monkeypatch):
    told = []
    monkeypatch.setattr("channels_in.announce.listeners", [told.append])
    world.reply(ticket)
    deliver(ticket)
    assert told == [ticket.pk]
