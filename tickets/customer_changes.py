"""What follows for tickets when something about their customer changes. Heard after the commit."""

from django.db.models import F, Q

from journal.causes import because
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from people.events import (
    ContactChanged,
    ContactMerged,
    ContactMergeReceived,
    ContactMergeUndone,
    ContactUnmerged,
)
from people.models import Contact
from people.querysets import family_ids
from tickets.commands.fields import set_organization
from tickets.models import Category, Message, Ticket
from tickets.search import index

_MERGES = (ContactMerged, ContactMergeReceived, ContactUnmerged, ContactMergeUndone)
MOST_INDEXED = 2000  # messages of one person whose author is found by another name from now on


@subscribe_after("ticket_organization", [ContactChanged, *_MERGES], urgent=True)
def follow_organization(entry: Entry, event: Event) -> None:
    """Open tickets are in the organisation that their requester is in.

    Where a merge is undone, also those that were solved meanwhile: it is as if it had never been.
    """
    if isinstance(event, ContactChanged) and "organization" not in event.changes:
        return
    person = Contact.objects.select_related("survivor").get(pk=entry.stream_id).person
    tickets = Ticket.objects.filter(requester__in=family_ids(person.pk), deleted_at=None)
    wanted = Q(category__lt=Category.RESOLVED)
    if (
        isinstance(event, ContactUnmerged | ContactMergeUndone)
        and (since := _merged_since(entry)) is not None
    ):
        wanted |= Q(resolved_at__gte=since) | Q(closed_at__gte=since)
    for ticket_id in tickets.filter(wanted, merged_into=None).order_by("pk").values_list("pk", flat=True):
        with because(entry):
            set_organization(ticket_id, organization_id=person.organization_id, actor=entry.actor)


def _merged_since(entry: Entry) -> object:
    """When the merge was made that this entry tells the end of."""
    pair = {entry.stream_id, entry.data.get("from_id") or entry.data.get("merged_id")}
    made = Entry.objects.filter(
        stream_type="contact", stream_id__in=pair, kind=ContactMerged.kind, data__into_id__in=pair
    )
    return made.order_by("-pk").values_list("happened_at", flat=True).first()


@subscribe_after("ticket_author_names", [ContactChanged, *_MERGES])
def find_by_name(entry: Entry, event: Event) -> None:
    """Let search find what somebody wrote under the name they go by now; of a long history the newest."""
    if isinstance(event, ContactChanged) and "name" not in event.changes:
        return
    if isinstance(event, ContactMergeReceived | ContactMergeUndone) and "name" not in event.changes:
        return  # the other stream's entry tells of the merged one's messages
    messages = Message.objects.filter(author_contact__in=family_ids(entry.stream_id))
    for message_id in messages.order_by(F("pk").desc()).values_list("pk", flat=True)[:MOST_INDEXED]:
        index(message_id)
