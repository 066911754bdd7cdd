"""Mail as a channel."""

from typing import Any

from channels_in.kinds.email import check, compose, parsing, smtp
from channels_in.models import Inbox, Outbound
from channels_in.protocol import Outgoing, Problem, Receipt


class EmailChannel:
    kind = "email"

    def verify(self, request: Any, inbox: Inbox) -> None:
        """The listener has asked whether the recipient is ours; who the sender is, intake judges."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[parsing.ParsedMail]:
        return [parsing.parse(raw)]

    def prepare(self, outbound: Outbound) -> bytes:
        return compose.compose(outbound.message, outbound.inbox, external_id=outbound.external_id)

    def send(self, outgoing: Outgoing[bytes], inbox: Inbox) -> Receipt:
        return smtp.send(outgoing, inbox)

    def check(self, inbox: Inbox) -> list[Problem]:
        return check.check(inbox)
