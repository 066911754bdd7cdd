"""What the page /demo/telegram/ asks of the server: to be the customer. JSON on loopback, beside the API."""

import base64
from typing import Any

from helpdesk.demo.telegram.customer import Customer
from helpdesk.demo.telegram.rules import bad
from helpdesk.demo.telegram.state import State

MOST_SHOWN = 100


def act(state: State, asked: dict[str, Any]) -> dict[str, Any]:
    """Do as asked, and answer with the chat. Raises ``Refused``."""
    bot = state.bot(str(asked.get("token")))
    customer = Customer(state, bot, asked["user"])
    match asked.get("action"):
        case "say":
            customer.say(str(asked["text"]))
        case "send":
            files = [(one["name"], one["type"], base64.b64decode(one["data"])) for one in asked["files"]]
            _send(customer, files, str(asked.get("text") or ""))
        case "edit":
            customer.edit(int(asked["message"]), str(asked["text"]))
        case "press":
            customer.press(int(asked["message"]), str(asked["data"]))
        case "block":
            customer.block(blocked=bool(asked["blocked"]))
        case "look":
            pass
        case _:
            raise bad("nobody can do that")
    with state.changed:
        return {
            "messages": customer.chat.messages[-MOST_SHOWN:],
            "is_blocked": customer.chat.is_blocked,
            "commands": bot.commands.get(str(asked["user"].get("language_code")))
            or bot.commands.get("")
            or [],
        }


def _send(customer: Customer, files: list[tuple[str, str, bytes]], caption: str) -> None:
    pictures = [file for file in files if file[1] in ("image/jpeg", "image/png")]
    if len(pictures) > 1 and len(pictures) == len(files):
        customer.album(files[:10], caption=caption)
        return
    for number, file in enumerate(files[:10]):
        kind = "photo" if file in pictures else "voice" if file[1] == "audio/ogg" else "document"
        customer.send(kind, file, caption="" if number else caption)
