"""What an agent does with a chat: take it, end it, go on by mail, keep the visitor out; and the dock."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from channels_in.kinds.chat import verbs
from channels_in.models import ChatSession
from desk.answers import changed
from desk.chats import dock, visitor_of
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission


def _session(request: DeskRequest, ticket_id: int) -> ChatSession:
    """The chat of a ticket this person may see."""
    session = verbs.of_ticket(find_ticket(request, ticket_id).pk)
    if session is None:
        raise Http404
    return session


@desk()
def visitor(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Who is on the other side, as far as that changes by itself."""
    ticket = find_ticket(request, ticket_id)
    found = visitor_of(ticket)
    if found is None:
        raise Http404
    if not request.htmx:
        return redirect("ticket", ticket.pk)
    return render(request, "desk/_visitor.html", {"ticket": ticket, "visitor": found})


@desk(Permission.REPLY)
def chat_dock(request: DeskRequest) -> HttpResponse:
    """One's chats, to switch between."""
    if not request.htmx:
        return redirect("home")
    return render(request, "desk/_chat_dock.html", {"lines": dock(request.user)})


@post(Permission.REPLY)
def taking(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """I have time for the visitor now."""
    session = verbs.take(_session(request, ticket_id).pk, user=request.user)
    taken = session.stage == ChatSession.Stage.TALKING
    return changed(request, ticket_id, _("The chat is yours.") if taken else "")


@post(Permission.REPLY)
def ending(request: DeskRequest, ticket_id: int) -> HttpResponse:
    verbs.end(_session(request, ticket_id).pk, by="agent", actor=Actor.user(request.user))
    return changed(request, ticket_id, _("The chat has ended."))


@post(Permission.REPLY)
def by_mail(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """End the chat so that it goes on by mail."""
    verbs.go_on_by_mail(_session(request, ticket_id).pk, user=request.user)
    return changed(request, ticket_id, _("It goes on by mail now."))


@post(Permission.EDIT)
def ban(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Keep the visitor out of the chat."""
    verbs.ban(_session(request, ticket_id).pk, user=request.user, with_address=True)
    return changed(
        request,
        ticket_id,
        _("The visitor is kept out of the chat."),
        undo=f"/tickets/{ticket_id}/chat/ban/removal/",
    )


@post(Permission.EDIT)
def ban_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    verbs.unban(_session(request, ticket_id).pk, user=request.user)
    return changed(request, ticket_id, _("The visitor may write again."))
