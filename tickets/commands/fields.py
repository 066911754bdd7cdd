"""Verbs that change one property."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from common.text import one_line, storable
from journal.actor import Actor, ActorKind
from journal.record import record
from people.models import Contact, Team, User
from tickets import errors
from tickets.commands.base import begin
from tickets.commands.tags import NO_COMMA
from tickets.events import FieldChanged, StatusChanged, TagAdded, TagRemoved, TeamChanged, TicketAssigned
from tickets.models import Category, Priority, Service, Status, Tag, Tagging, Ticket, Topic
from tickets.status import check_transition


@transaction.atomic
def assign(ticket_id: int, *, to: User | None, actor: Actor, at: datetime | None = None) -> Ticket:
    """Hand the ticket to ``to``, or back to its team's queue with ``None``. Asking twice changes nothing.

    Only a ticket that comes back is news to a list: the queue has it again.
    """
    ticket, at = begin(ticket_id, at)
    new_id = to.pk if to else None
    if ticket.assignee_id == new_id:
        return ticket
    if to is not None and not to.works_at_desk:
        raise errors.Invalid("assignee", gettext_noop("%(name)s does not work at the desk."), name=to)
    old_id = ticket.assignee_id
    ticket.assignee = to
    if to is None:
        ticket.active_at = max(ticket.active_at, at)
    else:
        ticket.touched_at = max(ticket.touched_at or at, at)
    ticket.save(update_fields=["assignee", "active_at", "touched_at"])
    record(TicketAssigned(ticket.pk, old_id, new_id, ticket.team_id), actor=actor, at=at)
    return ticket


@transaction.atomic
def set_team(ticket_id: int, *, team: Team | None, actor: Actor, at: datetime | None = None) -> Ticket:
    """Move the ticket to a team's queue. Who holds it keeps it: handing over is ``assign``."""
    ticket, at = begin(ticket_id, at)
    new_id = team.pk if team else None
    if ticket.team_id == new_id:
        return ticket
    old_id = ticket.team_id
    ticket.team = team
    ticket.active_at = max(ticket.active_at, at)
    ticket.save(update_fields=["team", "active_at"])
    record(TeamChanged(ticket.pk, old_id, new_id), actor=actor, at=at)
    return ticket


@transaction.atomic
def set_status(ticket_id: int, *, status: Status, actor: Actor, at: datetime | None = None) -> Ticket:
    """Change the status, along the table of transitions; raises ``WrongTransition``."""
    ticket, at = begin(ticket_id, at)
    return move(ticket, status, actor=actor, at=at)


def move(ticket: Ticket, status: Status, *, actor: Actor, at: datetime, is_checked: bool = False) -> Ticket:
    """``set_status`` on a ticket that the caller has locked; ``is_checked``: the way is known to be right."""
    if ticket.status_id == status.pk:
        return ticket
    if not is_checked:
        check_transition(ticket, status)
    old_status_id, old = ticket.status_id, ticket.category
    new = status.category
    ticket.status = status
    ticket.category = new
    ticket.active_at = max(ticket.active_at, at)
    if new >= Category.RESOLVED:
        if old < Category.RESOLVED:
            ticket.resolved_at = at
        ticket.closed_at = at if new == Category.CLOSED else None
        ticket.waiting_since = None
        ticket.snoozed_until = None
    else:
        ticket.resolved_at = ticket.closed_at = None
    ticket.save(
        update_fields=[
            "status", "category", "active_at", "resolved_at", "closed_at", "waiting_since", "snoozed_until",
        ]
    )  # fmt: skip
    record(StatusChanged(ticket.pk, old_status_id, status.pk, old, new), actor=actor, at=at)
    return ticket


def _set_field(ticket_id: int, name: str, value: Any, *, actor: Actor, at: datetime | None) -> Ticket:
    """Set a plain field or foreign key; ``FieldChanged`` carries keys and raw values."""
    ticket, at = begin(ticket_id, at)
    field = Ticket._meta.get_field(name)
    attname = field.attname  # type: ignore[union-attr]  # only concrete fields come here
    old = getattr(ticket, attname)
    setattr(ticket, name, value)
    new = getattr(ticket, attname)
    if old == new:
        return ticket
    ticket.save(update_fields=[name])
    record(FieldChanged(ticket.pk, field.name, old, new), actor=actor, at=at)
    return ticket


