"""Web forms as a channel. What is sent comes in by a form; our answers leave by mail."""

from collections.abc import Sequence
from typing import Any

from channels_in.directory import Directory
from channels_in.kinds.web_form import opening, replies
from channels_in.kinds.web_form.submission import Submission, decode
from channels_in.models import Inbound, Inbox, Outbound
from channels_in.protocol import Outgoing, Plan, Problem, Receipt, SendError
from channels_in.settled import Settled
from journal.actor import Actor
from tickets.models import Message


class FormChannel:
    kind = "form"

    def verify(self, request: Any, inbox: Inbox) -> None:
        """The form's own token says where it came from (``channels_in.kinds.web_form.tokens``)."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[Submission]:
        return [decode(raw)]

    def settle(self, inbound: Inbound, directory: Directory) -> Settled:
        if replies.is_reply(inbound.raw):
            return replies.settle(inbound, directory)
        return opening.settle(inbound, directory)

    def attach(self, inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
        if replies.is_reply(inbound.raw):
            return replies.attach(inbound, ticket_id, actor)
        return opening.attach(inbound, directory, ticket_id, actor)

    def plan(self, message: Message) -> Plan | None:
        """A form has no way back: ``registry.way_of`` leads to mail."""
        return None

    def forgive(self, recipients: Sequence[str]) -> None:
        """Nothing leaves this way."""

    def prepare(self, outbound: Outbound) -> Any:
        raise SendError("forms send nothing", permanent=True)

    def send(self, outgoing: Outgoing[Any], inbox: Inbox) -> Receipt:
        raise SendError("forms send nothing", permanent=True)

    def failed(self, outbound: Outbound, error: SendError) -> None:
        """Nothing leaves this way."""

    def check(self, inbox: Inbox) -> list[Problem]:
        return []
