"""Several senders, dead servers and workers: none holds up another message, none sends one twice unsaid."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import connection, connections

from channels_in import sender
from channels_in.models import Outbound
from channels_in.sender import send_due
from common import clock
from journal.drain import drain
from tests.mail_transport.conftest import point_at
from tests.mail_transport.steps import deliver, due_again, state
from tests.support.stack import wait_until


def test_one_dead_server_holds_up_no_other(world, ticket, outbox):
    point_at(world.other_inbox, outbox, smtp_port=1)
    dead = world.ticket(brand=world.other_brand)
    world.reply(dead)
    world.reply(ticket)
    drain("ticket", dead.pk)
    deliver(ticket)
    assert len(outbox.mails) == 1


def test_later_messages_of_a_ticket_wait_for_earlier_ones(world, ticket, outbox):
    outbox.on_mail = "450 4.7.1 later"
    first = world.reply(ticket, "one")
    deliver(ticket)
    outbox.on_mail = ""
    second = world.reply(ticket, "two")
    deliver(ticket)
    assert not outbox.mails
    due_again(first)
    deliver(ticket)
    assert ["one" in mail.message.get_content() for mail in outbox.mails] == [True, False]
    assert state(second).status == "sent"


def test_but_not_for_ever(world, ticket, outbox):
    outbox.on_mail = "450 4.7.1 later"
    first = world.reply(ticket, "one")
    for _attempt in range(3):
        deliver(ticket)
        due_again(first)
    Outbound.objects.filter(message=first).update(not_before=clock.now() + timedelta(hours=1))
    outbox.on_mail = ""
    world.reply(ticket, "two")
    deliver(ticket)
    assert len(outbox.mails) == 1


def test_a_lease_left_by_a_dead_worker_is_taken_over(world, ticket, outbox):
    reply = world.reply(ticket)
    drain("ticket", ticket.pk)
    assert sender._claim(world.inbox.pk, in_order=False) is not None  # and the worker is killed
    assert send_due() == 0
    Outbound.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert send_due() == 1
    assert (state(reply).status, state(reply).maybe_twice) == ("sent", False)


def test_a_worker_killed_after_handing_over_leaves_maybe_twice(world, ticket, outbox):
    reply = world.reply(ticket)
    drain("ticket", ticket.pk)
    lease = sender._claim(world.inbox.pk, in_order=False)
    assert lease
    sender._Delivery(lease).handing_over()
    Outbound.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    send_due()
    assert (state(reply).status, state(reply).maybe_twice) == ("sent", True)


def test_a_worker_that_lost_its_lease_sends_nothing(world, ticket, outbox):
    world.reply(ticket)
    drain("ticket", ticket.pk)
    lease = sender._claim(world.inbox.pk, in_order=False)
    assert lease
    Outbound.objects.update(claimed_until=clock.now() + timedelta(seconds=7))  # another's now
    sender._send(lease)
    assert not outbox.mails
    assert Outbound.objects.get().status == "sending"


def test_several_workers_send_each_message_once(world, outbox):
    tickets = [world.ticket() for _number in range(12)]
    for one in tickets:
        world.reply(one)
        drain("ticket", one.pk)

    def work() -> None:
        while Outbound.objects.filter(status="waiting").exists():
            send_due()
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(outbox.mails) == 12
    assert len({mail.message_id for mail in outbox.mails}) == 12


def test_the_outcome_is_written_though_the_database_hung_up_meanwhile(world, ticket, outbox):
    outbox.delay = 2
    reply = world.reply(ticket)
    drain("ticket", ticket.pk)

    def work() -> None:
        send_due()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    wait_until(lambda: outbox.connections, what="the mail is on its way")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    worker.join(60)
    assert (state(reply).status, state(reply).maybe_twice) == ("sent", False)
    assert len(outbox.mails) == 1
