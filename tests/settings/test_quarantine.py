"""Mail that was set aside, senders that are not wanted, and the page that says whether mail flows."""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from channels_in import intake
from channels_in.events import BreakerTripped
from channels_in.models import BlockedSender, Inbound, Outbound
from common import clock
from journal.actor import Actor
from journal.models import Delivery, Entry
from journal.record import record

DEEP = (
    b"From: Julie <julie@bags.example>\r\nTo: support@zerno.example\r\nSubject: <b>Deep</b>\r\n"
    b"MIME-Version: 1.0\r\n"
)
for level in range(24):
    DEEP += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
DEEP += b"Content-Type: text/plain\r\n\r\nThe innermost words <script>alert(1)</script>\r\n"


@pytest.fixture
def aside(world) -> Inbound:
    inbound, _created = intake.store(world.inbox, DEEP, via="smtp", envelope_from="julie@bags.example")
    intake.process(inbound.pk)
    inbound.refresh_from_db()
    assert inbound.status == Inbound.Status.QUARANTINED
    return inbound


def test_the_page_says_why_and_shows_the_source_as_text(oleg, aside):
    listed = oleg.get("/settings/quarantine/").content.decode()
    assert "nested deeper" in listed
    assert "&lt;b&gt;Deep" in listed
    page = oleg.get(f"/settings/quarantine/{aside.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    answer = oleg.get(f"/settings/quarantine/{aside.pk}/?download")
    assert answer.content == DEEP
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_number_waiting_stands_in_the_list_of_pages(oleg, aside):
    assert "count-warn" in oleg.get("/settings/inboxes/").content.decode()


def test_processing_again_says_that_it_failed_again(oleg, aside):
    answer = oleg.post(f"/settings/quarantine/{aside.pk}/processing/", follow=True)
    assert "It failed again" in answer.content.decode()


def test_it_is_put_into_a_ticket_by_hand(oleg, aside, world):
    ticket = world.ticket()
    answer = oleg.post(f"/settings/quarantine/{aside.pk}/attachment/", {"ticket": f"#{ticket.pk}"})
    assert answer.status_code == 302
    aside.refresh_from_db()
    assert (aside.status, aside.ticket_id) == (Inbound.Status.DONE, ticket.pk)


@pytest.mark.parametrize("number", ["", "999999", "abc", "#", "9" * 40])
def test_there_has_to_be_such_a_ticket(oleg, aside, number):
    answer = oleg.post(f"/settings/quarantine/{aside.pk}/attachment/", {"ticket": number})
    assert answer.status_code == 422
    assert "There is no such ticket" in answer.content.decode()


def test_discarded_it_leaves_the_list_and_can_still_be_found(oleg, aside):
    oleg.post(f"/settings/quarantine/{aside.pk}/discarding/")
    assert "Deep" not in oleg.get("/settings/quarantine/").content.decode()
    assert "Deep" in oleg.get("/settings/quarantine/?status=discarded").content.decode()
    assert oleg.get("/settings/quarantine/?status=everything").status_code == 404


def test_a_long_quarantine_comes_in_pages_with_the_same_number_of_queries(
    oleg, world, django_assert_num_queries
):
    def fill(number):
        Inbound.objects.bulk_create(
            Inbound(
                inbox=world.inbox, external_id=f"{number}-{one}@x", content_hash=f"{number}-{one}", size=9,
                raw=b"Subject: Mail\r\n\r\n", via="smtp", received_at=clock.now(), status="quarantined",
                cause="too-large",
            )
            for one in range(number)
        )  # fmt: skip

    fill(1)
    oleg.get("/settings/quarantine/")
    with django_assert_num_queries(5):  # session, user, the count, the page, the bell
        oleg.get("/settings/quarantine/")
    fill(60)
    with django_assert_num_queries(5):
        first = oleg.get("/settings/quarantine/").content.decode()
    following = re.search(r"before=(\d+)", first)[1]
    second = oleg.get(f"/settings/quarantine/?before={following}").content.decode()
    assert first.count("set-row-title") == 50
    assert second.count("set-row-title") == 11
    assert "Older" not in second


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Spam@Bad.example", "spam@bad.example"),
        ("bad.example", "@bad.example"),
        ("@bad.example", "@bad.example"),
    ],
)
def test_a_sender_or_a_domain_is_blocked(oleg, world, written, kept):
    oleg.post("/settings/blocked-senders/", {"pattern": written, "reason": "offers"})
    row = BlockedSender.objects.get()
    assert (row.pattern, row.reason, row.blocked_by) == (kept, "offers", world.oleg)


@pytest.mark.parametrize("written", ["", "@", "two words", "a@", "@a b.example", "<script>"])
def test_what_is_no_address_is_refused(oleg, written):
    assert oleg.post("/settings/blocked-senders/", {"pattern": written}).status_code == 422
    assert not BlockedSender.objects.exists()


def test_a_block_is_lifted(oleg):
    row = BlockedSender.objects.create(pattern="@bad.example")
    oleg.post(f"/settings/blocked-senders/{row.pk}/removal/")
    assert not BlockedSender.objects.exists()
    assert oleg.post(f"/settings/blocked-senders/{row.pk}/removal/").status_code == 404


def test_the_health_page_shows_the_equation_and_what_is_lost(oleg, world, aside):
    reply = world.reply(world.ticket())
    row = Outbound.objects.create(
        message=reply, inbox=world.inbox, external_id="a@b", not_before=clock.now(), status="failed",
        recipients=["vera@severgrad.example"], server_words="550 no such user",
    )  # fmt: skip
    said = oleg.get("/settings/mail-health/").content.decode()
    assert "Balanced" in said
    assert "550 no such user" in said
    oleg.post(f"/settings/mail-health/outbound/{row.pk}/")
    row.refresh_from_db()
    assert row.status == Outbound.Status.WAITING


def test_what_was_parked_tries_again(oleg, world):
    world.reply(world.ticket())
    Delivery.objects.update(parked=True, attempts=8, error="Boom")
    assert "Boom" in oleg.get("/settings/mail-health/").content.decode()
    subscriber = Delivery.objects.values_list("subscriber", flat=True).first()
    oleg.post("/settings/mail-health/parked/", {"subscriber": subscriber})
    assert not Delivery.objects.filter(parked=True, subscriber=subscriber).exists()


def test_the_breaker_is_reset_by_name(oleg, world):
    with transaction.atomic():
        record(BreakerTripped(0, 300), actor=Actor.system("budget"))
    assert "The breaker is open" in oleg.get("/settings/mail-health/").content.decode()
    oleg.post("/settings/mail-health/breaker/removal/")
    last = Entry.objects.filter(stream_type="inbox", stream_id=0).latest("sequence")
    assert (last.kind, last.actor.id) == ("breaker_reset", world.oleg.pk)
