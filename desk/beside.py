"""What hangs on a ticket in small numbers: tags, people, links, drafts. One query, however much there is.

Building the query costs more than running it, and so does planning it: it is compiled once a process, with
stand-ins where the ticket and the reader go, and prepared.
"""

import json
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from channels_in.models import Inbox, Thread
from common.statements import Statement, parted
from journal.actor import ActorKind
from journal.models import Entry
from people.identities import shown
from people.models import Contact, Identity, User
from sla.events import SlaBreached, SlaBreachWithdrawn, SlaDueSet, SlaPolicyApplied
from tickets.conditions.dynamic import choice_label
from tickets.events import ExpertCalled, ExpertReleased
from tickets.models import (
    CustomField,
    Draft,
    Follower,
    LaterReply,
    Link,
    Message,
    Participant,
    ReadMark,
    Status,
    Tagging,
    Ticket,
)

_LINKS = ("links", "links_back")
_TICKET, _USER = -7_000_001, -7_000_002  # stand-ins no key can have


# The ticket and all whose merges lead to it, as tickets.commands.posting.family_ids() says it.
_TICKETS = """
    ARRAY(
        WITH RECURSIVE family(id) AS (
            SELECT %s::bigint
            UNION
            SELECT child.id FROM tickets_ticket child JOIN family ON child.merged_into_id = family.id
        )
        SELECT id FROM family
    )
"""


def _family(outer: Callable[[str], Any]) -> QuerySet[Contact]:
    """All rows of the requester's person: that one itself, and whatever was merged into it."""
    person = Coalesce(outer("requester__survivor_id"), outer("requester_id"))
    return Contact.objects.filter(Q(pk=person) | Q(survivor=person))


