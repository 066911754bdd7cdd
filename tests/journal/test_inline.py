"""Inline subscribers, who hear before the commit, their replay; and live listeners, who hear after it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from journal.models import Entry, StaleStream
from tests.journal.conftest import SYSTEM, wake
from tickets import commands
from tickets.events import NotePosted, TicketWoken


def test_an_inline_subscriber_that_raises_changes_nothing_but_is_replayed(world, listeners, settings, drain):
    settings.JOURNAL_RAISE = False
    kept, broken = [], [True]

    def reset(stream_type, stream_id):
        kept.clear()

    def keep(entry, event):
        if broken:
            raise RuntimeError("a bug")
        kept.append(entry.sequence)

    listeners.subscribe_inline("fragile", [TicketWoken, NotePosted], reset=reset)(keep)
    ticket = world.ticket()
    entry = wake(ticket.pk)
    assert Entry.objects.filter(pk=entry.pk).exists(), "the change stands"
    assert StaleStream.objects.get().subscriber == "fragile"

    broken.clear()
    drain()
    assert kept == [entry.sequence]
    assert not StaleStream.objects.exists()


def test_a_raising_inline_subscriber_fails_the_test(world, listeners):
    def keep(entry, event):
        raise RuntimeError("a bug")

    listeners.subscribe_inline("fragile", [TicketWoken], reset=lambda *_: None)(keep)
    with pytest.raises(RuntimeError):
        wake(1)


def test_replay_by_hand(world, capsys):
    world.ticket("Прошу вернуть деньги")
    call_command("journal", "replay", "search")
    assert "1 entries of 1 streams" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no inline subscriber"):
        call_command("journal", "replay", "nobody")
    with pytest.raises(CommandError, match="like ticket:1042"):
        call_command("journal", "replay", "search", "--stream", "ticket")


@pytest.mark.django_db(transaction=True)
def test_live_listeners_hear_after_the_commit_only(world, listeners):
    heard = []
    listeners.subscribe_live(lambda entry: heard.append(entry.kind))
    with transaction.atomic():
        commands.open_ticket(
            brand=world.brand, channel="email", requester=world.vera, subject="x", actor=SYSTEM
        )
        assert heard == []
    assert heard == ["ticket_opened"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        commands.open_ticket(
            brand=world.brand, channel="email", requester=world.vera, subject="x", actor=SYSTEM
        )
        raise ZeroDivisionError
    assert heard == ["ticket_opened"]
