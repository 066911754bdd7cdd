"""A shop with a chat on its pages, and Katya who visits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from channels_in.kinds.chat import hearing, lines, sessions
from channels_in.kinds.chat.hearing import Heard
from channels_in.kinds.chat.sessions import Visit
from channels_in.models import ChatSession, ChatWidget, Inbox
from tests.world import World
from tickets.content import Content
from tickets.models import Message, Ticket

SHOP = "https://shop.zerno.example"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@dataclass
class Visitor:
    """Somebody's browser at the widget, without the network between."""

    session: ChatSession
    _ids: count = field(default_factory=lambda: count(1))

    def next_id(self) -> str:
        return f"client-{self.session.pk}-{next(self._ids)}"

    def say(self, text: str = "Где мой заказ?", **given: Any) -> Heard:
        return self.do("say", text=text, **given)

    def do(self, kind: str, **given: Any) -> Heard:
        data = {"type": kind, "id": given.pop("client_id", None) or self.next_id(), **given}
        return hearing.hear(self.fresh(), data)

    def fresh(self) -> ChatSession:
        found = sessions.find(self.session.key)
        assert found is not None
        self.session = found
        return found

    @property
    def ticket(self) -> Ticket:
        found = self.fresh().ticket
        assert found is not None
        return found

    def sees(self, since: int = 0) -> list[dict[str, Any]]:
        return lines.shown(self.fresh(), since=since)

    def reads(self) -> list[str]:
        """The texts in the window, notices left out."""
        return [line["text"] for line in self.sees() if line["by"] != "notice"]

    def notices(self) -> list[str]:
        return [line["text"] for line in self.sees() if line["by"] == "notice"]


@pytest.fixture
def widget(world: World) -> ChatWidget:
    inbox = Inbox.objects.create(
        kind="chat", brand=world.brand, name="Чат на сайте", team=world.first_line, address=""
    )
    return ChatWidget.objects.create(inbox=inbox, sites=[SHOP])


@pytest.fixture
def visit(widget: ChatWidget) -> Callable[..., Visitor]:
    """``visit()``: another browser comes to the shop."""

    def come(**given: Any) -> Visitor:
        given = {"origin": SHOP, "browser": CHROME, "language": "ru", "address": "203.0.113.7"} | given
        which = given.pop("at", widget)
        return Visitor(sessions.begin(which, Visit(**given)))

    return come


@pytest.fixture
def katya(visit: Callable[..., Visitor]) -> Visitor:
    return visit()


@pytest.fixture
def answers(world: World) -> Callable[..., Message]:
    """``answers(ticket, text)``: Anna says something in the chat."""

    def answer(ticket: Ticket, text: str = "Уже смотрю.", **given: Any) -> Message:
        from tickets import commands

        given.setdefault("user", world.anna)
        return commands.post_reply(ticket.pk, content=Content(text=text), **given)

    return answer
