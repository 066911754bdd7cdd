"""Merging contacts moves no row: who shows one asks for its person (``Contact.survivor``).

So whatever came with a row, and whatever still comes by its identities, stays with it, and undoing a merge
leaves each with what it would have without it.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import moment, record
from people.errors import MergedAway, Refused
from people.events import (
    ContactMerged,
    ContactMergeReceived,
    ContactMergeUndone,
    ContactUnmerged,
    MergeDismissalUndone,
    MergeDismissed,
)
from people.filling import FILLED, refill
from people.models import Contact, Distinct
from people.querysets import family_ids

_ADVISORY = 0x70656F70  # "peop": chains of merges change one at a time


@transaction.atomic
def merge_contacts(contact_id: int, *, into: int, actor: Actor, at: datetime | None = None) -> Contact:
    """Say that ``contact_id`` is the same person as ``into``, under whose name both go on; returns that one.

    The survivor's empty fields are filled (``people.filling``). Can be undone. Raises ``MergedAway`` if one
    of them is part of a third already, and ``Refused`` for one and the same.
    """
    if contact_id == into:
        raise Refused("into", _("A contact cannot be merged into itself."))
    one_at_a_time()
    below = _below(contact_id)
    source, target, *_rest = Contact.objects.lock_all(contact_id, into, *below)
    if source.merged_into_id == into:
        return target
    for one in (source, target):
        if one.survivor_id is not None:
            raise MergedAway(one.pk, one.survivor_id)
    at = at or max(moment("contact", source.pk), moment("contact", target.pk))
    source.merged_into = source.survivor = target
    source.merged_at = at
    source.save(update_fields=["merged_into", "survivor", "merged_at"])
    Contact.objects.filter(pk__in=below).update(survivor=target)
    changes = follow_up([target])
    record(ContactMerged(source.pk, target.pk), actor=actor, at=at)
    record(ContactMergeReceived(target.pk, source.pk, changes), actor=actor, at=at)
    return target


@transaction.atomic
def unmerge_contact(contact_id: int, *, actor: Actor, at: datetime | None = None) -> Contact:
    """Undo a merge: the contact, with what had been merged into it before, stands by itself. Returns it.

    What its survivors took from it they give back, unless somebody has changed it since.
    """
    one_at_a_time()
    below, above = _below(contact_id), above_of(contact_id)
    contact, *rest = Contact.objects.lock_all(contact_id, *above, *below)
    if not above:
        return contact
    parent, at = rest[0], at or max(moment("contact", contact_id), moment("contact", above[0]))
    contact.merged_into = contact.survivor = contact.merged_at = None
    contact.save(update_fields=["merged_into", "survivor", "merged_at"])
    Contact.objects.filter(pk__in=below).update(survivor=contact)
    changes = follow_up(rest[: len(above)])
    record(ContactUnmerged(contact.pk, parent.pk), actor=actor, at=at)
    record(ContactMergeUndone(parent.pk, contact.pk, changes), actor=actor, at=at)
    return contact


def follow_up(chain: list[Contact]) -> dict[str, Any]:
    """Let each of the chain, locked and from below, take anew from those merged into it.

    Returns how the last one, the survivor, has changed. Nobody else may merge meanwhile (``one_at_a_time``).
    """
    changes: dict[str, Any] = {}
    for contact in chain:
        merged = Contact.objects.filter(merged_into=contact).order_by("merged_at", "pk")
        filled = contact.filled
        changes = refill(contact, merged)
        if changes or filled != contact.filled:
            contact.save(update_fields=[*FILLED, "filled"])
    return changes


def one_at_a_time() -> None:
    """Wait until nobody else changes chains of merges, and let nobody until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])


def above_of(contact_id: int) -> list[int]:
    """Into whom the contact was merged, into whom that one, and so on; a ring ends at its first repeat."""
    chain: list[int] = []
    into: int | None = Contact.objects.values_list("merged_into_id", flat=True).get(pk=contact_id)
    while into is not None and into != contact_id and into not in chain:
        chain.append(into)
        into = Contact.objects.values_list("merged_into_id", flat=True).get(pk=into)
    return chain


def _below(contact_id: int) -> list[int]:
    """Who was merged into the contact, and into those, and so on."""
    seen = {contact_id}
    level = [contact_id]
    while level:
        rows = Contact.objects.filter(merged_into__in=level).values_list("pk", flat=True)
        level = [pk for pk in rows if pk not in seen]
        seen.update(level)
    return sorted(seen - {contact_id})


# --- suggestions that were none -------------------------------------------------------------------


@transaction.atomic
def mark_distinct(contact_id: int, *, other: int, actor: Actor, at: datetime | None = None) -> None:
    """Write down that these two are not one person: it is not suggested again."""
    if contact_id == other:
        raise Refused("other", _("A contact cannot be merged into itself."))
    contact = Contact.objects.lock_all(contact_id)[0]
    at = moment("contact", contact.pk, at)
    one, two = sorted((contact_id, other))
    if Distinct.objects.get_or_create(one_id=one, other_id=two, defaults={"created_at": at})[1]:
        record(MergeDismissed(contact_id, other), actor=actor, at=at)


@transaction.atomic
def unmark_distinct(contact_id: int, *, other: int, actor: Actor, at: datetime | None = None) -> None:
    """Let the two people be suggested again, whichever of their contacts were told apart."""
    contact = Contact.objects.lock_all(contact_id)[0]
    at = moment("contact", contact.pk, at)
    mine, theirs = family_ids(contact_id), family_ids(other)
    told_apart = Q(one__in=mine, other__in=theirs) | Q(one__in=theirs, other__in=mine)
    if Distinct.objects.filter(told_apart).delete()[0]:
        record(MergeDismissalUndone(contact_id, other), actor=actor, at=at)
