"""What this app does when the journal speaks. Imported when the app is ready.

Inline, "sla" counts a ticket's clocks anew after each entry that can change them; most cannot, and cost at
most one query. After the commit, "sla_family" recounts a survivor when something happened to what was merged
into it, and "sla_reapply" asks for a second look at all open tickets.
"""

from django.db import transaction

from calendars.events import CalendarMadeDefault, CalendarSaved
from common.queue import ask_on_commit
from common.statements import Prepared
from journal import registry
from journal.causes import because
from journal.events import Event
from journal.models import Entry
from people.events import ContactAttributesSet, OrganizationChanged, TeamEdited
from people.querysets import family_ids
from sla import conditions, deriving, matching, reapplying, sentences, tasks, use
from sla import events as e
from sla.models import Clock
from tickets import events as t
from tickets.commands.base import survivor_id
from tickets.models import Category, Link, Ticket

__all__ = ["conditions", "sentences"]

# What may bring another policy, with the reason it is recorded with.
_REASONS = {
    t.TicketOpened.kind: "opened",
    t.TeamChanged.kind: "team",
    t.TagAdded.kind: "tags",
    t.TagRemoved.kind: "tags",
    t.AttributeChanged.kind: "field",
    t.TicketUnmerged.kind: "unmerged",
    t.TicketRestored.kind: "restored",
    t.SpamUnmarked.kind: "not_spam",
}
_FIELDS = frozenset({"priority", "topic", "service", "subject", "requester", "organization"})
_AT_ONCE = 300  # tickets of one customer; more are looked at in the background
_ONLY_ASKED = frozenset({"topic", "service", "subject"})
_OURS = (e.SlaDueSet, e.PromiseMade, e.PromiseKept, e.PromiseWithdrawn)


def _reset(stream_type: str, stream_id: int) -> None:
    """Everything is derived from the whole journal at once, so a replay is done here.

    The ticket is locked: what a verb is just changing would else be overwritten by what was before.
    """
    if stream_type == "ticket" and Ticket.objects.filter(pk=stream_id).exists():
        Ticket.objects.lock(stream_id)
        deriving.recount(stream_id)
        reapplying.request_if_outdated(stream_id)  # which a replay, that records nothing, cannot mend itself


@registry.subscribe_inline(
    "sla",
    [
        t.TicketOpened, t.MessageReceived, t.AutomaticReceived, t.ReplyPosted, t.ReplyWithdrawn,
        t.ThanksUndone, t.DeliveryFailed, t.DeliveryRetried, t.StatusChanged, t.FieldChanged, t.TeamChanged,
        t.TagAdded, t.TagRemoved, t.AttributeChanged, t.SpamMarked, t.SpamUnmarked, t.TicketDeleted,
        t.TicketRestored, t.TicketMerged, t.TicketUnmerged, t.MergeReceived, t.MergeUndone, t.MessagesSplit,
        t.TicketLinked,
        *_OURS,
    ],
    reset=_reset,
)  # fmt: skip
def count(entry: Entry, event: Event) -> None:
    if registry.replaying() or not _concerns(event) or not (isinstance(event, _OURS) or use.is_used()):
        return
    if isinstance(event, t.MessageReceived) and _is_awaited(event.ticket_id):
        return
    if (name := _only_condition(event)) is not None and not matching.is_asked(name):
        return
    reason = _REASONS.get(event.kind)
    if isinstance(event, t.FieldChanged):
        reason = event.field
    elif isinstance(event, t.StatusChanged) and event.new_category < Category.RESOLVED <= event.old_category:
        reason = "reopened"
    deriving.follow(entry, matches=reason is not None, reason=reason or _why(event))


def _why(event: Event) -> str:
    return "by_hand" if isinstance(event, e.SlaDueSet) else event.kind


