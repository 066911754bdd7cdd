"""The visitor's socket on a real Valkey: nothing lost, nothing twice, nobody let in who should not be."""

from __future__ import annotations

import asyncio
import json

import pytest
from channels.layers import get_channel_layer

from channels_in.kinds.chat import sessions, tokens, verbs
from channels_in.models import ChatSession
from live import groups as desk
from live.chat.database import ask
from live.chat.socket import NO_HELLO, TOO_FAST
from live.chat.visitor import BANNED, GONE
from tests.chat.live.browser import Tab
from tests.support.load import PATIENCE
from tickets import commands
from tickets.content import Content
from tickets.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def run(scenario):
    asyncio.run(scenario)


def answer(session_key, user, text):
    ticket = sessions.find(session_key).ticket
    commands.post_reply(ticket.pk, user=user, content=Content(text=text))


def test_a_talk_in_both_directions(katya, world):
    async def scenario():
        tab = Tab(katya.session.key)
        welcome = await tab.hello()
        assert welcome["lines"] == [] and welcome["state"]["stage"] == "idle"
        await tab.say("Где мой заказ?")
        ack = await tab.hear("ack")
        assert ack["seq"] == 1
        state = await tab.hear("state")
        assert (state["stage"], state["place"], state["wait"]) == ("waiting", 1, None)
        await ask(answer, katya.session.key, world.anna, "Уже едет.")
        lines = await tab.hear("lines")
        assert [(line["by"], line["text"]) for line in lines["lines"]] == [("agent", "Уже едет.")]
        await tab.leave()

    run(scenario())


def test_two_tabs_show_the_same(katya):
    async def scenario():
        one, two = Tab(katya.session.key), Tab(katya.session.key)
        await one.hello()
        await two.hello()
        await one.say("Из первой вкладки")
        await one.hear("ack")
        (line,) = (await two.hear("lines"))["lines"]
        assert line["text"] == "Из первой вкладки"
        await one.leave()
        await two.leave()

    run(scenario())


def test_who_comes_back_gets_what_they_missed_and_nothing_twice(katya, world):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.say("Первое", "first-message")
        await tab.hear("ack")
        await tab.leave()
        await ask(answer, katya.session.key, world.anna, "Ответ в пустоту")
        back = Tab(katya.session.key)
        welcome = await back.hello(since=1)
        assert [line["text"] for line in welcome["lines"]] == ["Ответ в пустоту"]
        # The answer to the first message never arrived: the browser says it again.
        await back.say("Первое", "first-message")
        assert (await back.hear("ack"))["seq"] == 1
        await back.leave()
        assert await ask(Message.objects.filter(text="Первое").count) == 1

    run(scenario())


def test_presence_follows_the_last_tab(katya):
    async def scenario():
        one, two = Tab(katya.session.key), Tab(katya.session.key)
        await one.hello()
        await two.hello()
        await one.heard()
        await one.leave()
        assert (await ask(ChatSession.objects.get)).is_here
        await two.leave()
        assert not (await ask(ChatSession.objects.get)).is_here

    run(scenario())


def test_marks_move_forward_and_tell_how_far_a_message_came(katya, world):
    from channels_in.kinds.chat.states import ways_of

    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.say("Алло")
        await tab.hear("ack")
        await ask(answer, katya.session.key, world.anna, "Слушаю")
        await tab.hear("lines")
        reply = await ask(Message.objects.get, text="Слушаю")
        assert (await ask(ways_of, [reply.pk])) == {reply.pk: "sent"}
        for frame, way in [("got", "delivered"), ("read", "read"), ("got", "read")]:
            await tab.send({"type": frame, "seq": 2})
            await tab.send({"type": "ping"})
            await tab.hear("pong")
            assert (await ask(ways_of, [reply.pk])) == {reply.pk: way}
        await tab.send({"type": "read", "seq": 4000})
        await tab.send({"type": "ping"})
        await tab.hear("pong")
        assert (await ask(ChatSession.objects.get)).read_seq == 2
        await tab.leave()

    run(scenario())


def test_typing_goes_both_ways_and_only_to_those_who_may_see_the_ticket(katya, world):
    async def scenario():
        layer = get_channel_layer()
        mine, others = await layer.new_channel(), await layer.new_channel()
        await layer.group_add(desk.of_team(world.first_line.pk), mine)
        await layer.group_add(desk.of_team(world.second_line.pk), others)
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.say("Алло")
        await tab.hear("ack")
        await tab.send({"type": "typing", "on": True})

        async def nudge():
            while True:
                event = await asyncio.wait_for(layer.receive(mine), PATIENCE)
                found = [one for one in event["nudges"] if "typing" in one]
                if found:
                    return found[0]

        ticket = await ask(lambda: sessions.find(katya.session.key).ticket)
        assert await nudge() == {"type": "visitor", "ticket": ticket.pk, "typing": True}
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(layer.receive(others), 0.3)
        await layer.group_send(
            f"chat.{katya.session.pk}", {"type": "chat.typing", "on": True, "name": "Anna"}
        )
        assert await tab.hear("typing") == {"type": "typing", "on": True, "name": "Anna"}
        await tab.leave()

    run(scenario())


