"""Two people at one ticket: the second waits, and finds what the first has left."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from journal.actor import Actor
from tests.world import make_world
from tickets import commands
from tickets.commands.tags import forget_tag
from tickets.models import Category, Priority, Tag, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def waiting_backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("several", [False, True])
def test_a_verb_that_waited_for_a_change_of_status_finds_the_ticket(several):
    world = make_world()
    ticket = world.ticket()
    found: list[object] = []

    def second():
        try:
            with transaction.atomic():
                if several:
                    (locked,) = Ticket.objects.lock_all(ticket.pk)
                else:
                    locked = commands.set_priority(
                        ticket.pk, priority=Priority.HIGH, actor=Actor.system("test")
                    )
                found.append(locked.status)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    waits = threading.Thread(target=second)
    with transaction.atomic():
        commands.set_status(ticket.pk, status=world.status(Category.OPEN), actor=world.as_anna)
        waits.start()
        until = time.monotonic() + 60
        while not waiting_backends() and time.monotonic() < until:
            time.sleep(0.02)
    waits.join(timeout=60)

    assert found == [world.status(Category.OPEN)]


def test_two_that_make_the_same_new_tag_at_once_both_have_it():
    """Rules do, when two mails come at once."""
    world = make_world()
    one, other = world.ticket(), world.ticket()
    failed: list[Exception] = []

    def second():
        try:
            commands.add_tag(other.pk, name="VIP", actor=Actor.system("test"))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        commands.add_tag(one.pk, name="vip", actor=Actor.system("test"))
        thread.start()
        until = time.monotonic() + 60
        while not waiting_backends() and time.monotonic() < until:
            time.sleep(0.01)
    thread.join(60)
    assert failed == []
    assert [list(ticket.tags.values_list("name", flat=True)) for ticket in (one, other)] == [["vip"]] * 2


def test_a_tag_that_is_just_going_is_given_to_no_ticket():
    """A removal has found no ticket any more, and a rule gives the tag to one at that moment."""
    world = make_world()
    ticket, tag = world.ticket(), Tag.objects.create(name="old")
    failed: list[Exception] = []

    def second():
        try:
            commands.add_tag(ticket.pk, name="old", actor=Actor.system("test"))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        assert forget_tag(tag.pk, into=None, count=0, actor=Actor.system("test"))
        thread.start()
        until = time.monotonic() + 60
        while not waiting_backends() and time.monotonic() < until:
            time.sleep(0.02)
    thread.join(timeout=60)
    assert failed == []
    assert list(ticket.tags.values_list("name", flat=True)) == ["old"], "made anew"
    assert Tag.objects.get() != tag
