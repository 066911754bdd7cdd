"""What a webhook is told of a ticket: plain values under names that stay."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from journal.models import Entry
from tickets.events import WebhookRequested
from tickets.models import Category, Priority, Ticket

VERSION = 1
_RELATED = ("brand", "status", "team", "assignee", "requester__survivor", "organization", "topic", "service")


def of_request(event: WebhookRequested, entry: Entry) -> dict[str, Any]:
    """The ticket as it is now, and why this is said."""
    ticket = Ticket.objects.select_related(*_RELATED).get(pk=event.ticket_id)
    return {
        "version": VERSION,
        "event": "ticket",
        "entry_id": entry.pk,
        "happened_at": entry.happened_at.isoformat(),
        "origin": event.origin,
        "ticket": describe(ticket),
        "data": event.data or {},
    }


def of_test(at: str) -> dict[str, Any]:
    """What "Send a test" sends."""
    return {"version": VERSION, "event": "test", "happened_at": at, "origin": "settings"}


def describe(ticket: Ticket) -> dict[str, Any]:
    """Ids and raw values beside the names that people gave them; what is missing is null."""
    address = reverse("ticket", args=[ticket.pk])
    return {
        "id": ticket.pk,
        "url": f"{settings.BASE_URL}{address}",
        "brand": {"id": ticket.brand_id, "name": ticket.brand.name},
        "channel": ticket.channel,
        "subject": ticket.subject,
        "status": {"id": ticket.status_id, "labels": ticket.status.labels},
        "category": Category(ticket.category).name.lower(),
        "priority": Priority(ticket.priority).name.lower(),
        "team": _named(ticket.team),
        "assignee": _person(ticket.assignee),
        "requester": {
            "id": ticket.requester.person_id,
            "name": ticket.requester.person.name,
            "address": ticket.requester.address,
        },
        "organization": _named(ticket.organization),
        "topic": _labelled(ticket.topic),
        "service": _labelled(ticket.service),
        "tags": sorted(ticket.tags.values_list("name", flat=True)),
        "fields": ticket.attributes,
        "opened_at": _iso(ticket.opened_at),
        "waiting_since": _iso(ticket.waiting_since),
        "resolved_at": _iso(ticket.resolved_at),
    }


def _named(row: Any) -> dict[str, Any] | None:
    return {"id": row.pk, "name": row.name} if row else None


def _person(user: Any) -> dict[str, Any] | None:
    return {"id": user.pk, "name": user.name, "email": user.email} if user else None


def _labelled(row: Any) -> dict[str, Any] | None:
    return {"id": row.pk, "labels": row.labels} if row else None


def _iso(at: Any) -> str | None:
    return at.isoformat() if at else None
