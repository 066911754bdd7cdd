"""All that the ticket page shows, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Value

from channels_in import ways
from channels_in.models import ChatSession
from common.labels import in_language
from desk import clocks, conversation, once, queued, signing
from desk.beside import keep_links, linked_to, unchecked
from desk.chats import visitor_of
from desk.request import DeskRequest
from people.access import Permission, may
from people.models import Identity, User
from people.suggestions import suggestions
from tickets import chips
from tickets.macros.actions import SIGNATURE
from tickets.macros.variables import all_gaps
from tickets.models import Attachment, Category, Channel, Priority, Ticket
from tickets.readers import ForReader

OTHERS = 6


@dataclass(frozen=True)
class Other:
    """Another ticket of the same person."""

    pk: int
    subject: str
    category: int
    status: str
    active_at: datetime


_OTHER = ("is_link", "pk", "subject", "category", "status__labels", "active_at")


def _others(reader: User, family: list[int], ticket: int) -> "QuerySet[Ticket, Any]":
    own = Ticket.objects.visible_to(reader).filter(requester__in=family, is_hidden=False)
    rows = own.exclude(pk=ticket).order_by("-pk").annotate(is_link=Value(False))
    return rows.values_list(*_OTHER)[: OTHERS + 1]


_OTHERS: ForReader[Any] = ForReader(_others, family=list, ticket=int)


def others_of(ticket: Ticket, side: dict[str, Any], user: User) -> list[Other]:
    """The requester's other tickets, through whichever channel, newest first. Leaves of the links beside the
    ticket those to what ``user`` may see: the door is asked once for both."""
    linked = linked_to(side, user)
    if linked:
        links = Ticket.objects.visible_to(user).filter(pk__in=linked).order_by()
        rows = _others(user, side["family"], ticket.pk)
        links_too = links.annotate(is_link=Value(True)).values_list(*_OTHER)
        found: list[Any] = list(links_too.union(rows, all=True))
        keep_links(side, {row[1] for row in found if row[0]})
    else:
        found = _OTHERS.all(user, family=side["family"], ticket=ticket.pk)
    others = [
        Other(pk, subject, category, in_language(labels), at)
        for is_link, pk, subject, category, labels, at in found
        if not is_link
    ]
    return sorted(others, key=lambda one: -one.pk)


def ticket_context(request: DeskRequest, ticket: Ticket, *, everything: bool = False) -> dict[str, Any]:
    """For desk/ticket.html and its fragments."""
    user = request.user
    side = unchecked(ticket, user)
    others = others_of(ticket, side, user)
    talk = conversation.build(
        ticket,
        user,
        read_to=side["read_to"],
        everything=everything or "all" in request.GET,
        family=side["tickets"],
    )
    person = ticket.requester.person
    offered = ways.ways_of(ticket, _known(side)) if may(user, Permission.REPLY) else []
    addresses = [row for row in side["identities"] if row["kind"] == Identity.Kind.EMAIL]
    return {
        "ticket": ticket,
        "customer": person,
        "suggestions": suggestions(person.pk, user),
        "side": side,
        "clocks": clocks.of_ticket(ticket, side["clock_news"]),
        "most_ended": clocks.MOST_ENDED,
        "talk": talk,
        "undo_seconds": conversation.undo_seconds(),
        "others": others[:OTHERS],
        "more_others": len(others) > OTHERS,
        "requester_name": person.name or (addresses[0]["value"] if addresses else "—"),
        "follows": any(row["id"] == user.pk for row in side["followers"]),
        "priority_label": Priority(ticket.priority).label,
        "channel_label": Channel(ticket.channel).label,
        "tier_label": ticket.organization.get_tier_display() if ticket.organization else "",
        "composer": composer_context(request, ticket, side, talk, offered),
        "view_id": request.GET.get("view", ""),
        "view_query": chips.parse(dict(request.GET.lists())).query,
        "visitor": visitor_of(ticket, _session(offered, side), mail=_mail_of(ticket, side)),
    }


def _session(offered: list[ways.Way], side: dict[str, Any]) -> ChatSession | None:
    """The chat that this ticket is, as far as its thread is among the ways; the one heard last."""
    threads = (way.thread for way in offered if way.channel == Channel.CHAT and way.thread)
    here = (thread for thread in threads if thread.ticket_id in side["tickets"])
    return next((thread.chat_session for thread in here), None)


def composer_context(
    request: DeskRequest,
    ticket: Ticket,
    side: dict[str, Any],
    talk: conversation.Conversation,
    offered: list[ways.Way],
) -> dict[str, Any]:
    """What the composer starts with: the saved draft, or an empty reply to everybody."""
    user = request.user
    saved = {row["kind"]: row for row in side["drafts"]}
    may_reply = may(user, Permission.REPLY)
    kind = "reply" if may_reply and ("reply" in saved or "note" not in saved) else "note"
    other_kind = "note" if kind == "reply" else "reply"
    draft, other = saved.get(kind, {}), saved.get(other_kind, {})
    to, cc = reply_to_all(ticket, side, talk)
    now_at = where_now(offered, talk)
    shown = queued.shown(draft.get("actions") or [])
    return {
        "kind": kind,
        "may_reply": may_reply,
        "key": once.new_key(),
        "html": draft.get("html", ""),
        "other_html": other.get("html", ""),
        "versions": {kind: draft.get("version", ""), other_kind: other.get("version", "")},
        "to": draft.get("to") or to,
        "cc": draft["cc"] if draft.get("to") or draft.get("cc") else cc,
        "all_to": to,
        "all_cc": cc,
        "files": drafted_files(user, draft.get("attachments") or []),
        "based_on": draft.get("based_on") or ticket.last_public_id or 0,
        "statuses": [row for row in side["statuses"] if row.is_active] if may_reply else [],
        "quotes": any(row["kind"] == Channel.EMAIL and row["quotes"] for row in side["inboxes"]),
        "gaps": all_gaps(),
        "queued": [one for one in shown if one.action.do != SIGNATURE],
        "unsigned": any(one.action.do == SIGNATURE for one in shown),
        "signature": signing.on_ticket(ticket, user) if may_reply else None,
        "closed": ticket.category == Category.CLOSED,
        "saved": bool(draft),
        "ways": offered,
        "proposed": now_at,
        "way": _chosen(offered, draft.get("way", ""), now_at),
    }


def _known(side: dict[str, Any]) -> ways.Known:
    kinds = [row["kind"] for row in side["inboxes"]]
    return ways.Known(side["family"], kinds, bool(side["threads"]), side["tickets"])


def where_now(offered: list[ways.Way], talk: conversation.Conversation) -> ways.Way | None:
    """Where the customer was heard last."""
    spoken = [
        part.message
        for part in talk.messages
        if part.side == "customer" and part.message.side_thread_id is None
    ]
    last = spoken[-1] if spoken else None
    channel = last.channel if last else ""
    return ways.proposed(offered, last_channel=channel, last_at=last.created_at if last else None)


def _chosen(offered: list[ways.Way], saved: str, now_at: ways.Way | None) -> str:
    """The draft's choice as long as it is open, else where the customer is."""
    if any(way.key == saved and way.is_open for way in offered):
        return saved
    return now_at.key if now_at else ""


def reply_to_all(
    ticket: Ticket, side: dict[str, Any], talk: conversation.Conversation
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Whom a reply goes to: who wrote last, or the requester; in copy, everybody else who takes part."""
    requester = {
        "name": ticket.requester.person.name,
        "address": _mail_of(ticket, side),
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


def _mail_of(ticket: Ticket, side: dict[str, Any]) -> str:
    """An address that works: of the row that wrote the ticket, else any of the person's."""
    mails = [row for row in side["identities"] if row["kind"] == Identity.Kind.EMAIL and not row["bounced"]]
    mails.sort(
        key=lambda row: (row["contact"] != ticket.requester_id, row["contact"] != ticket.requester.person_id)
    )
    return str(mails[0]["value"]) if mails else ""


def drafted_files(user: User, ids: list[int]) -> list[conversation.File]:
    """Uploads that wait in a draft; only asked for when the draft has some."""
    if not ids:
        return []
    rows = Attachment.objects.filter(pk__in=ids, message=None, uploaded_by=user).order_by("pk")
    return [conversation.File(row, user) for row in rows]
