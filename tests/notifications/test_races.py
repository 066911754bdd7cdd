"""Several workers at once: nothing is lost and nothing told twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections, transaction

from common import clock
from journal.models import Entry
from notifications import give as giving
from notifications import mailing
from notifications.kinds import Kind
from notifications.models import Notice, NoticeMail
from notifications.preferences import Wish, save_wishes
from notifications.reading import mark_all_read
from notifications.recipients import Told
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return make_world()


def in_threads(*jobs):
    errors = []

    def run(job):
        try:
            job()
        except Exception as error:  # said by the test, not by the thread
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
        assert not thread.is_alive(), "it takes for ever"
    assert errors == []


def give(user, entry, about, number):
    with transaction.atomic():
        entry.happened_at += timedelta(seconds=1)
        giving.give(Told(Kind.RULE, frozenset({user.pk}), about, {"text": f"»{number}«"}), entry)


def test_every_notice_is_mailed_once_while_mails_are_gathered_and_sent(world, settings):
    settings.NOTICE_HOLD_SECONDS = 0
    ticket = world.ticket(team=world.first_line)
    save_wishes(world.anna, {"rule": Wish(True, True)})
    given, done = 40, threading.Event()

    def giver(first):
        def act():
            entry = Entry.objects.filter(stream_id=ticket.pk).first()
            for number in range(first, first + given):
                give(world.anna, entry, f"{number}", number)
            if first:
                done.set()

        return act

    def send():
        while not done.is_set():
            mailing.send_due()

    in_threads(giver(0), giver(given), send, send)
    while mailing.send_due():
        pass
    texts = "\n".join(message.body for message in mail.outbox)
    assert [texts.count(f"»{number}«") for number in range(2 * given)] == [1] * 2 * given
    assert set(NoticeMail.objects.values_list("state", flat=True)) == {"sent"}


def test_what_comes_while_somebody_reads_stays_unread_or_is_read_but_is_never_lost(world):
    ticket = world.ticket(team=world.first_line)
    given = 30

    def giver():
        entry = Entry.objects.filter(stream_id=ticket.pk).first()
        for number in range(given):
            give(world.anna, entry, "same", number)

    def reader():
        for _ in range(given):
            mark_all_read(world.anna)

    in_threads(giver, reader)
    assert sum(Notice.objects.values_list("count", flat=True)) == given
    assert Notice.objects.filter(read_at=None).count() <= 1


def test_a_reaction_heard_by_two_workers_at_once_gives_one_row(world):
    ticket = world.ticket(team=world.first_line)
    barrier = threading.Barrier(4)

    def giver():
        entry = Entry.objects.filter(stream_id=ticket.pk).first()
        barrier.wait(60)
        give(world.anna, entry, "", 1)

    in_threads(*[giver] * 4)
    notice = Notice.objects.get()
    assert notice.count == 1  # one instant
    assert connection.is_usable()
    assert notice.at < clock.now() + timedelta(minutes=1)
