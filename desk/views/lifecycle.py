"""Spam, snooze, merge, links, deletion: what moves a ticket out of sight, and back."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from desk import forms
from desk.answers import changed, gone
from desk.door import find_ticket, post
from desk.feedback import invalid
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from tickets import commands
from tickets.errors import Invalid
from tickets.models import Ticket


@post()
def spam(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Out of every list but the spam view."""
    ticket = find_ticket(request, ticket_id)
    commands.mark_spam(ticket.pk, actor=Actor.user(request.user))
    words = _("#%(number)d is marked as spam.") % {"number": ticket.pk}
    return gone(request, words, undo=f"{request.path}removal/")


@post()
def spam_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    ticket = find_ticket(request, ticket_id)
    commands.unmark_spam(ticket.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("#%(number)d is no spam.") % {"number": ticket.pk})


@post()
def snooze(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Out of the working views until a time, or until the customer writes."""
    ticket = find_ticket(request, ticket_id)
    form = forms.SnoozeForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    commands.snooze(ticket.pk, until=form.cleaned_data["until"], actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("Snoozed."), undo=f"{request.path}removal/")


@post()
def snooze_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    ticket = find_ticket(request, ticket_id)
    commands.wake(ticket.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post(Permission.MERGE)
def merge(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Make this ticket part of another; the other survives and is shown."""
    ticket = find_ticket(request, ticket_id)
    form = forms.NumberForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    into = _other(request, form.cleaned_data["number"])
    survivor = commands.merge(ticket.pk, into=into.pk, actor=Actor.user(request.user))
    words = _("#%(number)d is part of #%(into)d now.") % {"number": ticket.pk, "into": survivor.pk}
    return gone(request, words, undo=f"{request.path}removal/", instead=survivor.pk)


@post(Permission.MERGE)
def merge_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Undo a merge: both stand by themselves again."""
    ticket = find_ticket(request, ticket_id)
    into = ticket.merged_into_id
    commands.unmerge(ticket.pk, actor=Actor.user(request.user))
    return changed(
        request, into or ticket.pk, _("#%(number)d stands by itself again.") % {"number": ticket.pk}
    )


@post()
def links(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Say that two tickets have to do with each other."""
    ticket = find_ticket(request, ticket_id)
    form = forms.NumberForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    other = _other(request, form.cleaned_data["number"])
    commands.link(ticket.pk, other=other.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post()
def link_removal(request: DeskRequest, ticket_id: int, other_id: int) -> HttpResponse:
    ticket = find_ticket(request, ticket_id)
    find_ticket(request, other_id)
    commands.unlink(ticket.pk, other=other_id, actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post(Permission.DELETE)
def deletion(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Delete; can be undone."""
    ticket = find_ticket(request, ticket_id)
    commands.delete(ticket.pk, actor=Actor.user(request.user))
    words = _("#%(number)d is deleted.") % {"number": ticket.pk}
    return gone(request, words, undo=f"{request.path}removal/")


@post(Permission.DELETE)
def deletion_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Restore. A deleted ticket is behind the door for everybody: they see it if they would see it."""
    if not Ticket.objects.in_reach_of(request.user).filter(pk=ticket_id).exists():
        raise Http404
    commands.restore(ticket_id, actor=Actor.user(request.user))
    return changed(request, ticket_id, _("#%(number)d is back.") % {"number": ticket_id})


def _other(request: DeskRequest, number: int) -> Ticket:
    other = Ticket.objects.visible_to(request.user).filter(pk=number).first()
    if other is None:
        raise Invalid("number", _("There is no ticket #%(number)d.") % {"number": number})
    return other
