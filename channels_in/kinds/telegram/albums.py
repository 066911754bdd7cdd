"""Albums: their pieces come as updates of their own, and are one message to whoever sent them.

The first piece waits until none has come for a second, then takes all that are there with it. Nothing is kept
but the updates themselves, so that a restart loses nothing: the wait is ``Inbound.not_before``.
"""

from dataclasses import dataclass
from datetime import timedelta

from channels_in.kinds.telegram.parsing import Update, parse
from channels_in.models import Inbound
from channels_in.settled import NotYet
from common import clock

GATHER = timedelta(seconds=1)  # after the last piece
LONGEST = timedelta(seconds=10)  # after the first
MOST = 10  # Telegram's own limit
_LOOKED_AT = 50  # pending updates of a chat


@dataclass(frozen=True)
class Piece:
    inbound: Inbound
    update: Update


def gather(inbound: Inbound, update: Update) -> list[Piece]:
    """All pieces of the message that ``update`` begins. Raises ``NotYet`` while more may come."""
    pieces = [Piece(inbound, update)]
    if not update.album:
        return pieces
    following = Inbound.objects.filter(
        inbox=inbound.inbox_id,
        status=Inbound.Status.PENDING,
        envelope_from=inbound.envelope_from,
        pk__gt=inbound.pk,
    )
    for later in following.order_by("pk")[:_LOOKED_AT]:
        other = parse(bytes(later.raw))
        if other.kind == "message" and other.album == update.album and len(pieces) < MOST:
            pieces.append(Piece(later, other))
    complete = pieces[-1].inbound.received_at + GATHER
    now = clock.now()
    if now < complete and len(pieces) < MOST and now < inbound.received_at + LONGEST:
        raise NotYet(complete)
    return pieces
