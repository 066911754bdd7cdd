"""Clocks of a ticket: why they are as they are, due times by hand, promises."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from common import clock
from desk import clocks, forms, promising
from desk.answers import changed, part
from desk.beside import unchecked
from desk.door import desk, find_ticket, post
from desk.feedback import invalid
from desk.request import DeskRequest
from desk.settings.policy_words import time_words
from desk.settings.rule_words import RuleWords
from journal.actor import Actor
from journal.models import Entry
from people.access import Permission
from sla import commands
from sla.events import SlaPolicyApplied
from sla.facts import TARGETS
from sla.models import Clock, PolicyVersion, Promise
from sla.sentences import reason_words
from tickets import conditions
from tickets.commands.base import survivor_id
from tickets.models import Priority, Ticket


@post()
def due(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Set when a clock is due by hand, with a reason; without a time, give it back to the policy."""
    ticket = find_ticket(request, ticket_id)
    form = forms.DueForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    data = form.cleaned_data
    due_at = None if data["back"] else data["due_at"]
    commands.set_due(
        ticket.pk,
        target=data["target"],
        ordinal=data["ordinal"],
        due_at=due_at,
        reason=data["reason"] or (_("back to the policy") if data["back"] else ""),
        actor=Actor.user(request.user),
    )
    words = _("The due time is set.") if due_at else _("Due as the policy says.")
    return changed(request, ticket.pk, words)


@desk(Permission.REPLY, methods=("GET", "HEAD", "POST"))
def promises(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Promise an answer by a time. GET offers the usual times, in working time."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        context = {
            "ticket": ticket,
            "choices": promising.choices(ticket),
            "in_composer": "composer" in request.GET,
            **promising.sentence_of(ticket),
        }
        return part(request, "desk/_promises.html", context)
    form = forms.PromiseForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    data = form.cleaned_data
    commands.make_promise(ticket.pk, user=request.user, due_at=data["promise"], text=data["text"])
    return changed(request, ticket.pk, _("Promised."))


@post(Permission.REPLY)
def promise_keeping(request: DeskRequest, ticket_id: int, promise_id: int) -> HttpResponse:
    """Kept some other way than by a reply."""
    ticket = find_ticket(request, ticket_id)
    promise = _find_promise(ticket, promise_id)
    commands.keep_promise(promise.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("The promise is kept."))


@post(Permission.REPLY)
def promise_withdrawal(request: DeskRequest, ticket_id: int, promise_id: int) -> HttpResponse:
    """It is neither kept nor broken."""
    ticket = find_ticket(request, ticket_id)
    promise = _find_promise(ticket, promise_id)
    commands.withdraw_promise(promise.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("The promise is withdrawn."))


def _find_promise(ticket: Ticket, promise_id: int) -> Promise:
    """A promise made on this ticket, or on one that was merged into it."""
    promise = get_object_or_404(Promise, pk=promise_id)
    if promise.ticket_id != ticket.pk and survivor_id(promise.ticket_id) != ticket.pk:
        raise Http404
    return promise


@desk()
def clocks_ended(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """What has ended before the clocks that stand beside the ticket, the last of which is ``after``: a long
    talk has one for each answer.
    """
    ticket = find_ticket(request, ticket_id)
    news = unchecked(ticket, request.user)["clock_news"]
    ended = [one for one in clocks.of_ticket(ticket, news) if not one.is_open]
    names = [f"{one.row.target}-{one.row.ordinal}" for one in ended]
    after = request.GET.get("after", "")
    begin = names.index(after) + 1 if after in names else clocks.MOST_ENDED
    context = {"ticket": ticket, "ended": ended[begin:]}
    return part(request, "desk/_clocks_ended.html", context)


@desk()
def clocks_why(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Which policy and calendar count, since when, because of what, and what each of its conditions found."""
    ticket = find_ticket(request, ticket_id)
    entry = (
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind=SlaPolicyApplied.kind)
        .order_by("-sequence")
        .first()
    )
    context: dict[str, Any] = {
        "ticket": ticket,
        "version": None,
        "since": entry.happened_at if entry else None,
    }
    version_id = entry.data["policy_version_id"] if entry else None
    if entry is not None and version_id is not None:
        context |= _explained(
            ticket, PolicyVersion.objects.select_related("policy").get(pk=version_id), entry
        )
    return part(request, "desk/_clocks_why.html", context)


def _explained(ticket: Ticket, version: PolicyVersion, entry: Entry) -> dict[str, Any]:
    asked = conditions.Asked(clock.now())
    seen = conditions.of_tickets([ticket], asked, conditions.fields_of(version.conditions))[ticket.pk]
    verdict = conditions.explain(version.conditions, seen, conditions.Context(asked.now))
    words = RuleWords(trees=[version.conditions])
    calendar_version_id = entry.data["calendar_version_id"]
    return {
        "version": version,
        "calendar": promising.calendar_of(calendar_version_id),
        "reason": reason_words(entry.data["reason"]),
        "conditions": _lines(verdict, words),
        "priority": Priority(ticket.priority).label,
        "targets": [
            (Clock.Target(name).label, time_words(one["seconds"], business=one["business"]), one["business"])
            for name in TARGETS
            if (one := entry.data["targets"].get(name)) is not None
        ],
    }


def _lines(node: dict[str, Any], words: RuleWords, depth: int = 0) -> list[dict[str, Any]]:
    """The explained tree, one line a condition, groups by their depth."""
    for join in ("all", "any"):
        if join in node:
            own = [] if depth == 0 and join == "all" else [{"join": join, "ok": node["ok"], "depth": depth}]
            return own + [line for child in node[join] for line in _lines(child, words, depth + len(own))]
    return [{"words": words.condition(node), "actual": words.actual(node), "ok": node["ok"], "depth": depth}]
