"""Senders an administrator wants no tickets from. Their mail is kept as discarded and can be taken back."""

from typing import Any

from django.db import transaction
from django.db.models import F

from channels_in.models import BlockedSender
from common.text import storable
from journal.actor import Actor
from journal.settings_log import record_settings
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


@transaction.atomic
def block(pattern: str, *, user: User, reason: str = "") -> BlockedSender:
    """Block an address, or with a leading ``@`` a domain and those below it. Again changes nothing."""
    row, created = BlockedSender.objects.get_or_create(
        pattern=pattern.strip().lower()[:320], defaults={"blocked_by": user, "reason": storable(reason)[:400]}
    )
    if created:
        changes = {"reason": ["", row.reason]} if row.reason else {}
        _note(row, "added", Actor.user(user), changes)
    return row


@transaction.atomic
def unblock(pattern: str, *, actor: Actor) -> bool:
    """Whether there was such a block."""
    row = BlockedSender.objects.select_for_update().filter(pattern=pattern.strip().lower()).first()
    if row is None:
        return False
    _note(row, "removed", actor, {})
    row.delete()
    return True


def _note(row: BlockedSender, what: str, actor: Actor, changes: dict[str, Any]) -> None:
    record_settings("blocked_sender", row.pk, name=row.pattern, what=what, actor=actor, changes=changes)
