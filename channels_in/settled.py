"""How a raw message ended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels_in.models import Inbound
from tickets.models import Message


class Unusable(Exception):  # says what the mail is, as tickets.errors do
    """The mail can be no message as it is: quarantine, with ``code`` as its cause."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(words or code)
        self.code = code


class NotYet(Exception):
    """It is not this message's turn: look again at ``until``. It stays, and no attempt is counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until}")
        self.until = until


@dataclass
class Settled:
    """How an Inbound ended: its status, the cause as a code, the message it became.

    ``trace``: each decision on the way; ``verdict``: what is known about the sender. ``answer``: what whoever
    brought it waits for, where somebody does; it is not kept.
    """

    status: str
    cause: str = ""
    detail: str = ""
    message: Message | None = None
    message_id: int | None = None
    ticket_id: int | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)
    verdict: dict[str, Any] = field(default_factory=dict)
    answer: Any = None

    @classmethod
    def done(cls, message: Message, cause: str = "") -> "Settled":
        return cls(
            Inbound.Status.DONE, cause, message=message, message_id=message.pk, ticket_id=message.ticket_id
        )

    @classmethod
    def obeyed(cls, cause: str, detail: str = "") -> "Settled":
        """It was no message but something to do, and is done: a command, say."""
        return cls(Inbound.Status.DONE, cause, detail)

    @classmethod
    def discarded(cls, cause: str, detail: str = "") -> "Settled":
        return cls(Inbound.Status.DISCARDED, cause, detail)
