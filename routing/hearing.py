"""What assignment hears of: slots that free, people who come, tickets that come back or move on."""

from django.utils.translation import gettext as _

from calendars.events import CalendarSaved
from common.queue import ask_on_commit
from journal.actor import Actor
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from people import events as people
from routing import timers
from routing.assignment import assign_by_strategy
from routing.models import Waiting
from routing.reopening import came_back
from tickets import errors, events
from tickets.models import Category, Ticket
from tickets.timeline import register_actor

ESCALATION = Actor.system("assignment:escalation")

_FREES = (
    events.TicketSnoozed,
    events.SpamMarked,
    events.TicketDeleted,
    events.TicketMerged,
    events.TicketUnmerged,
)
_PEOPLE = (
    people.AvailabilityChanged,
    people.UserCreated,
    people.UserChanged,
    people.TeamEdited,
    people.ShiftSaved,
    people.ShiftRemoved,
    people.AbsenceRemoved,
    people.ExtraTimeAdded,
    CalendarSaved,
)
_BACK = (events.TicketWoken, events.SpamUnmarked, events.TicketRestored)
_HEARD = (
    *_FREES,
    *_PEOPLE,
    *_BACK,
    events.StatusChanged,
    events.TicketAssigned,
    events.TeamChanged,
    events.TicketEscalated,
    events.MessageReceived,
)


def _names(parts: set[str]) -> dict[str, str]:
    """What the timeline calls the parts of assignment."""
    return {
        "waiting": _("Waiting list"),
        "reopening": _("Return of a ticket"),
        "shift": _("End of a shift"),
        "escalation": _("Escalation"),
    }


register_actor("assignment", _names)


def _hears(entry: Entry) -> bool:
    """Of messages only those that woke a ticket, or may have."""
    return entry.kind != events.MessageReceived.kind or entry.data.get("woke") is not False


@subscribe_after("assignment", _HEARD, hears=_hears)
def hear(entry: Entry, event: Event) -> None:
    """Keep the waiting list true, ask for a drain where room was made, and see to what came back."""
    match event:
        case events.StatusChanged():
            _status(event)
        case events.TicketAssigned():
            _assigned(event)
        case events.TeamChanged():
            _moved(event.ticket_id)
        case events.TicketEscalated():
            _escalated(event.ticket_id)
        case events.MessageReceived():
            if event.woke or (event.woke is None and _was_asleep(entry)):
                came_back(event.ticket_id, reopened=False)
        case events.TicketWoken() | events.SpamUnmarked() | events.TicketRestored():
            came_back(event.ticket_id, reopened=False)
            _drain()
        case _:
            _drain()


def _drain() -> None:
    if Waiting.objects.exists():
        ask_on_commit(timers.drain_waiting)


def _status(event: events.StatusChanged) -> None:
    if event.new_category >= Category.RESOLVED:
        solved = Ticket.objects.filter(pk=event.ticket_id, category__gte=Category.RESOLVED)
        Waiting.objects.filter(ticket__in=solved).delete()
    was_active, is_active = (one < Category.PENDING for one in (event.old_category, event.new_category))
    if was_active and not is_active:
        _drain()
    elif is_active and not was_active:
        came_back(event.ticket_id, reopened=event.old_category >= Category.RESOLVED)
        _drain()  # one that waited while it was pending


def _assigned(event: events.TicketAssigned) -> None:
    if event.new_assignee_id is not None:  # as it is now: it may be back in the queue already
        held = Ticket.objects.filter(pk=event.ticket_id).exclude(assignee=None)
        Waiting.objects.filter(ticket__in=held).delete()
    if event.old_assignee_id is not None:
        _drain()


def _moved(ticket_id: int) -> None:
    """What waits, waits for the team it is in."""
    row = Waiting.objects.filter(ticket=ticket_id).select_related("ticket").first()
    if row is None or row.ticket.team_id == row.team_id:
        return
    if row.ticket.team_id is None:
        row.delete()
    else:
        Waiting.objects.filter(pk=row.pk).update(team=row.ticket.team_id)
        _drain()


def _escalated(ticket_id: int) -> None:
    """The new line's strategy finds the next one."""
    try:
        assign_by_strategy(ticket_id, actor=ESCALATION)
    except errors.Merged:
        return


def _was_asleep(entry: Entry) -> bool:
    """Whether this message woke the ticket, when it does not say so itself: older ones do not."""
    if not Ticket.objects.filter(pk=entry.stream_id).exclude(assignee=None).exists():
        return False
    before = Entry.objects.filter(
        stream_type=entry.stream_type,
        stream_id=entry.stream_id,
        sequence__lt=entry.sequence,
        kind__in=[events.TicketSnoozed.kind, events.TicketWoken.kind, events.MessageReceived.kind],
    )
    last = before.order_by("-sequence").values_list("kind", flat=True).first()
    return last == events.TicketSnoozed.kind
