"""What customers do on the page of their request: write, send files, say whether it is solved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from channels_in import intake
from channels_in.kinds.web_form import replies
from channels_in.models import BlockedSender, Inbound
from journal.models import Entry
from people.models import Contact
from tickets import commands
from tickets.models import Category, Link, Message, Participant, Ticket


@pytest.fixture(autouse=True)
def _no_rates():
    cache.clear()


def to(ticket, what="replies/"):
    return f"/portal/zerno/requests/{ticket.pk}/{what}"


def solve(portal, ticket, *, ago=timedelta(0)):
    commands.set_status(ticket.pk, status=portal.status(Category.RESOLVED), actor=portal.as_anna)
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=timezone.now() - ago)


def test_a_reply_with_files_is_a_message_by_the_form(portal, vera):
    ticket = portal.ticket()
    commands.set_status(ticket.pk, status=portal.status(Category.PENDING), actor=portal.as_anna)
    picture = SimpleUploadedFile("экран.png", b"\x89PNG", "image/png")
    answer = vera.post(to(ticket), {"text": "Вот снимок", "uploads": [picture], "key": "k1"})
    message = Message.objects.get(text="Вот снимок")
    assert answer["Location"] == f"{to(ticket, '')}#message-{message.pk}"
    assert (message.channel, message.author_contact) == ("form", portal.vera)
    assert message.attachments.get().name == "экран.png"
    ticket.refresh_from_db()
    assert ticket.category == Category.OPEN and ticket.waiting_since is not None
    inbound = Inbound.objects.get(message=message)
    assert (inbound.via, inbound.status, inbound.inbox.kind) == ("web", "done", "form")
    assert inbound.verdict["state"] == "passed"
    assert "Вот снимок" in vera.get(to(ticket, "")).text


def test_the_same_form_sent_twice_is_one_message(portal, vera):
    ticket = portal.ticket()
    first, second = (vera.post(to(ticket), {"text": "Раз", "key": "same"}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Message.objects.filter(text="Раз").count() == 1
    vera.post(to(ticket), {"text": "Раз", "key": "another"})
    assert Message.objects.filter(text="Раз").count() == 2


def test_keys_of_two_customers_never_meet(portal, vera, customer):
    peter, theirs = customer(portal.peter), portal.ticket(requester=portal.peter)
    ticket = portal.ticket()
    vera.post(to(ticket), {"text": "От Веры", "key": "k"})
    peter.post(to(theirs), {"text": "От Петра", "key": "k"})
    assert Message.objects.get(text="От Петра").ticket == theirs


def test_what_cannot_be_processed_now_is_kept_and_processed_later(portal, vera, monkeypatch):
    ticket = portal.ticket()
    with monkeypatch.context() as broken:
        broken.setattr(
            commands, "receive_message", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "full"))
        )
        answer = vera.post(to(ticket), {"text": "Не потеряйте", "key": "k"}, follow=True)
    assert "появится здесь" in answer.text
    assert Inbound.objects.get().status == "pending"
    Inbound.objects.update(not_before=None)
    intake.drain_pending(Inbound.objects.get().inbox_id)
    assert Message.objects.filter(text="Не потеряйте", ticket=ticket).count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "  "}, "Напишите что-нибудь"),
        ({"text": "x" * 200_001}, "field-error"),
        ({"text": "Вот", "uploads": [SimpleUploadedFile("x.exe", b"MZ")]}, "x.exe"),
        ({"text": "Вот", "uploads": [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(21)]}, "20"),
        ({"text": "Вот", "uploads": [SimpleUploadedFile("big.bin", b"x" * (25 * 1024 * 1024 + 1))]}, "25"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(portal, vera, given, words):
    ticket = portal.ticket()
    answer = vera.post(to(ticket), {**given, "key": "k"})
    assert answer.status_code == 422 and words in answer.text
    assert not Inbound.objects.exists()
    if given["text"] == "Вот":
        assert ">\nВот</textarea>" in answer.text


def test_too_many_at_once_are_refused(portal, vera):
    ticket = portal.ticket()
    codes = [vera.post(to(ticket), {"text": f"Раз {n}", "key": f"{n}"}).status_code for n in range(11)]
    assert codes == [302] * 10 + [422]
    assert Message.objects.filter(text__startswith="Раз").count() == 10


def test_solved_thank_you(portal, vera):
    ticket = portal.ticket()
    for _ in range(2):
        page = vera.post(to(ticket, "solution/"), follow=True)
        assert "Решено" in page.text
    ticket.refresh_from_db()
    assert ticket.category == Category.RESOLVED
    entries = Entry.objects.filter(stream_id=ticket.pk, kind="status_changed", actor_kind="contact")
    assert [entry.actor_id for entry in entries] == [portal.vera.pk], "once, by the customer"


def test_this_did_not_help_with_words_or_without(portal, vera):
    for text in ("", "Спасибо"):
        ticket = portal.ticket()
        solve(portal, ticket)
        page = vera.post(to(ticket, "solution/removal/"), {"text": text, "key": f"k{ticket.pk}"}, follow=True)
        assert page.status_code == 200 and "снова открыто" in page.text
        ticket.refresh_from_db()
        assert ticket.category == Category.OPEN and ticket.waiting_since is not None, text
    assert Message.objects.filter(text="Спасибо").exists()


def test_a_mere_thank_you_reopens_nothing(portal, vera):
    ticket = portal.ticket()
    solve(portal, ticket)
    vera.post(to(ticket), {"text": "Спасибо!", "key": "k"})
    ticket.refresh_from_db()
    assert ticket.category == Category.RESOLVED


def test_what_was_solved_long_ago_is_followed_by_a_new_request(portal, vera):
    ticket = portal.ticket()
    solve(portal, ticket, ago=timedelta(days=40))
    page = vera.get(to(ticket, "")).text
    assert "<textarea" not in page and "Новое обращение" in page
    assert vera.post(to(ticket, "solution/removal/"), {"key": "k"}).status_code == 422
    # A page that was open all the while.
    vera.post(to(ticket), {"text": "Опять", "key": "k"})
    message = Message.objects.get(text="Опять")
    assert message.ticket_id != ticket.pk
    assert Link.objects.get(ticket=message.ticket).other == ticket


def test_a_reply_to_a_merged_request_goes_where_it_went(portal, vera):
    ticket, survivor = portal.ticket(), portal.ticket()
    commands.merge(ticket.pk, into=survivor.pk, actor=portal.as_anna)
    vera.post(to(ticket), {"text": "Сюда", "key": "k"})
    assert Message.objects.get(text="Сюда").ticket == survivor


def test_a_colleague_who_writes_takes_part(portal, customer):
    type(portal.brand).objects.update(portal_sees="domain")
    ticket = portal.ticket()
    lev = customer(type("Address", (), {"address": "lev@severgrad.example"}))
    lev.post(to(ticket), {"text": "И у меня", "key": "k"})
    contact = Contact.objects.get(identities__value="lev@severgrad.example")
    assert Participant.objects.filter(ticket=ticket, contact=contact).exists()


def test_between_storing_and_processing_the_door_is_asked_again(portal, vera):
    ticket = portal.ticket()
    vera.post(to(ticket), {"text": "Раньше", "key": "0"})
    inbox = Inbound.objects.get().inbox
    reply = replies.encode(replies.Reply(ticket.pk, portal.peter.pk, "Чужое"))
    row, _new = intake.keep(inbox, reply, external_id="reply:x", via="web")
    assert (intake.process(row.pk).status, Inbound.objects.get(pk=row.pk).cause) == (
        "quarantined",
        "not-theirs",
    )
    broken, _new = intake.keep(inbox, reply[:60], external_id="reply:y", via="web")
    assert intake.process(broken.pk).cause == "broken-form"
    assert not Message.objects.filter(text="Чужое").exists()


def test_who_is_blocked_writes_nothing(portal, vera):
    ticket = portal.ticket()
    BlockedSender.objects.create(pattern="vera@severgrad.example")
    vera.post(to(ticket), {"text": "Реклама", "key": "k"})
    assert Inbound.objects.get().status == "discarded"
    assert not Message.objects.filter(text="Реклама").exists()