def _parts() -> dict[str, QuerySet]:
    mail = Identity.objects.filter(contact=OuterRef("contact"), kind=Identity.Kind.EMAIL).order_by("pk")
    email_first = Case(When(kind="email", then=0), default=1, output_field=IntegerField())
    return {
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
                id="contact_id",
                person=Coalesce("contact__survivor_id", "contact_id"),
                name=Coalesce("contact__survivor__name", "contact__name"),
                in_copy="in_copy",
                address=Subquery(mail.values("value")[:1]),
            )
        ),
        "family": _family(OuterRef).order_by("pk").values(row=JSONObject(id="pk")),
        "identities": Identity.objects.filter(
            contact__in=_family(lambda name: OuterRef(OuterRef(name))).values("pk")
        )
        .order_by(email_first, "pk")
        .values(
            row=JSONObject(
                id="pk",
                contact="contact_id",
                kind="kind",
                value="value",
                bounced="bounced_at",
                reason="bounce_reason",
                verified="is_verified",
                proof="proof",
                verified_at="verified_at",
            )
        ),
        "links": Link.objects.filter(ticket=OuterRef("pk"))
        .order_by("pk")
        .values(
            row=JSONObject(id="other_id", kind="kind", subject="other__subject", category="other__category")
        ),
        "links_back": Link.objects.filter(other=OuterRef("pk"))
        .order_by("pk")
        .values(
            row=JSONObject(
                id="ticket_id", kind="kind", subject="ticket__subject", category="ticket__category"
            )
        ),
        "merged_here": Ticket.objects.filter(merged_into=OuterRef("pk"))
        .order_by("pk")
        .values(row=JSONObject(id="pk", subject="subject")),
        "drafts": Draft.objects.filter(ticket=OuterRef("pk"), user=Value(_USER))
        .order_by("kind")
        .values(
            row=JSONObject(
                kind="kind",
                html="html",
                to="to",
                cc="cc",
                attachments="attachments",
                based_on="based_on",
                way="way",
                actions="actions",
                version="updated_at",
            )
        ),
        "later": LaterReply.objects.filter(
            Q(ticket=OuterRef("pk")) | Q(ticket__merged_into=OuterRef("pk")), state__in=LaterReply.OPEN
        )
        .order_by("due_at", "pk")
        .values(
            row=JSONObject(
                id="pk",
                user="user_id",
                name="user__name",
                text="text",
                due_at="due_at",
                unless_written="unless_written",
                state="state",
                reason="reason",
                status="status_id",
            )
        ),
        "calls": Entry.objects.filter(
            stream_type="ticket",
            stream_id=OuterRef("pk"),
            kind__in=[ExpertCalled.kind, ExpertReleased.kind],
        )
        .order_by("sequence")
        .values(
            row=JSONObject(
                kind="kind",
                data="data",
                at="happened_at",
                who="actor_kind",
                by=Subquery(User.objects.filter(pk=OuterRef("actor_id")).values("name")[:1]),
            )
        ),
        "clock_news": Entry.objects.filter(
            stream_type="ticket",
            stream_id=OuterRef("pk"),
            kind__in=[SlaBreached.kind, SlaBreachWithdrawn.kind, SlaDueSet.kind, SlaPolicyApplied.kind],
        )
        .order_by("sequence")
        .values(
            row=JSONObject(
                kind="kind",
                data="data",
                at="happened_at",
                who="actor_kind",
                by=Subquery(User.objects.filter(pk=OuterRef("actor_id")).values("name")[:1]),
            )
        ),
        "fields": CustomField.objects.filter(Q(brand=None) | Q(brand=OuterRef("brand")), is_active=True)
        .order_by("position", "pk")
        .values(row=JSONObject(key="key", kind="kind", labels="labels", choices="choices")),
        "asked": Message.objects.filter(ticket=OuterRef("pk"))
        .exclude(answers=[])
        .order_by("created_at", "pk")
        .values(row=JSONObject(answers="answers"))[:1],
        "statuses": Status.objects.order_by("category", "position", "pk").values(
            row=JSONObject(
                id="pk",
                labels="labels",
                category="category",
                position="position",
                is_default="is_default",
                is_active="is_active",
            )
        ),
        "inboxes": Inbox.objects.filter(brand=OuterRef("brand"), is_active=True)
        .order_by("pk")
        .values(row=JSONObject(kind="kind", quotes="quote_history")),
        "threads": Thread.objects.filter(
            inbox__brand=OuterRef("brand"),
            contact__in=_family(lambda name: OuterRef(OuterRef(name))).values("pk"),
        ).values(row=JSONObject(id="pk"))[:1],
        "read_to": ReadMark.objects.filter(ticket=OuterRef("pk"), user=Value(_USER)).values(
            row=JSONObject(message="message_id")
        ),
    }


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[str], Statement, list[str]]:
    parts = _parts()
    columns = [f"of_{name}" for name in parts]
    query = (
        Ticket.objects.filter(pk=_TICKET)
        .annotate(**{f"of_{name}": ArraySubquery(part) for name, part in parts.items()})
        .annotate(of_tickets=RawSQL(_TICKETS, [_TICKET]))  # noqa: S611  # made of constants
        .values(*columns, "of_tickets")
    )
    sql, slots = parted(*query.query.sql_with_params(), {"ticket": _TICKET, "user": _USER})
    return [*parts, "tickets"], Statement("desk_beside", sql), slots


def beside(ticket: Ticket, user: User) -> dict[str, Any]:
    """Lists of plain dicts by name. Links lead only to tickets that ``user`` may see."""
    side = unchecked(ticket, user)
    if linked := linked_to(side, user):
        tickets = Ticket.objects.visible_to(user)
        keep_links(side, set(tickets.filter(pk__in=linked).values_list("pk", flat=True)))
    return side


def linked_to(side: dict[str, Any], user: User) -> set[int]:
    """The linked tickets that the door has still to be asked for."""
    return set() if user.sees_all else {link["id"] for name in _LINKS for link in side[name]}


def keep_links(side: dict[str, Any], seen: Collection[int]) -> None:
    """Leave only links to what the reader may see."""
    for name in _LINKS:
        side[name] = [link for link in side[name] if link["id"] in seen]