def _concerns(event: Event) -> bool:
    """Whether it can change any clock, as far as the event itself tells."""
    match event:
        case t.MessageReceived():
            return event.side_thread_id is None and not event.is_thanks
        case t.ReplyPosted():
            return event.side_thread_id is None
        case t.DeliveryFailed():
            return event.permanent
        case t.StatusChanged():
            return event.old_category != event.new_category and {event.old_category, event.new_category} != {
                Category.NEW,
                Category.OPEN,
            }
        case t.FieldChanged():
            return event.field in _FIELDS
        case t.TicketLinked():
            return event.link_kind == Link.Kind.SPLIT
        case e.PromiseKept():
            return event.by_hand  # else it tells what a reply has done, and is counted already
    return True


def _only_condition(event: Event) -> str | None:
    """The field that has changed, where it is nothing to clocks unless a policy asks about it."""
    match event:
        case t.TagAdded() | t.TagRemoved():
            return "tags"
        case t.AttributeChanged():
            return f"field.{event.key}"
        case t.FieldChanged() if event.field in _ONLY_ASKED:
            return event.field
    return None


_AWAITED: Prepared[tuple[int]] = Prepared(
    lambda ticket: Clock.objects.filter(
        ticket_id=ticket,
        target__in=[Clock.Target.FIRST_RESPONSE, Clock.Target.NEXT_RESPONSE],
        state__in=[Clock.State.RUNNING, Clock.State.PAUSED],
    ).values_list("pk")[:1],
    ticket=int,
)


def _is_awaited(ticket_id: int) -> bool:
    """Whether a response is waited for already: one more message of the customer changes nothing."""
    return _AWAITED.first(ticket=ticket_id) is not None


@registry.subscribe_after("sla_family", [t.DeliveryFailed, t.DeliveryRetried, t.MergeUndone])
def recount_the_survivor(entry: Entry, event: Event) -> None:
    """Something happened to a ticket that is merged into another, which counts its messages."""
    survivor = survivor_id(entry.stream_id)
    if survivor != entry.stream_id and use.is_used():
        with transaction.atomic():
            Ticket.objects.lock(survivor)
            deriving.recount(survivor, trigger=entry, reason=event.kind)


@registry.subscribe_after("sla_customers", [OrganizationChanged, ContactAttributesSet], urgent=True)
def look_at_theirs(entry: Entry, event: Event) -> None:
    """What policies ask about a customer has changed: their open tickets may be due otherwise at once.

    That a ticket's organisation is another one, the ticket tells itself.
    """
    if not use.is_used():
        return
    tickets = Ticket.objects.filter(category__lt=Category.RESOLVED, is_hidden=False)
    if isinstance(event, OrganizationChanged):
        if "tier" not in event.changes:
            return
        tickets = tickets.filter(organization=event.organization_id)
    elif isinstance(event, ContactAttributesSet):
        if not any(matching.is_asked(f"contact.{key}") for key in event.changes):
            return
        tickets = tickets.filter(requester__in=family_ids(event.contact_id))
    ids = list(tickets.order_by("pk").values_list("pk", flat=True)[: _AT_ONCE + 1])
    if len(ids) > _AT_ONCE:
        reapplying.request(reason="customer", actor=entry.actor, at=entry.recorded_at)
        ask_on_commit(tasks.reapply_open)
        return
    for ticket_id in reapplying.outdated(ids) if ids else ():
        with because(entry):
            reapplying.reapply_one(ticket_id, reason="customer", actor=entry.actor)


@registry.subscribe_after(
    "sla_reapply",
    [e.PolicySaved, e.PolicySwitched, e.PolicyMoved, CalendarSaved, CalendarMadeDefault, TeamEdited],
)
def look_again(entry: Entry, event: Event) -> None:
    if isinstance(event, TeamEdited) and "calendar" not in event.changes:
        return
    reapplying.request(reason=event.stream_type, actor=entry.actor, at=entry.recorded_at)
    ask_on_commit(tasks.reapply_open)
