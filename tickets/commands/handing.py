"""Verbs for work that passes between people: lines, experts, the private summary."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from common.text import one_line, storable
from journal.actor import Actor
from journal.record import record
from people.models import Team, User
from tickets import errors
from tickets.commands.base import begin
from tickets.commands.fields import assign, set_team
from tickets.commands.participants import follow, unfollow
from tickets.events import ExpertCalled, ExpertReleased, SummaryWritten, TicketEscalated
from tickets.models import Follower, Ticket

MAX_REASON = 1000
MAX_SUMMARY = 4000


@transaction.atomic
def escalate(ticket_id: int, *, team: Team, reason: str, actor: Actor, at: datetime | None = None) -> Ticket:
    """Pass the ticket to another line, or back, saying why.

    Whoever held it follows it from then on; the new team's queue, or its strategy, finds the next one.
    Asking for the team it is in already changes nothing.
    """
    reason = storable(reason).strip()
    if not reason:
        raise errors.Invalid("reason", gettext_noop("Say why: whoever takes over has to start somewhere."))
    if len(reason) > MAX_REASON:
        raise errors.TooLong(MAX_REASON)
    if not team.is_active:
        raise errors.Invalid("team", gettext_noop("The team “%(name)s” is switched off."), name=team)
    ticket, at = begin(ticket_id, at)
    if ticket.team_id == team.pk:
        return ticket
    old_team_id, holder = ticket.team_id, ticket.assignee
    # The reason first: what reacts to the moves can then read it.
    record(TicketEscalated(ticket.pk, old_team_id, team.pk, team.line, reason), actor=actor, at=at)
    if holder is not None:
        follow(ticket.pk, user=holder, actor=actor, at=at)
    set_team(ticket.pk, team=team, actor=actor, at=at)
    return assign(ticket.pk, to=None, actor=actor, at=at)


@transaction.atomic
def call_in(ticket_id: int, *, user: User, question: str, actor: Actor, at: datetime | None = None) -> Ticket:
    """Ask a colleague to help without handing the ticket over: they follow it, and are told the question."""
    question = storable(question).strip()
    if len(question) > MAX_REASON:
        raise errors.TooLong(MAX_REASON)
    if not user.works_at_desk:
        raise errors.Invalid("user", gettext_noop("%(name)s does not work at the desk."), name=user)
    ticket, at = begin(ticket_id, at)
    if ticket.assignee_id == user.pk:
        raise errors.Invalid("user", gettext_noop("%(name)s has this ticket already."), name=user)
    follow(ticket.pk, user=user, actor=actor, at=at)
    record(ExpertCalled(ticket.pk, user.pk, question), actor=actor, at=at)
    return ticket


@transaction.atomic
def release(ticket_id: int, *, user: User, actor: Actor, at: datetime | None = None) -> Ticket:
    """The colleague's part is done: thank you. Releasing somebody who was not called changes nothing."""
    ticket, at = begin(ticket_id, at)
    if Follower.objects.filter(ticket=ticket, user=user).exists():
        unfollow(ticket.pk, user=user, actor=actor, at=at)
        record(ExpertReleased(ticket.pk, user.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def set_summary(ticket_id: int, *, text: str, actor: Actor, at: datetime | None = None) -> Ticket:
    """Write, or with an empty text remove, the private summary for whoever takes over."""
    text = storable(text).strip()
    if len(text) > MAX_SUMMARY:
        raise errors.TooLong(MAX_SUMMARY)
    ticket, at = begin(ticket_id, at)
    if ticket.summary == text:
        return ticket
    ticket.summary = text
    ticket.save(update_fields=["summary"])
    record(SummaryWritten(ticket.pk, one_line(text, 200)), actor=actor, at=at)
    return ticket