def unchecked(ticket: Ticket, user: User) -> dict[str, Any]:
    """``beside`` with links to whatever there is: whoever calls asks the door for ``linked_to``."""
    names, statement, slots = _compiled()
    actual = {"ticket": ticket.pk, "user": user.pk}
    with connection.cursor() as cursor:
        row = statement.run(cursor, [actual[slot] for slot in slots]).fetchone()
    side: dict[str, Any] = {
        name: [_plain(value) for value in values] for name, values in zip(names, row, strict=True)
    }
    side["family"] = [row["id"] for row in side["family"]]
    side["identities"] = [_identity(row) for row in side["identities"]]
    side["participants"] = _once_each(side["participants"], ticket.requester.person_id)
    side["helpers"] = _helpers(side.pop("calls"), side["followers"])
    for entry in side["clock_news"]:
        entry["by"] = entry["by"] if entry["who"] == ActorKind.USER else ""
        entry["at"] = datetime.fromisoformat(entry["at"])
    for later in side["later"]:
        later["due_at"] = datetime.fromisoformat(later["due_at"])
    side["statuses"] = [Status(**row) for row in side["statuses"]]
    side["fields"] = [_field(row, ticket) for row in side["fields"]]
    side["asked"] = side["asked"][0]["answers"] if side["asked"] else []
    side["read_to"] = side["read_to"][0]["message"] if side["read_to"] else None
    return side


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    proved = datetime.fromisoformat(row["verified_at"]) if row["verified_at"] else None
    return {**row, "shown": shown(row["kind"], row["value"]), "verified_at": proved}


def _once_each(participants: list[dict[str, Any]], requester: int) -> list[dict[str, Any]]:
    """One line for each person who takes part besides the requester, whichever of their rows does."""
    found: dict[int, dict[str, Any]] = {}
    for row in participants:
        if row["person"] != requester:
            known = found.setdefault(row["person"], row)
            known["in_copy"] = known["in_copy"] or row["in_copy"]
            known["address"] = known["address"] or row["address"]
    return list(found.values())


def _helpers(calls: list[dict[str, Any]], followers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who was called in and has not finished: one who no longer follows has left by themselves."""
    called: dict[int, dict[str, Any]] = {}
    for call in calls:
        called.pop(call["data"]["user_id"], None)
        if call["kind"] == ExpertCalled.kind:
            called[call["data"]["user_id"]] = call
    names = {row["id"]: row["name"] for row in followers}
    return [
        {
            "id": user_id,
            "name": names[user_id],
            "question": call["data"].get("question", ""),
            "by": call["by"] if call["who"] == ActorKind.USER else "",
            "at": datetime.fromisoformat(call["at"]),
        }
        for user_id, call in called.items()
        if user_id in names
    ]


def _field(row: dict[str, Any], ticket: Ticket) -> dict[str, Any]:
    """A custom field with its value on the ticket: as it is stored, and in words."""
    field = CustomField(key=row["key"], kind=row["kind"], labels=row["labels"], choices=row["choices"])
    value = ticket.attributes.get(field.key)
    return {
        "key": field.key,
        "kind": field.kind,
        "label": field.label,
        "value": value,
        "words": field_words(field, value),
    }


def field_words(field: CustomField, value: Any) -> str:
    """A stored value as people read it; empty for none."""
    if value is None:
        return ""
    if field.kind == CustomField.Kind.FLAG:
        return _("yes") if value else _("no")
    if field.kind == CustomField.Kind.CHOICE:
        return choice_label(field, value)
    if field.kind == CustomField.Kind.NUMBER and isinstance(value, int | float):
        return number_format(value, use_l10n=True, force_grouping=True)
    if field.kind == CustomField.Kind.DATE and (day := parse_date(str(value))):
        return date_format(day, "DATE_FORMAT")
    return str(value)


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
