"""Automatic messages of rules, to the customer.

Written in a delivery of their own: the budget for automatic mail locks before any ticket is locked. The same
holds as for acknowledgements: only to a person, within the budget, and never to what must not be answered.
Whether it went, or why not, is added to the rule's run.
"""

from typing import Any

import structlog
from django.db import transaction

from channels_in import budget
from channels_in.models import Inbound
from journal.actor import Actor
from journal.models import Entry
from people.models import Identity
from routing import texts
from routing.events import RuleReplyRequested
from routing.models import RuleRun
from routing.placeholders import in_language
from tickets import commands, errors
from tickets.content import Content
from tickets.models import Ticket

log = structlog.get_logger(__name__)

KIND = "rule"


def send(entry: Entry, event: RuleReplyRequested) -> None:
    """Post what a rule asked for, once; ``entry`` is the request."""
    ticket = Ticket.objects.select_related("brand", "requester__survivor", "assignee").get(pk=event.ticket_id)
    address = ticket.requester.any_address
    reason = _why_not(ticket, address)
    told: dict[str, Any] = {"result": "withheld"}
    if not reason and (refusal := budget.take(address)) is not None:
        reason = f"budget-{refusal}"
    if not reason:
        text, missing = texts.filled(in_language(event.text, *_languages(ticket)), ticket)
        content = Content(text=text, to=[{"name": ticket.requester.person.name, "address": address}])
        actor = Actor.system(f"rule:{event.rule_id}")
        try:
            with transaction.atomic():
                commands.post_automatic(ticket.pk, content=content, actor=actor, automatic_kind=KIND)
            told = {"result": "done"} | ({"missing": missing} if missing else {})
        except errors.Merged:
            reason = "merged"
    if reason:
        log.info("rules.reply_withheld", ticket_id=ticket.pk, rule_id=event.rule_id, reason=reason)
        told["reason"] = reason
    _tell(entry, event, told)


def _languages(ticket: Ticket) -> tuple[str, str, str]:
    return ticket.language, ticket.requester.person.language, ticket.brand.language


def _why_not(ticket: Ticket, address: str) -> str:
    """Why nothing is sent, as a code; empty if it may."""
    if ticket.is_hidden or ticket.is_test:
        return "hidden"
    if not address:
        return "no-address"
    identity = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address).first()
    if identity is not None and identity.bounced_at is not None:
        return "bounced"
    last = (
        Inbound.objects.filter(message__ticket=ticket, message__author_contact=ticket.requester)
        .order_by("-pk")
        .values_list("verdict__no_answer", flat=True)
        .first()
    )
    return f"no-answer: {', '.join(last)}" if last else ""


def _tell(entry: Entry, event: RuleReplyRequested, told: dict[str, Any]) -> None:
    """Write into the rule's run how it went."""
    run = RuleRun.objects.select_for_update().filter(entry=entry.cause_id, rule=event.rule_id).first()
    if run is None or event.position >= len(run.effects):
        return
    run.effects[event.position] |= told
    run.save(update_fields=["effects"])