def test_pages_are_noted_and_bounded(katya):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        for number in range(25):
            await tab.send({"type": "page", "url": f"https://shop.zerno.example/{number}", "title": "Полка"})
            if number % 8 == 0:
                # However slowly it reads, no second holds more than the next eight.
                await tab.send({"type": "ping"})
                await tab.hear("pong")
                await asyncio.sleep(1.1)
        await tab.send({"type": "page", "url": "javascript:alert(1)", "title": "x"})
        await tab.send({"type": "ping"})
        await tab.hear("pong")
        await tab.leave()
        pages = (await ask(ChatSession.objects.get)).pages
        assert len(pages) == 20 and pages[-1]["url"].endswith("/24")

    run(scenario())


@pytest.mark.parametrize("token", ["", "nonsense", "abc:def", 7, None])
def test_a_false_token_is_shown_the_door(katya, token):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.connect()
        await tab.send({"type": "hello", "token": token})
        assert await tab.closed() == GONE

    run(scenario())


def test_a_token_of_a_session_that_is_forgotten_begins_anew(katya):
    async def scenario():
        await ask(ChatSession.objects.all().delete)
        tab = Tab(katya.session.key)
        await tab.connect()
        await tab.send({"type": "hello", "token": tokens.session_token(katya.session.key)})
        assert (await tab.hear())["type"] == "gone"
        assert await tab.closed() == GONE

    run(scenario())


def test_who_says_nothing_is_not_kept(katya, monkeypatch):
    monkeypatch.setattr("live.chat.socket.HELLO_WITHIN", 0.2)

    async def scenario():
        tab = Tab(katya.session.key)
        await tab.connect()
        assert await tab.closed() == NO_HELLO

    run(scenario())


def test_nonsense_is_ignored_and_a_flood_closes(katya):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        for text in ("", "[]", "{", "null", '"x"', json.dumps({"type": "fly"}), "x" * 70_000, "[" * 5000):
            await tab.send_text(text)
        await tab.send({"type": "ping"})
        await tab.hear("pong")
        for _ in range(40):
            await tab.send({"type": "ping"})
        assert await tab.closed() == TOO_FAST

    run(scenario())


def test_a_banned_visitor_is_sent_away_at_once(katya, world):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.say("Реклама!!!")
        await tab.hear("ack")
        await ask(verbs.ban, katya.session.pk, user=world.anna)
        assert await tab.closed() == BANNED
        again = Tab(katya.session.key)
        await again.connect()
        await again.send({"type": "hello", "token": again.token})
        assert (await again.hear())["type"] == "banned"
        assert await again.closed() == BANNED

    run(scenario())


def test_a_refusal_is_an_answer_and_the_line_stays_open(katya):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.send({"type": "say", "id": "much-too-long", "text": "x" * 10_001})
        refused = await tab.hear("refused")
        assert (refused["id"], refused["code"]) == ("much-too-long", "too-long")
        await tab.say("Короче")
        assert (await tab.hear("ack"))["seq"] == 1
        await tab.leave()

    run(scenario())


def test_the_queue_is_alive(visit, world):
    async def scenario():
        first, second = await ask(visit), await ask(visit)
        one, two = Tab(first.session.key), Tab(second.session.key)
        await one.hello()
        await two.hello()
        await one.say("Я первая")
        await one.hear("state")
        await two.say("Я вторая")
        assert (await two.hear("state"))["place"] == 2
        await ask(verbs.take, first.session.pk, user=world.anna)
        while (await two.hear("state"))["place"] != 1:
            pass
        while (await one.hear("state")).get("agent") != "Anna Lind":
            pass
        await one.leave()
        await two.leave()

    run(scenario())


def test_ending_and_rating(katya, world):
    async def scenario():
        tab = Tab(katya.session.key)
        await tab.hello()
        await tab.say("Спасибо, всё")
        await tab.hear("state")
        await tab.send({"type": "end"})
        while (await tab.hear("state"))["stage"] != "ended":
            pass
        await tab.send({"type": "rate", "score": 9})
        await tab.send({"type": "rate", "score": 5, "comment": "Быстро"})
        while (await tab.hear("state"))["rated"] != 5:
            pass
        await tab.leave()

    run(scenario())
