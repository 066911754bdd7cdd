"""Mail as a channel."""

from collections.abc import Sequence
from typing import Any

from channels_in.case import Case
from channels_in.directory import Directory
from channels_in.kinds.email import by_hand, check, compose, parsing, planning, smtp
from channels_in.models import Inbound, Inbox, Outbound
from channels_in.protocol import Outgoing, Plan, Problem, Receipt, SendError
from channels_in.receive import receive
from channels_in.settled import Settled
from journal.actor import Actor
from tickets.models import Message


class EmailChannel:
    kind = "email"

    def verify(self, request: Any, inbox: Inbox) -> None:
        """The listener has asked whether the recipient is ours; who the sender is, intake judges."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[parsing.ParsedMail]:
        return [parsing.parse(raw)]

    def settle(self, inbound: Inbound, directory: Directory) -> Settled:
        inbox = directory.inboxes[inbound.inbox_id]
        (mail,) = self.parse(bytes(inbound.raw), inbox)
        case = Case(inbound, inbox, directory, mail)
        return case.told(receive(case))

    def attach(self, inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
        return by_hand.attach(inbound, directory, ticket_id, actor)

    def plan(self, message: Message) -> Plan | None:
        return planning.plan(message)

    def forgive(self, recipients: Sequence[str]) -> None:
        planning.forgive(recipients)

    def prepare(self, outbound: Outbound) -> bytes:
        return compose.compose(outbound.message, outbound.inbox, external_id=outbound.external_id)

    def send(self, outgoing: Outgoing[bytes], inbox: Inbox) -> Receipt:
        return smtp.send(outgoing, inbox)

    def failed(self, outbound: Outbound, error: SendError) -> None:
        """What bounces is told by reports, which intake reads."""

    def check(self, inbox: Inbox) -> list[Problem]:
        return check.check(inbox)