@transaction.atomic
def set_priority(ticket_id: int, *, priority: int, actor: Actor, at: datetime | None = None) -> Ticket:
    if priority not in Priority.values:
        raise errors.Invalid("priority", gettext_noop("There is no such priority."))
    return _set_field(ticket_id, "priority", priority, actor=actor, at=at)


@transaction.atomic
def set_topic(ticket_id: int, *, topic: Topic | None, actor: Actor, at: datetime | None = None) -> Ticket:
    """Say what the ticket is about. A topic of another brand is refused: brands never mix."""
    brand_id = Ticket.objects.values_list("brand_id", flat=True).get(pk=ticket_id)
    if topic is not None and topic.brand_id not in {None, brand_id}:
        raise errors.Invalid("topic", gettext_noop("This topic belongs to another brand."))
    return _set_field(ticket_id, "topic", topic, actor=actor, at=at)


@transaction.atomic
def set_service(
    ticket_id: int, *, service: Service | None, actor: Actor, at: datetime | None = None
) -> Ticket:
    return _set_field(ticket_id, "service", service, actor=actor, at=at)


@transaction.atomic
def set_subject(ticket_id: int, *, subject: str, actor: Actor, at: datetime | None = None) -> Ticket:
    """Give the ticket a better subject; the messages keep the one they came with."""
    subject = one_line(storable(subject), 400)
    if not subject:
        raise errors.Invalid("subject", gettext_noop("A ticket needs a subject."))
    return _set_field(ticket_id, "subject", subject, actor=actor, at=at)


@transaction.atomic
def set_requester(ticket_id: int, *, contact: Contact, actor: Actor, at: datetime | None = None) -> Ticket:
    """Say that the ticket is really somebody else's; their organisation comes with them."""
    ticket, at = begin(ticket_id, at)
    old_id = ticket.requester_id
    if old_id == contact.pk:
        return ticket
    ticket.requester = contact
    ticket.organization_id = contact.person.organization_id
    # Before the entry: whoever hears of it asks the ticket for its organisation.
    ticket.save(update_fields=["requester", "organization"])
    record(FieldChanged(ticket.pk, "requester", old_id, contact.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def set_organization(
    ticket_id: int, *, organization_id: int | None, actor: Actor, at: datetime | None = None
) -> Ticket:
    """Let the ticket follow its requester to another organisation, or to none."""
    return _set_field(ticket_id, "organization_id", organization_id, actor=actor, at=at)


@transaction.atomic
def add_tag(ticket_id: int, *, name: str, actor: Actor, at: datetime | None = None) -> Ticket:
    """Tag the ticket, making the tag if it is new. Case does not matter.

    A new tag has no comma in its name, as commas stand between tags where they are typed. A person's raises
    ``Invalid``; from what cannot be asked again (a form's answer, a bot, a rule) a blank takes its place.
    """
    name = one_line(storable(name), 60)
    if not name:
        raise errors.Invalid("tag", gettext_noop("A tag needs a name."))
    ticket, at = begin(ticket_id, at)
    tag = _tag(name, actor)
    _tagging, created = Tagging.objects.get_or_create(ticket=ticket, tag=tag)
    if created:
        record(TagAdded(ticket.pk, tag.pk, tag.name), actor=actor, at=at)
    return ticket


def _tag(name: str, actor: Actor) -> Tag:
    # Shared: a tag that is just being merged away is not given to one more ticket.
    rows = Tag.objects.raw("SELECT * FROM tickets_tag WHERE lower(name) = lower(%s) FOR KEY SHARE", [name])
    if found := next(iter(rows), None):
        return found
    if "," in name:
        bare = one_line(name.replace(",", " "), 60)
        if actor.kind == ActorKind.USER or not bare:
            raise errors.Invalid("tag", NO_COMMA)
        return _tag(bare, actor)
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name)
    except IntegrityError:  # somebody has made it at the same moment
        return Tag.objects.get(name__iexact=name)


@transaction.atomic
def remove_tag(ticket_id: int, *, name: str, actor: Actor, at: datetime | None = None) -> Ticket:
    ticket, at = begin(ticket_id, at)
    tagging = Tagging.objects.filter(ticket=ticket, tag__name__iexact=name).select_related("tag").first()
    if tagging is not None:
        tagging.delete()
        record(TagRemoved(ticket.pk, tagging.tag_id, tagging.tag.name), actor=actor, at=at)
    return ticket
