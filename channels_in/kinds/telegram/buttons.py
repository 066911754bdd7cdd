"""The buttons under messages of the bot, and what they send back. Telegram gives them 64 bytes.

What they send can be forged by nobody but the person who presses: it names a request, and whose that is, is
looked up.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common.text import number

_PLAIN = frozenset(("new", "status", "help"))
_OF_TICKET = frozenset(("thanks", "open"))
Rows = list[list[dict[str, str]]]


@dataclass(frozen=True)
class Press:
    name: str
    ticket_id: int | None = None


def read(data: str) -> Press | None:
    """Which of our buttons it was; None for none of them."""
    name, colon, rest = data.partition(":")
    if name in _PLAIN and not colon:
        return Press(name)
    ticket_id = number(rest)
    return Press(name, ticket_id) if name in _OF_TICKET and ticket_id is not None else None


def keyboard(rows: Rows) -> dict[str, Any]:
    return {"inline_keyboard": rows}


def menu() -> Rows:
    """Under what the bot says by itself, in the language that is active."""
    return [
        [
            {"text": _("New request"), "callback_data": "new"},
            {"text": _("My requests"), "callback_data": "status"},
        ]
    ]


def solved(ticket_id: int) -> Rows:
    """Under the answer that solved a request."""
    return [
        [
            {"text": _("Solved, thank you"), "callback_data": f"thanks:{ticket_id}"},
            {"text": _("This did not help"), "callback_data": f"open:{ticket_id}"},
        ]
    ]
