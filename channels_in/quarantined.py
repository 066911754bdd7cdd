"""What the journal of an inbox says about mail that was set aside."""

from channels_in.events import InboundQuarantined
from channels_in.models import Inbound, Inbox
from journal.actor import Actor
from journal.record import record

INTAKE = Actor.system("intake")


def tell(inbound: Inbound, cause: str) -> None:
    """Record that a mail went into quarantine, which an administrator should see."""
    Inbox.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=inbound.inbox_id)
    record(InboundQuarantined(inbound.inbox_id, inbound.pk, cause[:40]), actor=INTAKE)
