from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from channels_in import intake
from channels_in.models import Inbound, Inbox, Outbound
from tests.world import World
from tickets.models import Ticket


@pytest.fixture
def deliver(world: World) -> Callable[..., Inbound]:
    """``deliver(raw)``: a mail comes in at the brand's inbox and is worked off; its row as it ended."""

    def arrive(raw: bytes, inbox: Inbox | None = None, **given: Any) -> Inbound:
        inbox = inbox or world.inbox
        given.setdefault("via", "pipe")
        inbound, _created = intake.store(inbox, raw, **given)
        intake.drain_pending(inbox.pk)
        return Inbound.objects.get(pk=inbound.pk)

    return arrive


@pytest.fixture
def replied(world: World, drain: Callable[[], int]) -> Callable[..., str]:
    """``replied(ticket)``: Anna answers; the signed Message-ID her answer leaves with."""

    def reply(ticket: Ticket, text: str = "Проверьте предохранитель.", **given: Any) -> str:
        message = world.reply(ticket, text, **given)
        drain()
        return Outbound.objects.get(message=message).external_id

    return reply
