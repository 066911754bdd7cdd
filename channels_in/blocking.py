"""Senders an administrator wants no tickets from. Their mail is kept as discarded and can be taken back."""

from django.db.models import F

from channels_in.models import BlockedSender
from common.text import storable
from people.models import User


def patterns_of(address: str) -> list[str]:
    """What would block an address: itself, its domain, and each domain above that has a dot."""
    address = address.strip().lower()
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)] or labels
    return [address, *(f"@{domain}" for domain in domains if domain)]


def blocked_by(address: str) -> BlockedSender | None:
    """The block that applies to an address, the narrowest first."""
    wanted = patterns_of(address)
    found = {row.pattern: row for row in BlockedSender.objects.filter(pattern__in=wanted)}
    return next((found[pattern] for pattern in wanted if pattern in found), None)


def count_hit(block: BlockedSender) -> None:
    BlockedSender.objects.filter(pk=block.pk).update(hits=F("hits") + 1)


def block(pattern: str, *, user: User, reason: str = "") -> BlockedSender:
    """Block an address, or with a leading ``@`` a domain and those below it. Again changes nothing."""
    row, _created = BlockedSender.objects.get_or_create(
        pattern=pattern.strip().lower()[:320], defaults={"blocked_by": user, "reason": storable(reason)[:400]}
    )
    return row


def unblock(pattern: str) -> bool:
    """Whether there was such a block."""
    return BlockedSender.objects.filter(pattern=pattern.strip().lower()).delete()[0] > 0
