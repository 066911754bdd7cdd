"""Chat as a channel: what comes is settled at once, what we say needs no sender."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from channels_in import conversing
from channels_in.directory import Directory
from channels_in.kinds.chat import talking
from channels_in.kinds.chat.frames import BadFrame, Frame, read
from channels_in.kinds.email import planning
from channels_in.models import ChatLine, ChatSession, Inbound, Inbox, Outbound
from channels_in.protocol import Incoming, Outgoing, Plan, Problem, Receipt, Sender, SendError
from channels_in.settled import Settled, Unusable
from journal.actor import Actor
from people.models import Identity
from tickets.content import Content
from tickets.models import Message


class ChatChannel:
    kind = "chat"

    def verify(self, request: Any, inbox: Inbox) -> None:
        """The connection has proved whose session it is, by its token."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[Frame]:
        return [read(raw)]

    def settle(self, inbound: Inbound, directory: Directory) -> Settled:
        inbound.inbox = directory.inboxes[inbound.inbox_id]
        return talking.settle(inbound, self._frame(inbound))

    def attach(self, inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
        inbound.inbox = directory.inboxes[inbound.inbox_id]
        frame = self._frame(inbound)
        session = ChatSession.objects.filter(key=frame.session).first()
        kind, value = (
            (session.identity_kind, session.identity_value or session.key)
            if session
            else (Identity.Kind.VISITOR, frame.session)
        )
        incoming = Incoming(
            frame.client_id,
            frame.session,
            Sender(kind, value, name=frame.name),
            Content(text=frame.text or frame.choice),
            inbound.received_at,
        )
        return conversing.attach(inbound, incoming, ticket_id, actor)

    def plan(self, message: Message) -> Plan | None:
        """Nothing to send where a window shows it; mail where the customer has none."""
        if message.is_automatic or ChatLine.objects.filter(message=message).exists():
            return None
        return planning.plan(message)

    def forgive(self, recipients: Sequence[str]) -> None:
        planning.forgive(recipients)

    def prepare(self, outbound: Outbound) -> Any:
        raise SendError(_("A chat shows its messages itself."), permanent=True)

    def send(self, outgoing: Outgoing[Any], inbox: Inbox) -> Receipt:
        raise SendError(_("A chat shows its messages itself."), permanent=True)

    def failed(self, outbound: Outbound, error: SendError) -> None:
        """Nothing of ours is on its way."""

    def check(self, inbox: Inbox) -> list[Problem]:
        """Whether any site may show the widget."""
        if inbox.chat_widget.sites:
            return []
        return [
            Problem(
                "no-site",
                _("No site may show this chat."),
                _("Add the address of your site, https://shop.example say."),
            )
        ]

    def _frame(self, inbound: Inbound) -> Frame:
        try:
            return read(bytes(inbound.raw))
        except BadFrame as error:
            raise Unusable(error.code) from error
