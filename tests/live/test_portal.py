"""A customer's page hears that its requests changed: those its key is for, and never of what is inside."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from channels.layers import get_channel_layer

from live import groups
from live.nudges import Fact, compose
from live.portal import ENDED, PortalConsumer
from tests.live.page import Page
from tickets import listening


def fact(kind, ticket_id, **data):
    return Fact(ticket_id, 1, kind, "system", None, data)


def told(ticket, *facts):
    return compose(facts).get(groups.of_request(ticket.pk), [])


def test_a_public_change_is_told_once_and_without_its_content(world):
    ticket = world.ticket()
    heard = told(
        ticket, fact("message_received", ticket.pk, side_thread_id=None), fact("status_changed", ticket.pk)
    )
    assert heard == [{"type": "request", "id": ticket.pk, "after": 0}]


def test_a_reply_is_told_with_the_seconds_in_which_it_can_be_undone(world, settings):
    settings.REPLY_UNDO_SECONDS = 10
    ticket = world.ticket()
    assert told(ticket, fact("reply_posted", ticket.pk, channel="email"))[0]["after"] == 10
    assert told(ticket, fact("reply_posted", ticket.pk, channel="chat"))[0]["after"] == 0


@pytest.mark.parametrize(
    "inside",
    [
        {"kind": "note_posted"}, {"kind": "ticket_assigned"}, {"kind": "tag_added"}, {"kind": "sla_breached"},
        {"kind": "expert_called"}, {"kind": "reply_posted", "side_thread_id": 5, "channel": "email"},
        {"kind": "message_received", "side_thread_id": 5}, {"kind": "automatic_received"},
    ],
)  # fmt: skip
def test_of_what_is_inside_not_even_the_time_is_told(world, inside):
    ticket = world.ticket()
    assert told(ticket, fact(inside.pop("kind"), ticket.pk, **inside)) == []


@pytest.fixture
def own_channel(settings):
    """A broker shared with other tests: publish and subscribe know no database numbers."""
    layer = settings.CHANNEL_LAYERS["default"]
    prefix = uuid.uuid4().hex
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "prefix": prefix}}}


def page(key):
    return Page(PortalConsumer.as_asgi(), None, query=f"key={key}")


@pytest.mark.parametrize("key", ["", "nonsense", "WzFd:1abc:x"])
def test_without_a_good_key_nobody_listens(own_channel, key):
    async def scenario():
        stranger = page(key)
        await stranger.connect(stays=False)
        assert await stranger.closed() == ENDED

    asyncio.run(scenario())


def test_a_key_ends_by_itself(own_channel, monkeypatch):
    key = listening.key_for([1])
    monkeypatch.setattr(listening, "SECONDS", -1)

    async def scenario():
        late = page(key)
        await late.connect(stays=False)
        assert await late.closed() == ENDED
        monkeypatch.setattr(listening, "SECONDS", 60)
        monkeypatch.setattr("live.portal.LIFE", 0.2)
        short = page(listening.key_for([1]))
        await short.connect()
        assert await short.closed() == ENDED

    asyncio.run(scenario())


def test_a_page_hears_of_its_own_requests_alone(own_channel):
    async def scenario():
        own = page(listening.key_for([1, 2]))
        await own.connect()
        layer = get_channel_layer()
        for number in (3, 2):
            nudge = {"type": "request", "id": number, "after": 0}
            await layer.group_send(groups.of_request(number), {"type": "desk.nudges", "nudges": [nudge]})
        assert (await own.hear())["id"] == 2
        await own.leave()

    asyncio.run(scenario())


def test_what_a_page_says_is_hardly_listened_to(own_channel):
    async def scenario():
        own = page(listening.key_for([1]))
        await own.connect()
        for nonsense in ("[" * 150, "null", '{"type": "presence"}'):
            await own.say_text(nonsense)
        await own.say({"type": "ping"})
        assert await own.hear() == {"type": "pong"}
        await own.say_text("x" * 300)
        await own.closed()

    asyncio.run(scenario())
