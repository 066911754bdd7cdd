"""The long poll, for those whom no socket reaches."""

from __future__ import annotations

import asyncio

import pytest

from channels_in.kinds.chat import sessions, tokens
from live.chat.database import ask
from tests.chat.live.browser import post
from tickets import commands
from tickets.content import Content

pytestmark = pytest.mark.django_db(transaction=True)


def answer(session_key, user, text):
    ticket = sessions.find(session_key).ticket
    commands.post_reply(ticket.pk, user=user, content=Content(text=text))


def test_a_talk_by_polling(katya, world):
    async def scenario():
        token = tokens.session_token(katya.session.key)
        status, welcome = await post("poll", {"token": token, "since": 0, "first": True})
        assert status == 200 and welcome["frames"][0]["type"] == "welcome"
        said = {"type": "say", "id": "by-the-long-poll", "text": "Через прокси"}
        status, sent = await post("send", {"token": token, "since": 0, "frames": [said]})
        assert status == 200 and sent["frames"][0] == {"type": "ack", "id": "by-the-long-poll", "seq": 1}

        async def next_lines():
            """As the widget does: ask again until something is said, for where the talk stands may change."""
            stage = "waiting"
            while True:
                _status, came = await post("poll", {"token": token, "since": 1, "stage": stage})
                for frame in came["frames"]:
                    stage = frame.get("state", {}).get("stage", stage)
                    if frame.get("lines"):
                        return [line["text"] for line in frame["lines"]]
                await asyncio.sleep(0.05)

        waiting = asyncio.create_task(next_lines())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await ask(answer, katya.session.key, world.anna, "Слышу")
        assert await asyncio.wait_for(waiting, 60) == ["Слышу"]
        # What was missed between two polls is there at once.
        _status, again = await post("poll", {"token": token, "since": 1, "stage": "waiting"})
        assert [line["text"] for line in again["frames"][0]["lines"]] == ["Слышу"]

    asyncio.run(scenario())


def test_a_poll_that_hears_nothing_ends(katya, monkeypatch):
    monkeypatch.setattr("live.chat.poll.WAIT", 0.2)

    async def scenario():
        token = tokens.session_token(katya.session.key)
        status, came = await post("poll", {"token": token, "since": 0, "stage": "idle"})
        assert (status, came) == (200, {"frames": []})

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("where", "body", "raw", "method", "status"),
    [
        ("poll", {"token": "x"}, None, "POST", 403),
        ("poll", {}, None, "POST", 403),
        ("send", [], None, "POST", 400),
        ("send", None, b"{", "POST", 400),
        ("send", None, b"x" * 140_000, "POST", 413),
        ("poll", {}, None, "GET", 405),
    ],
)
def test_refusals(katya, where, body, raw, method, status):
    async def scenario():
        assert (await post(where, body, method=method, raw=raw))[0] == status

    asyncio.run(scenario())


def test_too_many_requests_wait(katya, monkeypatch):
    from common.rates import Rate

    monkeypatch.setattr("live.chat.poll.RATE", Rate(2, 60))

    async def scenario():
        token = tokens.session_token(katya.session.key)
        statuses = [(await post("send", {"token": token, "frames": []}))[0] for _ in range(3)]
        assert statuses == [200, 200, 429]

    asyncio.run(scenario())
