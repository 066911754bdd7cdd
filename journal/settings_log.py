"""An entry for changes of settings that have no verb, and so no event, of their own.

One event with old and new values rather than a class for each form: whoever reads the audit asks what was
changed, and nothing else in the product reacts to it. Whatever something does react to gets its own event.
"""

import re
from collections.abc import Mapping
from typing import Any

from journal.actor import Actor
from journal.events import Event, event
from journal.record import record

HIDDEN = "•••"
_SECRET = re.compile(r"secret|token|password|passphrase|private|credential|api_key|recovery")


@event("settings")
class SettingsChanged(Event):
    """``thing`` is a kind of setting, ``settings_id`` its key, ``name`` what it is called.

    ``what``: "changed", "added" or "removed"; ``changes`` maps a field to [old, new].
    """

    settings_id: int
    thing: str
    name: str
    what: str
    changes: dict[str, Any]


def record_settings(
    thing: str,
    key: int,
    *,
    name: str,
    actor: Actor,
    what: str = "changed",
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Note a change in the open transaction; secrets are hidden. A change of nothing is not noted."""
    if what == "changed" and not changes:
        return
    record(SettingsChanged(key, thing, name, what, masked(changes or {})), actor=actor)


def is_secret(field: str) -> bool:
    """Whether a field of this name must never be shown."""
    return bool(_SECRET.search(field.lower()))


def masked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same with dots for what is secret: that it changed, and whether there was or is one."""
    return {name: _hidden(pair) if is_secret(name) else pair for name, pair in changes.items()}


def _hidden(pair: Any) -> Any:
    if not isinstance(pair, list):
        return HIDDEN
    return [HIDDEN if value else value for value in pair]
