"""An update into our hands: stored before anything is done with it, by webhook as by polling."""

import json
from typing import Any

from channels_in import intake
from channels_in.kinds.telegram.parsing import read
from channels_in.models import Inbound, Inbox

MAX_BYTES = 1024 * 1024  # an update is some kilobytes


class NotAnUpdate(Exception):  # says what it is
    """What came has no number, so it cannot be Telegram's."""


def store(inbox: Inbox, source: Any, *, via: str) -> Inbound:
    """Keep an update, read as JSON; the same number again is the row there is. Raises ``NotAnUpdate``."""
    update = read(source)
    if update.update_id is None:
        raise NotAnUpdate
    inbound, _is_new = intake.keep(
        inbox,
        json.dumps(source, ensure_ascii=True, separators=(",", ":")).encode(),
        external_id=str(update.update_id),
        via=via,
        conversation=str(update.chat.id) if update.chat else "",
    )
    return inbound
