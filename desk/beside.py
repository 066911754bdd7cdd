"""What hangs on a ticket in small numbers: tags, people, links, drafts. One query, however much there is.

Building the query costs more than running it, so it is compiled once a process, with stand-ins where
the ticket and the reader go.
"""

import json
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from people.models import Identity, User
from tickets.models import Draft, Follower, Link, Participant, ReadMark, Tagging, Ticket

_TICKET, _USER = -7_000_001, -7_000_002  # stand-ins no key can have


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
                name="contact__name",
                in_copy="in_copy",
                address=Subquery(mail.values("value")[:1]),
            )
        ),
        "identities": Identity.objects.filter(contact=OuterRef("requester"))
        .order_by(email_first, "pk")
        .values(row=JSONObject(kind="kind", value="value", bounced="bounced_at", reason="bounce_reason")),
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
                kind="kind", html="html", to="to", cc="cc", attachments="attachments", based_on="based_on"
            )
        ),
        "read_to": ReadMark.objects.filter(ticket=OuterRef("pk"), user=Value(_USER)).values(
            row=JSONObject(message="message_id")
        ),
    }


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[str], str, tuple[Any, ...]]:
    parts = _parts()
    columns = [f"of_{name}" for name in parts]
    query = (
        Ticket.objects.filter(pk=_TICKET)
        .annotate(**{f"of_{name}": ArraySubquery(part) for name, part in parts.items()})
        .values(*columns)
    )
    sql, params = query.query.sql_with_params()
    return list(parts), sql, params


def beside(ticket: Ticket, user: User) -> dict[str, Any]:
    """Lists of plain dicts by name. Links lead only to tickets that ``user`` may see."""
    names, sql, params = _compiled()
    actual = {_TICKET: ticket.pk, _USER: user.pk}
    with connection.cursor() as cursor:
        cursor.execute(sql, [actual.get(value, value) for value in params])
        row = cursor.fetchone()
    side: dict[str, Any] = {
        name: [_plain(value) for value in values] for name, values in zip(names, row, strict=True)
    }
    linked = {link["id"] for name in ("links", "links_back") for link in side[name]}
    if linked and not user.sees_all:
        seen = set(Ticket.objects.visible_to(user).filter(pk__in=linked).values_list("pk", flat=True))
        for name in ("links", "links_back"):
            side[name] = [link for link in side[name] if link["id"] in seen]
    side["read_to"] = side["read_to"][0]["message"] if side["read_to"] else None
    return side


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
