"""All that the ticket page shows, in a fixed number of queries."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from desk import conversation, once
from desk.request import DeskRequest
from people.access import Permission, may
from people.models import Identity, User
from people.models.organization import Tier
from tickets import listing
from tickets.models import (
    Attachment,
    Category,
    Channel,
    Draft,
    Follower,
    Link,
    Participant,
    Priority,
    ReadMark,
    Tagging,
    Ticket,
)

OTHERS = 6


def beside(ticket: Ticket, user: User) -> dict[str, Any]:
    """What hangs on a ticket in small numbers, fetched together: one query, however much there is."""
    mail = Identity.objects.filter(contact=OuterRef("contact"), kind=Identity.Kind.EMAIL).order_by("pk")
    seen = Ticket.objects.visible_to(user)
    columns: dict[str, QuerySet] = {
        "tags": Tagging.objects.filter(ticket=OuterRef("pk"))
        .order_by("tag__name")
        .values(row=JSONObject(name="tag__name", colour="tag__colour")),
        "followers": Follower.objects.filter(ticket=OuterRef("pk"))
        .order_by("user__name")
        .values(row=JSONObject(id="user_id", name="user__name")),
        "participants": Participant.objects.filter(ticket=OuterRef("pk"))
        .order_by("pk")
        .values(
            row=JSONObject(
                id="contact_id", name="contact__name", in_copy="in_copy", address=Subquery(mail.values("value")[:1])
            )
        ),
        "identities": Identity.objects.filter(contact=OuterRef("requester"))
        .order_by(Case(When(kind="email", then=0), default=1, output_field=IntegerField()), "pk")
        .values(
            row=JSONObject(
                kind="kind", value="value", is_verified="is_verified", bounced="bounced_at", reason="bounce_reason"
            )
        ),
        "links": Link.objects.filter(Q(ticket=OuterRef("pk"), other__in=seen.values("pk")))
        .order_by("pk")
        .values(
            row=JSONObject(id="other_id", kind="kind", subject="other__subject", category="other__category", back=Value(False))
        ),
        "links_back": Link.objects.filter(Q(other=OuterRef("pk"), ticket__in=seen.values("pk")))
        .order_by("pk")
        .values(
            row=JSONObject(id="ticket_id", kind="kind", subject="ticket__subject", category="ticket__category", back=Value(True))
        ),
        "merged_here": Ticket.objects.filter(merged_into=OuterRef("pk"))
        .order_by("pk")
        .values(row=JSONObject(id="pk", subject="subject")),
        "drafts": Draft.objects.filter(ticket=OuterRef("pk"), user=user)
        .order_by("kind")
        .values(
            row=JSONObject(
                kind="kind", html="html", to="to", cc="cc", attachments="attachments", based_on="based_on",
            )
        ),
        "read_to": ReadMark.objects.filter(ticket=OuterRef("pk"), user=user).values(row=F("message_id")),
    }  # fmt: skip
    found = (
        Ticket.objects.filter(pk=ticket.pk)
        .annotate(**{f"of_{name}": ArraySubquery(query) for name, query in columns.items()})
        .values(*(f"of_{name}" for name in columns))
        .get()
    )
    return {name: found[f"of_{name}"] for name in columns}


def others_of(ticket: Ticket, user: User) -> list[Ticket]:
    """The requester's other tickets, newest first."""
    tickets = Ticket.objects.visible_to(user).filter(requester=ticket.requester, is_hidden=False)
    return list(tickets.exclude(pk=ticket.pk).select_related("status").order_by("-pk")[: OTHERS + 1])


def ticket_context(request: DeskRequest, ticket: Ticket, *, everything: bool = False) -> dict[str, Any]:
    """For desk/ticket.html and its fragments."""
    user = request.user
    side = beside(ticket, user)
    read_to = side["read_to"][0] if side["read_to"] else None
    talk = conversation.build(ticket, user, read_to=read_to, everything=everything or "all" in request.GET)
    others = others_of(ticket, user)
    addresses = [row for row in side["identities"] if row["kind"] == Identity.Kind.EMAIL]
    return {
        "ticket": ticket,
        "side": side,
        "talk": talk,
        "undo_seconds": conversation.undo_seconds(),
        "others": others[:OTHERS],
        "more_others": len(others) > OTHERS,
        "requester_name": ticket.requester.name or (addresses[0]["value"] if addresses else "—"),
        "follows": any(row["id"] == user.pk for row in side["followers"]),
        "priority_label": Priority(ticket.priority).label,
        "channel_label": Channel(ticket.channel).label,
        "tier_label": Tier(ticket.organization.tier).label if ticket.organization else "",
        "composer": composer_context(request, ticket, side, talk),
        "view_id": request.GET.get("view", ""),
    }


def composer_context(
    request: DeskRequest, ticket: Ticket, side: dict[str, Any], talk: conversation.Conversation
) -> dict[str, Any]:
    """What the composer starts with: the saved draft, or an empty reply to everybody."""
    user = request.user
    saved = {row["kind"]: row for row in side["drafts"]}
    may_reply = may(user, Permission.REPLY)
    kind = "reply" if may_reply and ("reply" in saved or "note" not in saved) else "note"
    draft = saved.get(kind, {})
    to, cc = reply_to_all(ticket, side, talk)
    return {
        "kind": kind,
        "may_reply": may_reply,
        "key": once.new_key(),
        "html": draft.get("html", ""),
        "other_html": saved.get("note" if kind == "reply" else "reply", {}).get("html", ""),
        "to": draft.get("to") or to,
        "cc": draft["cc"] if draft.get("to") or draft.get("cc") else cc,
        "all_to": to,
        "all_cc": cc,
        "files": drafted_files(user, draft.get("attachments") or []),
        "based_on": draft.get("based_on") or ticket.last_public_id or 0,
        "statuses": listing.statuses() if may_reply else [],
        "closed": ticket.category == Category.CLOSED,
        "saved": bool(draft),
    }


def reply_to_all(
    ticket: Ticket, side: dict[str, Any], talk: conversation.Conversation
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Whom a reply goes to: who wrote last, or the requester; in copy, everybody else who takes part."""
    requester = {
        "name": ticket.requester.name,
        "address": next((row["value"] for row in side["identities"] if row["kind"] == "email" and not row["bounced"]), ""),
    }
    to = requester if requester["address"] else None
    for part in reversed(talk.messages):
        if part.side != "customer" or part.message.side_thread_id is not None or part.mark == "failed":
            continue
        if part.address:
            to = {"name": part.author, "address": part.address}
            break
    if to is None:
        return [], []
    copies = [requester] if requester["address"] and requester["address"] != to["address"] else []
    copies += [
        {"name": row["name"], "address": row["address"]}
        for row in side["participants"]
        if row["in_copy"] and row["address"] and row["address"] != to["address"]
    ]
    return [to], copies


def drafted_files(user: User, ids: list[int]) -> list[conversation.File]:
    """Uploads that wait in a draft; only asked for when the draft has some."""
    if not ids:
        return []
    rows = Attachment.objects.filter(pk__in=ids, message=None, uploaded_by=user).order_by("pk")
    return [conversation.File(row, user) for row in rows]
