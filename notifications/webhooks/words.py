"""What became of a try, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_WORDS = {
    "ok": gettext_noop("Taken."),
    "later": gettext_noop("The server asked for another try."),
    "refused": gettext_noop("The server refused it."),
    "redirect": gettext_noop("The address leads elsewhere. Enter the one it leads to."),
    "off": gettext_noop("The webhook was switched off."),
    "forbidden": gettext_noop("The address is not on the public network, or not one that we call."),
    "unreadable": gettext_noop(
        "The secret cannot be read: its key is not in FIELD_ENCRYPTION_KEYS. Make a new one."
    ),
    "certificate": gettext_noop("The server's certificate is not valid."),
    "unknown-name": gettext_noop("The server's name is not known."),
    "timeout": gettext_noop("The server did not answer in time."),
    "no-connection": gettext_noop("The server refused the connection."),
    "no-http": gettext_noop("What the server answered is no HTTP."),
    "network": gettext_noop("The connection broke."),
    "broken": gettext_noop("Something broke on our side."),
}


def explain(line: dict[str, Any]) -> str:
    """One entry of ``WebhookCall.tries``."""
    words = _WORDS.get(str(line.get("code")))
    said = _(words) if words else str(line.get("code"))
    status = line.get("status")
    return f"{status} · {said}" if status else said
