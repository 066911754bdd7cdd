"""Nothing is lost: what cannot be processed is set aside with its cause, and can be taken up again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from channels_in import draining, health, intake, quarantine
from channels_in.models import Inbound
from common import clock
from journal.models import Entry
from tests.intake.letters import letter
from tests.world import World
from tickets.models import Status, Ticket

pytestmark = pytest.mark.django_db


def too_deep() -> bytes:
    """More MIME parts than anybody needs."""
    parts = "".join(f"--b\r\nContent-Type: text/plain\r\n\r\npart {number}\r\n" for number in range(120))
    return letter(f"{parts}--b--", content_type='multipart/mixed; boundary="b"', mime_version="1.0")


def kinds(world: World) -> list[str]:
    return list(
        Entry.objects.filter(stream_type="inbox", stream_id=world.inbox.pk)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def test_a_limit_ends_in_quarantine_with_its_cause(world: World, deliver):
    inbound = deliver(too_deep())

    assert (inbound.status, inbound.cause) == (Inbound.Status.QUARANTINED, "too-many-parts")
    assert kinds(world) == ["inbound_quarantined"]
    assert Ticket.objects.count() == 0


def test_what_is_in_quarantine_holds_up_nobody(world: World, deliver):
    deliver(too_deep())

    assert deliver(letter()).status == Inbound.Status.DONE


def test_processing_again_after_the_cause_was_mended(world: World, deliver):
    nameless = deliver(b"Subject: no sender\r\n\r\nHello\r\n")
    Inbound.objects.filter(pk=nameless.pk).update(envelope_from="vera@severgrad.example")

    again = quarantine.reprocess(nameless.pk, actor=world.as_anna)

    assert again.status == Inbound.Status.DONE
    assert again.ticket is not None and again.ticket.requester == world.vera
    assert kinds(world) == ["inbound_quarantined", "inbound_reprocessed"]
    assert quarantine.reprocess(nameless.pk, actor=world.as_anna).message_id == again.message_id
    assert Ticket.objects.count() == 1


def test_attaching_to_a_ticket_by_hand(world: World, deliver):
    ticket = world.ticket()
    inbound = deliver(too_deep())

    quarantine.attach(inbound.pk, ticket.pk, actor=world.as_anna)

    inbound.refresh_from_db()
    assert inbound.status == Inbound.Status.DONE
    assert inbound.ticket == ticket
    assert "part 1" in inbound.message.text
    quarantine.attach(inbound.pk, ticket.pk, actor=world.as_anna)
    assert ticket.messages.count() == 2
    with pytest.raises(quarantine.NotAside):
        quarantine.attach(inbound.pk, world.ticket().pk, actor=world.as_anna)


def test_discarding_keeps_the_mail(world: World, deliver):
    inbound = deliver(too_deep())

    quarantine.discard(inbound.pk, actor=world.as_anna)
    quarantine.discard(inbound.pk, actor=world.as_anna)

    inbound.refresh_from_db()
    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "by-hand")
    assert kinds(world) == ["inbound_quarantined", "inbound_discarded"]
    assert quarantine.reprocess(inbound.pk, actor=world.as_anna).status == Inbound.Status.QUARANTINED


# --- what goes wrong on the way -------------------------------------------------------------------


def with_file() -> bytes:
    text = "--b\r\nContent-Type: text/plain\r\n\r\nСчёт\r\n"
    body = f"{text}--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--b--"
    return letter(body, content_type='multipart/mixed; boundary="b"', mime_version="1.0")


def test_a_full_disk_makes_a_mail_wait_not_fail(world: World, deliver, settings, tmp_path: Path):
    settings.MEDIA_ROOT = Path("/dev/full/nowhere")  # cannot be written to: not a directory
    blocked = deliver(with_file())
    assert blocked.status == Inbound.Status.PENDING

    settings.MEDIA_ROOT = tmp_path
    Inbound.objects.update(not_before=None)
    intake.drain_pending(world.inbox.pk)

    blocked.refresh_from_db()
    assert blocked.status == Inbound.Status.DONE
    assert blocked.message.attachments.count() == 1


def test_the_errors_of_a_full_disk_are_known():
    assert errno.ENOSPC in draining.ENVIRONMENT


def test_an_unexpected_error_is_tried_three_times_and_set_aside(world: World, deliver):
    Status.objects.all().delete()  # an installation without statuses: every verb that opens raises
    inbound = deliver(letter())
    assert inbound.status == Inbound.Status.PENDING
    assert inbound.not_before > clock.now()
    for _attempt in range(2):
        Inbound.objects.update(not_before=None)
        intake.drain_pending(world.inbox.pk)

    inbound.refresh_from_db()
    assert (inbound.status, inbound.cause) == (Inbound.Status.QUARANTINED, "exception")
    assert "DoesNotExist" in inbound.detail
    assert Ticket.objects.count() == 0


def test_a_mail_that_kills_its_worker_is_set_aside_at_last(world: World):
    inbound, _created = intake.store(world.inbox, letter(), via="pipe")
    Inbound.objects.update(attempts=draining.MOST_STARTS)

    intake.drain_pending(world.inbox.pk)

    inbound.refresh_from_db()
    assert (inbound.status, inbound.cause) == (Inbound.Status.QUARANTINED, "worker-died")


# --- the equation ---------------------------------------------------------------------------------


def test_received_is_the_sum_of_what_became_of_it(world: World, deliver):
    deliver(letter())
    deliver(too_deep())
    deliver(letter("В отпуске", auto_submitted="auto-replied"))
    intake.store(world.inbox, letter(), via="pipe")

    found = health.read()

    balance = next(one for one in found.balances if one.inbox == world.inbox)
    assert (balance.received, balance.done, balance.quarantined, balance.discarded, balance.pending) == (
        4,
        1,
        1,
        1,
        1,
    )
    assert balance.holds
    assert balance.causes == {"too-many-parts": 1, "auto-reply-without-ticket": 1}
    assert (found.waiting, found.quarantined) == (1, 1)
    assert found.lag >= 0


def test_the_health_page_costs_the_same_however_much_there_is(
    world: World, deliver, django_assert_num_queries
):
    with django_assert_num_queries(10):
        health.read()
    for _mail in range(3):
        deliver(letter())
    with django_assert_num_queries(10):
        health.read()
