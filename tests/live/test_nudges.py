"""What open pages hear, and who hears it."""

import queue
import threading

from common import clock
from journal.actor import Actor
from journal.models import Entry
from live import groups
from live.nudges import Fact, Given, Messenger, compose, nudge, nudge_delivery
from notifications.models import Notice
from tickets import commands


def facts_of(ticket):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk).order_by("sequence")
    return [Fact(e.stream_id, e.sequence, e.kind, e.actor_kind, e.actor_id, e.data) for e in entries]


def test_only_those_who_may_see_a_ticket_hear_of_it(world):
    ticket = world.ticket(team=world.second_line, assignee=world.boris)
    batches = compose(facts_of(ticket))
    assert set(batches) == {
        groups.ALL_TICKETS,
        groups.of_brand(world.brand.pk),
        groups.of_team(world.second_line.pk),
        groups.of_user(world.boris.pk),
        groups.of_request(ticket.pk),  # the customer's page: that it changed, and no more
    }
    assert not set(groups.joined_by(world.anna, [world.first_line.pk])) & set(batches)


def test_who_has_lost_a_ticket_from_sight_hears_that_their_counts_changed(world):
    ticket = world.ticket(team=None, assignee=world.anna)
    actor = Actor.user(world.oleg)
    commands.follow(ticket.pk, user=world.egor, actor=actor)
    commands.set_team(ticket.pk, team=world.first_line, actor=actor)
    commands.set_team(ticket.pk, team=world.second_line, actor=actor)
    commands.assign(ticket.pk, to=world.boris, actor=actor)
    commands.unfollow(ticket.pk, user=world.egor, actor=actor)
    batches = compose([fact for fact in facts_of(ticket) if fact.sequence > 2])
    told = {name for name, nudges in batches.items() if {"type": "counts"} in nudges}
    former = {groups.of_user(world.anna.pk), groups.of_user(world.egor.pk), groups.NO_TEAM}
    assert told == {*former, groups.of_team(world.first_line.pk)}
    assert all(nudges.count({"type": "counts"}) == 1 for name, nudges in batches.items() if name in told)


def test_the_same_people_as_the_door_lets_in(world):
    everybody = [world.anna, world.boris, world.maria, world.oleg, world.egor]
    for ticket in (
        world.ticket(team=world.first_line),
        world.ticket(team=None),
        world.ticket(team=world.second_line, assignee=world.anna),
    ):
        told = set(groups.told_of(ticket.team_id, ticket.assignee_id, [], ticket.brand_id))
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


def test_that_a_message_was_sent_is_told_of_its_ticket_and_moves_no_count(world, monkeypatch):
    ticket = world.ticket(team=world.first_line)
    taken = []
    monkeypatch.setattr("live.nudges.messenger.take", taken.append)
    nudge_delivery(ticket.pk)
    batches = compose(taken)
    (only,) = batches[groups.ALL_TICKETS]
    assert (only["id"], only["kinds"]) == (ticket.pk, ["delivery"])
    assert not any({"type": "counts"} in nudges for nudges in batches.values())


def test_notices_reach_their_people_in_their_language(world, drain):
    ticket = world.ticket("Кофе горький", team=world.first_line, assignee=world.anna)
    commands.follow(ticket.pk, user=world.maria, actor=Actor.user(world.maria))
    type(world.maria).objects.filter(pk=world.maria.pk).update(language="ru")
    drain()
    Notice.objects.all().delete()
    world.receive(ticket, "Где мастер?")
    drain()
    given = Given(tuple(Notice.objects.values_list("pk", flat=True)))
    batches = compose([given])
    assert set(batches) == {groups.of_user(world.anna.pk), groups.of_user(world.maria.pk)}
    message, bell = batches[groups.of_user(world.anna.pk)]
    assert (message["type"], message["ticket"], message["kind"]) == (
        "message",
        ticket.pk,
        "customer_answered",
    )
    assert message["title"] == f"#{ticket.pk} · New answer · Вера Ёлкина"
    assert message["text"] == "Где мастер?"
    assert bell == {"type": "notices"}


def test_what_was_read_before_it_was_told_is_not_told(world, drain):
    world.ticket(team=world.first_line, assignee=world.anna)
    drain()
    Notice.objects.update(read_at=clock.now())
    assert compose([Given(tuple(Notice.objects.values_list("pk", flat=True)))]) == {}


def test_a_batch_costs_a_query_and_three_with_notices(world, drain, django_assert_num_queries):
    facts = [fact for _ in range(5) for fact in facts_of(world.ticket(team=world.first_line))]
    with django_assert_num_queries(1):
        compose(facts)
    for _ in range(3):
        world.receive(world.ticket(team=world.first_line, assignee=world.anna), "Ау?")
    drain()
    given = Given(tuple(Notice.objects.values_list("pk", flat=True)))
    with django_assert_num_queries(3):  # and the notices, and whom and what they mention
        compose([*facts, given])


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


def test_a_connection_that_was_used_just_now_is_not_asked_whether_it_lives(monkeypatch):
    """One that has rested is, and so is every one after a failure."""
    looks, broken, done = [], [], threading.Semaphore(0)

    async def send(batches):
        if broken:
            raise broken.pop()
        done.release()

    monkeypatch.setattr("live.nudges.GATHER", 0.0)
    monkeypatch.setattr("live.nudges.PAUSES", (0.0, 0.0))
    monkeypatch.setattr("live.nudges.compose", lambda facts: {"desk": facts})
    monkeypatch.setattr("live.nudges._send", send)
    monkeypatch.setattr("live.nudges.close_old_connections", lambda: looks.append(1))
    fact = Fact(7, 1, "ticket_woken", "system", None, {})
    messenger = Messenger()

    def tell():
        messenger.take(fact)
        assert done.acquire(timeout=5)
        assert messenger.finish(5)
        return len(looks)

    assert [tell(), tell(), tell()] == [1, 1, 1]
    broken.append(OSError("the server was restarted"))
    assert tell() == 2
    monkeypatch.setattr("live.nudges.TRUSTED", -1.0)
    assert tell() == 3


def test_a_process_that_ends_has_told_what_it_took(monkeypatch):
    """A command's change is on the open pages, though its process is gone a moment later."""
    sent, slow = [], threading.Event()

    async def send(batches):
        slow.wait(5)
        sent.append(batches)

    monkeypatch.setattr("live.nudges.compose", lambda facts: {"desk": facts})
    monkeypatch.setattr("live.nudges._send", send)
    monkeypatch.setattr("live.nudges.close_old_connections", lambda: None)
    messenger = Messenger()
    assert messenger.finish(0), "nothing was taken"
    fact = Fact(7, 1, "ticket_woken", "system", None, {})
    messenger.take(fact)
    assert not messenger.finish(0.1), "it is still on its way"
    slow.set()
    assert messenger.finish(10)
    assert sent == [{"desk": [fact]}]
