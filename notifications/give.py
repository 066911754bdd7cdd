"""Giving notices: one row for each person, joined with the same that they have not read yet."""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils.crypto import get_random_string
from psycopg2.extras import Json

from common import clock
from common.statements import Statement
from journal.models import Entry
from notifications.announce import announce
from notifications.kinds import Kind, Wish
from notifications.models import Notice, NoticeMail
from notifications.preferences import wishes
from notifications.recipients import Told

# What two verbs of one act say (a team changed, and that it was an escalation) is one notice: the count
# rises with the instant. The unique constraint decides between us and a reader who reads just now.
_GIVE = Statement(
    "notifications_notice",
    """
    INSERT INTO notifications_notice (user_id, ticket_id, kind, about, data, entry_id, actor_kind, actor_id,
                                      in_desk, count, at, mail_id)
    SELECT person.user_id, %(ticket)s::bigint, %(kind)s::text, %(about)s::text, %(data)s::jsonb,
           %(entry)s::bigint, %(actor_kind)s::text, %(actor_id)s::bigint, person.in_desk, 1,
           %(at)s::timestamptz, person.mail_id
      FROM unnest(%(users)s::bigint[], %(in_desk)s::boolean[], %(mails)s::bigint[])
           AS person (user_id, in_desk, mail_id)
     ORDER BY person.user_id
    ON CONFLICT (user_id, ticket_id, kind, about) WHERE read_at IS NULL DO UPDATE SET
        count = notifications_notice.count + (notifications_notice.at <> excluded.at)::int,
        data = notifications_notice.data || excluded.data,
        entry_id = excluded.entry_id, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id,
        in_desk = excluded.in_desk, at = excluded.at,
        mail_id = COALESCE(excluded.mail_id, notifications_notice.mail_id)
    RETURNING id, user_id, in_desk
    """,
)


# Whose it is now need not be told any more that it came to their team.
_TEAMS = (Kind.TO_TEAM, Kind.NEW_TICKET)


def give(told: Told, entry: Entry) -> list[int]:
    """Write the notices of one entry, and what is to leave by mail; returns their keys.

    Whoever wants neither gets none. Needs an open transaction.
    """
    ticket_id = entry.stream_id if entry.stream_type == "ticket" else None
    if told.kind in (Kind.ASSIGNED, Kind.HANDED_OVER):
        given = told.data.get("received", []) if ticket_id is None else [ticket_id]
        for team_wide in _TEAMS:
            take_back(given, team_wide, user_ids=told.user_ids)
    wanted = {user_id: wish for user_id, wish in wishes(told.user_ids, told.kind).items() if wish.is_any}
    if not wanted:
        return []
    mails = _mails(wanted)
    people = sorted(wanted)
    values: dict[str, Any] = {
        "ticket": ticket_id,
        "kind": told.kind.value,
        "about": told.about,
        "data": Json(told.data, dumps=partial(json.dumps, cls=DjangoJSONEncoder)),
        "entry": entry.pk,
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "at": entry.happened_at,
        "users": people,
        "in_desk": [wanted[user_id].in_desk for user_id in people],
        "mails": [mails.get(user_id) for user_id in people],
    }
    with connection.cursor() as cursor:
        _GIVE.run(cursor, values)
        rows = cursor.fetchall()
    announce([pk for pk, _user_id, in_desk in rows if in_desk])
    return [pk for pk, _user_id, _in_desk in rows]


def take_back(
    ticket_ids: Collection[int], kind: str, about: str = "", *, user_ids: Collection[int] | None = None
) -> int:
    """What is no longer so, for all or for some, counts as read: no bell and no mail goes on with it."""
    unread = Notice.objects.filter(ticket_id__in=ticket_ids, kind=kind, about=about, read_at=None)
    if user_ids is not None:
        unread = unread.filter(user_id__in=user_ids)
    return unread.update(read_at=clock.now())


def _mails(wanted: Mapping[int, Wish]) -> dict[int, int]:
    """The open mail of everybody who wants one, made where there is none: user → mail.

    Locked until the notice hangs on it, so that the sender does not close it in between.
    """
    people = sorted(user_id for user_id, wish in wanted.items() if wish.by_mail)
    found: dict[int, int] = {}
    while missing := [user_id for user_id in people if user_id not in found]:
        # Once more for whoever's mail the sender has closed since it was found to be there.
        now = clock.now()
        hold = timedelta(seconds=settings.NOTICE_HOLD_SECONDS)
        NoticeMail.objects.bulk_create(
            [
                NoticeMail(user_id=user_id, not_before=now + hold, created_at=now, external_id=_message_id())
                for user_id in missing
            ],
            ignore_conflicts=True,
        )
        rows = NoticeMail.objects.select_for_update(no_key=True).filter(user_id__in=missing, is_open=True)
        found |= dict(rows.order_by("user_id").values_list("user_id", "pk"))
    return found


def _message_id() -> str:
    domain = settings.MESSAGE_ID_DOMAIN or settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return f"notice.{get_random_string(24).lower()}@{domain or 'localhost'}"
