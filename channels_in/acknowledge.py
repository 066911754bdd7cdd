"""The answer to a first mail or form: we have it, this is its number, write here to add something.

Only to a person (RFC 3834), only once a ticket, only where the inbox wants it, and within the budget.
"""

import re
from datetime import timedelta

import structlog
from django.template.loader import render_to_string
from django.utils import translation

from channels_in import budget
from channels_in.kinds.telegram import acknowledging
from channels_in.kinds.web_form import confirming
from channels_in.kinds.web_form.opening import CLAIMED
from channels_in.models import Inbound, Inbox, ServiceForm
from common.labels import in_language
from journal.actor import Actor
from journal.models import Entry
from people.models import Contact, Identity
from tickets import commands, errors
from tickets.content import Content
from tickets.events import TicketOpened
from tickets.models import Message, Ticket
from tickets.portal_links import request_url

log = structlog.get_logger(__name__)

ACTOR = Actor.system("acknowledgement")
KIND = "acknowledgement"
# Spammers write their advertisement into Subject or their name, and the victim's address into From.
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_LINK_IN_NAME = re.compile(r"://|\bwww\.|[\w-]\.[a-z]{2,}\b|@", re.IGNORECASE)
_LONGEST_NAME = 60
_HISTORY = timedelta(days=2)  # older than this an acknowledgement would only confuse


def acknowledge(entry: Entry, event: TicketOpened) -> Message | None:
    """Answer the mail that opened a ticket; None, with the reason in the log, where that must not be."""
    if event.direction != "in" or event.channel not in {"email", "form", "telegram"}:
        return None
    if entry.recorded_at - entry.happened_at > _HISTORY:
        return None
    if event.channel == "telegram":
        return acknowledging.acknowledge(entry, event)
    ticket = Ticket.objects.select_related("brand", "requester").get(pk=event.ticket_id)
    inbound = _first_mail(ticket)
    if inbound is None:
        return None
    address = str(inbound.verdict.get("address") or "")
    reason = _why_not(ticket, inbound, address)
    if not reason and (refusal := budget.take(address)) is not None:
        reason = f"budget-{refusal}"
    if reason:
        log.info("acknowledgement.withheld", ticket_id=ticket.pk, reason=reason)
        return None
    try:
        return commands.post_automatic(
            ticket.pk, content=_content(ticket, inbound, address), actor=ACTOR, automatic_kind=KIND
        )
    except errors.Merged:
        return None


def _first_mail(ticket: Ticket) -> Inbound | None:
    """The mail that the ticket was opened by. Tickets made at the desk, in an import or a demo have none."""
    return (
        Inbound.objects.filter(message__ticket=ticket, status=Inbound.Status.DONE)
        .select_related("inbox")
        .defer("raw")
        .order_by("pk")
        .first()
    )


def _why_not(ticket: Ticket, inbound: Inbound, address: str) -> str:
    """Why there is no acknowledgement, as a code; empty if there is one."""
    if not inbound.inbox.acknowledge:
        return "switched-off"
    if (
        inbound.inbox.kind == "form"
        and not Inbox.objects.filter(kind="email", brand=ticket.brand, is_active=True).exists()
    ):
        return "no-inbox"  # a failure on each ticket would help nobody: the form's page has said the number
    if ticket.is_hidden or ticket.is_test:
        return "hidden"
    if not address:
        return "no-address"
    if reasons := inbound.verdict.get("no_answer"):
        return f"no-answer: {', '.join(reasons)}"
    identity = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address).first()
    return "bounced" if identity is not None and identity.bounced_at is not None else ""


def harmless_subject(subject: str) -> str:
    """The subject, or nothing where a stranger has put a link into it."""
    return "" if _LINK.search(subject) else subject


def harmless_name(name: str) -> str:
    """What somebody calls themselves, or nothing where that advertises something."""
    return name if len(name) <= _LONGEST_NAME and not _LINK_IN_NAME.search(name) else ""


def _thanks(ticket: Ticket) -> str:
    """What the service says will happen next."""
    row = ServiceForm.objects.filter(service=ticket.service_id).first() if ticket.service_id else None
    return in_language(row.thanks) if row is not None and row.thanks else ""


def _content(ticket: Ticket, inbound: Inbound, address: str) -> Content:
    """In the contact's language, else the mail's or the brand's. No stranger's links leave in our name.

    Who sent a form without signing in also gets the link that proves the address.
    """
    contact: Contact = ticket.requester
    subject = harmless_subject(ticket.subject)
    by_form = inbound.inbox.kind == "form"
    # The form was read in this language a moment ago.
    language = (by_form and ticket.language) or contact.language or ticket.language or ticket.brand.language
    with translation.override(language):
        facts = {
            "number": ticket.pk,
            "subject": subject,
            "name": harmless_name(contact.name),
            "brand": ticket.brand.name,
            "language": language,
            "confirm_link": confirming.link(inbound) if inbound.verdict.get("state") == CLAIMED else "",
            "request_link": request_url(ticket.brand, ticket.pk) if by_form else "",
            "thanks": _thanks(ticket) if by_form else "",
        }
        text = render_to_string("emails/acknowledgement.txt", facts).strip()
        html = render_to_string("emails/acknowledgement.html", facts).strip()
    return Content(
        text=text,
        html=html,
        subject=f"[#{ticket.pk}] {subject}".strip(),
        to=[{"name": str(facts["name"]), "address": address}],
    )
