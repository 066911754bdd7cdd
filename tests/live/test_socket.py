"""The socket itself, on a real Valkey."""

import asyncio
import time
import uuid

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connections

from common import clock
from journal import registry
from journal.drain import sweep_before
from journal.models import Entry
from live import groups
from live.consumer import SIGNED_OUT, DeskConsumer
from live.nudges import messenger, nudge, nudge_notices
from live.sending import send_all
from notifications import announce
from notifications.models import Notice
from tests.live.page import Page
from tests.support.load import allowed
from tests.world import make_world
from tickets import commands
from tickets.content import Content

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db, monkeypatch, settings):
    # A broker shared with other tests: publish and subscribe know no database numbers.
    own = uuid.uuid4().hex
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "prefix": own}}}
    monkeypatch.setattr("live.presence.PREFIX", own)
    # The world comes about in silence: pages hear of what a test tells, and of nothing else.
    monkeypatch.setattr(registry, "live", [])
    monkeypatch.setattr(announce, "listeners", [])
    yield make_world()
    # The thread that asked the database for the consumer outlives its event loop.
    asyncio.run(database_sync_to_async(connections.close_all)())


def page(user):
    return Page(DeskConsumer.as_asgi(), user)


async def hears(own, kind):
    """The next nudge of a kind."""
    while True:
        answer = await own.hear()
        if answer["type"] == kind:
            return answer


def run(scenario):
    """A scenario on an event loop of its own; the channel layer belongs to it."""
    asyncio.run(scenario)


def test_strangers_and_customers_are_sent_away(world):
    async def scenario():
        for user in (AnonymousUser(), world.carla):
            visitor = page(user)
            await visitor.connect(stays=False)
            assert await visitor.closed() == SIGNED_OUT

    run(scenario())


def test_who_signs_out_elsewhere_hears_no_more(world, client, monkeypatch):
    """Found in review: the socket of another window stayed open for as long as the window did."""
    monkeypatch.setattr("live.consumer.RECHECK", 0.1)
    client.force_login(world.anna, backend="people.backends.Backend")
    session = client.session

    async def scenario():
        anna = Page(DeskConsumer.as_asgi(), world.anna, session)
        await anna.connect()
        assert await anna.heard(0.3) == []
        await database_sync_to_async(session.delete)(session.session_key)
        assert await anna.closed() == SIGNED_OUT

    run(scenario())


def test_a_database_that_was_away_does_not_end_the_looking(world, monkeypatch):
    """Found in review: after one restart of PostgreSQL nobody asked again what a page may hear."""
    monkeypatch.setattr("live.consumer.RECHECK", 0.1)
    answers = [OperationalError("terminating connection"), None]
    groups_now = DeskConsumer._groups_now

    async def scenario():
        anna = page(world.anna)
        await anna.connect()

        def answer(_self):
            said = answers.pop(0)
            if said is not None:
                raise said
            return said

        monkeypatch.setattr(DeskConsumer, "_groups_now", answer)
        assert await anna.closed() == SIGNED_OUT
        monkeypatch.setattr(DeskConsumer, "_groups_now", groups_now)

    run(scenario())


def test_a_change_reaches_those_who_may_see_it_and_no_others(world):
    ticket = world.ticket(team=world.second_line)
    entry = Entry.objects.filter(stream_id=ticket.pk).last()

    async def scenario():
        boris, anna = page(world.boris), page(world.anna)
        await boris.connect()
        await anna.connect()
        nudge(entry)
        assert (await hears(boris, "ticket"))["id"] == ticket.pk
        assert await anna.heard(0.2) == []
        await boris.leave()
        await anna.leave()

    run(scenario())
    assert messenger.thread.daemon


def test_a_notice_reaches_its_person_within_two_seconds_and_nobody_else(world):
    """From the event to the page: the reaction gives the notice, and its commit tells the socket."""
    ticket = world.ticket(team=world.first_line, assignee=world.anna)
    sweep_before(clock.now(), limit=1000)
    Notice.objects.all().delete()

    @database_sync_to_async
    def mention():
        commands.post_note(ticket.pk, user=world.maria, content=Content(text="@anna.lind, посмотри"))
        sweep_before(clock.now(), limit=1000)

    async def scenario():
        anna, maria = page(world.anna), page(world.maria)
        await anna.connect()
        await maria.connect()
        announce.listeners.append(nudge_notices)
        began = time.monotonic()
        await mention()
        told = await hears(anna, "message")
        assert time.monotonic() - began < allowed(2)
        assert (told["ticket"], told["kind"], told["text"]) == (
            ticket.pk,
            "mentioned",
            "@anna.lind, посмотри",
        )
        assert (await anna.hear()) == {"type": "notices"}
        assert await maria.heard(0.3) == []
        await anna.leave()
        await maria.leave()

    run(scenario())


def test_colleagues_see_who_looks_and_who_replies(world):
    ticket = world.ticket(team=world.first_line)

    async def scenario():
        anna, maria = page(world.anna), page(world.maria)
        await anna.connect()
        await maria.connect()
        await maria.say({"type": "presence", "ticket": ticket.pk, "doing": "viewing"})
        await anna.say({"type": "presence", "ticket": ticket.pk, "doing": "viewing"})
        seen = await hears(anna, "presence")
        while not seen["who"]:
            seen = await hears(anna, "presence")
        assert [(who["name"], who["doing"]) for who in seen["who"]] == [("Maria Weber", "viewing")]
        await maria.say({"type": "presence", "ticket": ticket.pk, "doing": "replying"})
        seen = await hears(anna, "presence")
        while seen["who"][0]["doing"] != "replying":
            seen = await hears(anna, "presence")
        await maria.leave()
        while (await hears(anna, "presence"))["who"]:
            pass
        await anna.leave()

    run(scenario())


def test_presence_on_a_ticket_one_may_not_see_is_nothing(world):
    ticket = world.ticket(team=world.second_line)

    async def scenario():
        anna, boris = page(world.anna), page(world.boris)
        await anna.connect()
        await boris.connect()
        await anna.say({"type": "presence", "ticket": ticket.pk, "doing": "viewing"})
        assert await boris.heard(0.4) == []
        await anna.leave()
        await boris.leave()

    run(scenario())


def test_nonsense_is_ignored(world):
    async def scenario():
        anna = page(world.anna)
        await anna.connect()
        for text in ("", "{", "[]", '"x"', '{"type": "presence", "ticket": "1"}', "9" * 5000):
            await anna.say_text(text)
        await anna.say({"type": "ping"})
        assert (await anna.hear()) == {"type": "pong"}
        await anna.leave()

    run(scenario())


def test_a_fact_that_comes_by_several_groups_is_told_once(world):
    async def scenario():
        own = page(world.oleg)
        await own.connect()
        fact = {"type": "ticket", "id": 7, "sequence": 3, "kinds": ["note_posted"], "actor": None}
        mine = groups.of_user(world.oleg.pk)
        await send_all(
            [
                (groups.ALL_TICKETS, {"type": "desk.nudges", "nudges": [fact]}),
                (mine, {"type": "desk.nudges", "nudges": [fact, {"type": "notices"}]}),
                (mine, {"type": "desk.nudges", "nudges": [{"type": "counts"}]}),
            ]
        )
        told = [await own.hear() for _each in range(3)]
        assert told + await own.heard(0.3) == [fact, {"type": "notices"}, {"type": "counts"}]
        await send_all([(mine, {"type": "desk.nudges", "nudges": [fact]})])
        assert await own.hear() == fact  # a moment later it is news again
        await own.leave()

    run(scenario())
