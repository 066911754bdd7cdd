"""What open pages hear, and who hears it."""

import queue
import threading

from journal.models import Entry
from live import groups
from live.nudges import Fact, Messenger, compose, nudge
from tickets import commands
from tickets.content import Content


def facts_of(ticket):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk).order_by("sequence")
    return [Fact(e.stream_id, e.sequence, e.kind, e.actor_kind, e.actor_id, e.data) for e in entries]


def test_only_those_who_may_see_a_ticket_hear_of_it(world):
    ticket = world.ticket(team=world.second_line, assignee=world.boris)
    batches = compose(facts_of(ticket))
    assert set(batches) == {
        groups.EVERYBODY,
        groups.ALL_TICKETS,
        groups.of_team(world.second_line.pk),
        groups.of_user(world.boris.pk),
    }
    assert batches[groups.EVERYBODY] == [{"type": "counts"}]
    heard = groups.joined_by(world.anna, [world.first_line.pk])
    assert not any(nudge["type"] != "counts" for name in heard for nudge in batches.get(name, []))


def test_the_same_people_as_the_door_lets_in(world):
    everybody = [world.anna, world.boris, world.maria, world.oleg, world.egor]
    for ticket in (
        world.ticket(team=world.first_line),
        world.ticket(team=None),
        world.ticket(team=world.second_line, assignee=world.anna),
    ):
        told = set(groups.told_of(ticket.team_id, ticket.assignee_id, []))
        for user in everybody:
            teams = list(user.teams.values_list("pk", flat=True))
            hears = bool(told & set(groups.joined_by(user, teams)))
            sees = type(ticket).objects.visible_to(user).filter(pk=ticket.pk).exists()
            assert hears == sees, (user.name, ticket.team, ticket.assignee)


def test_many_entries_of_a_ticket_are_one_nudge(world):
    ticket = world.ticket(team=world.first_line)
    batches = compose(facts_of(ticket))
    (only,) = batches[groups.ALL_TICKETS]
    assert only["kinds"] == ["ticket_opened", "message_received"]
    assert only["sequence"] == 2


def test_the_assignee_hears_by_name_and_nobody_of_their_own_doing(world):
    ticket = world.ticket("Кофе горький", team=world.first_line, assignee=world.anna)
    commands.post_note(ticket.pk, user=world.anna, content=Content(text="Моя заметка"))
    messages = [n for n in compose(facts_of(ticket))[groups.of_user(world.anna.pk)] if n["type"] == "message"]
    assert [(m["kind"], m["who"], m["text"]) for m in messages] == [
        ("message", "Вера Ёлкина", "Кофе горький")
    ]


def test_a_batch_costs_three_queries(world, django_assert_max_num_queries):
    facts = [fact for _ in range(5) for fact in facts_of(world.ticket(team=world.first_line))]
    with django_assert_max_num_queries(3):
        compose(facts)


def test_a_full_queue_and_a_foreign_stream_are_nothing_to_raise_about(monkeypatch):
    messenger = Messenger()
    messenger.queue = queue.Queue(1)
    messenger.queue.put(None)
    messenger.thread = None
    monkeypatch.setattr("live.nudges.messenger", messenger)
    monkeypatch.setattr(messenger, "run", lambda: None)
    entry = Entry(stream_type="ticket", stream_id=1, sequence=1, kind="x", data={}, actor_kind="system")
    nudge(entry)
    nudge(Entry(stream_type="team", stream_id=1, sequence=1, kind="x", data={}, actor_kind="system"))
    assert messenger.queue.qsize() == 1


def test_what_could_not_be_sent_is_sent_again(monkeypatch):
    """After a restart of the broker the first try finds a dead connection."""
    sent, tries = threading.Event(), []

    async def send(batches):
        tries.append(batches)
        if len(tries) == 1:
            raise ConnectionError("the broker was restarted")
        sent.set()

    monkeypatch.setattr("live.nudges.compose", lambda facts: {"desk": facts})
    monkeypatch.setattr("live.nudges._send", send)
    monkeypatch.setattr("live.nudges.close_old_connections", lambda: None)
    fact = Fact(7, 1, "ticket_woken", "system", None, {})
    Messenger().take(fact)
    assert sent.wait(5)
    assert tries == [{"desk": [fact]}] * 2
