"""Telegram as a channel."""

import hmac
from collections.abc import Sequence
from typing import Any

from channels_in.directory import Directory
from channels_in.kinds.telegram import by_hand, checking, parsing, planning, sending, settling
from channels_in.kinds.telegram.composing import Call
from channels_in.models import Inbound, Inbox, Outbound
from channels_in.protocol import Outgoing, Plan, Problem, Receipt, SendError
from channels_in.settled import Settled
from common.crypto import reveal
from journal.actor import Actor
from tickets.models import Message

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # its name, not its value


class WrongSecret(Exception):  # says what is wrong
    """Whoever called the webhook is not Telegram."""


class TelegramChannel:
    kind = "telegram"

    def verify(self, request: Any, inbox: Inbox) -> None:
        """The secret that we gave Telegram with the webhook must come along."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), reveal(inbox.telegram.secret).encode()):
            raise WrongSecret

    def parse(self, raw: bytes, inbox: Inbox) -> list[parsing.Update]:
        return [parsing.parse(raw)]

    def settle(self, inbound: Inbound, directory: Directory) -> Settled:
        return settling.settle(inbound, directory)

    def attach(self, inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
        inbound.inbox = directory.inboxes[inbound.inbox_id]
        return by_hand.attach(inbound, ticket_id, actor)

    def plan(self, message: Message) -> Plan | None:
        return planning.plan(message)

    def forgive(self, recipients: Sequence[str]) -> None:
        planning.forgive(recipients)

    def prepare(self, outbound: Outbound) -> list[Call]:
        return sending.prepare(outbound)

    def send(self, outgoing: Outgoing[list[Call]], inbox: Inbox) -> Receipt:
        return sending.send(outgoing, inbox)

    def failed(self, outbound: Outbound, error: SendError) -> None:
        sending.failed(outbound, error)

    def check(self, inbox: Inbox) -> list[Problem]:
        return checking.check(inbox)
