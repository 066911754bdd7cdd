"""What stands in the visitor's window: adding a line, and reading them: the one door to their contents.

A line with a message shows what the message says now, and only while the customer may see it: no note,
nothing withdrawn, nothing of a deleted ticket.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from psycopg2.extras import Json

from channels_in.kinds.chat.announce import announce
from channels_in.kinds.chat.tokens import file_token
from channels_in.models import ChatLine, ChatSession
from common.statements import Prepared, Statement
from tickets import files
from tickets.content import FileContent
from tickets.models import Attachment, Message, MessageKind

MOST_AT_ONCE = 200

# The session's next number and the line that has it, in one statement.
_ADD = Statement(
    "channels_in_chatline",
    """
    WITH session AS (
        UPDATE channels_in_chatsession SET last_seq = last_seq + 1 WHERE id = %s RETURNING id, last_seq
    )
    INSERT INTO channels_in_chatline (session_id, seq, by, client_id, message_id, text, data, at)
    SELECT id, last_seq, %s::text, %s::text, %s::bigint, %s::text, %s::jsonb, %s::timestamptz FROM session
    RETURNING id, seq
    """,
)


@dataclass(frozen=True)
class Place:
    """Where a line stands, and how its session is with it."""

    seq: int
    last_seq: int
    stage: str


def add(
    session_id: int,
    *,
    by: str,
    at: datetime,
    client_id: str = "",
    message: Message | None = None,
    text: str = "",
    data: dict[str, Any] | None = None,
) -> ChatLine:
    """The next line of a session, whose row stays locked until the end of the transaction."""
    line = ChatLine(
        session_id=session_id, by=by, client_id=client_id, message=message, text=text, data=data or {}, at=at
    )
    values: list[Any] = [session_id, by, client_id, line.message_id, text, Json(line.data), at]
    with connection.cursor() as cursor:
        _ADD.run(cursor, values)
        line.pk, line.seq = cursor.fetchone()
    line._state.adding = False
    line._state.db = connection.alias
    announce(session_id, "lines", line.seq)
    return line


def visible_messages() -> QuerySet[Message]:
    """What a visitor may read, of whichever line refers to it."""
    return Message.objects.filter(withdrawn_at=None, side_thread=None, ticket__deleted_at=None).exclude(
        kind=MessageKind.NOTE
    )


# Asked for every line of every window that is open.
_NEWEST: Prepared[ChatLine] = Prepared(
    lambda session, since: ChatLine.objects.filter(session=session, seq__gt=since).order_by("-seq")[
        :MOST_AT_ONCE
    ],
    session=int,
    since=int,
)
_SAID: Prepared[Message] = Prepared(
    lambda session, since: (
        visible_messages()
        .filter(chat_lines__session=session, chat_lines__seq__gt=since)
        .annotate(has_files=Exists(Attachment.objects.filter(message=OuterRef("pk"), redacted_at=None)))
        .select_related("author_user")
        .only("text", "html", "author_user__name", "author_user__email")
        .order_by("-chat_lines__seq")[:MOST_AT_ONCE]
    ),
    session=int,
    since=int,
)


def shown(session: ChatSession, *, since: int = 0, most: int = MOST_AT_ONCE) -> list[dict[str, Any]]:
    """The lines after ``since`` as the browser gets them, oldest first; of too many only the newest."""
    rows = _NEWEST.all(session=session.pk, since=since)[:most][::-1]
    messages: dict[int, Message] = {}
    attached: dict[int, list[Attachment]] = {}
    if any(row.message_id is not None for row in rows):
        messages = {message.pk: message for message in _SAID.all(session=session.pk, since=since)}
        with_files = [pk for pk, message in messages.items() if getattr(message, "has_files")]  # noqa: B009
        if with_files:
            for one in Attachment.objects.filter(message__in=with_files, redacted_at=None).order_by("pk"):
                attached.setdefault(one.message_id or 0, []).append(one)
    with translation.override(session.language or translation.get_language() or "en"):
        return [
            _line(row, messages.get(row.message_id or 0), attached.get(row.message_id or 0, []), session)
            for row in rows
        ]


def _line(
    row: ChatLine, message: Message | None, attached: Iterable[Attachment], session: ChatSession
) -> dict[str, Any]:
    line: dict[str, Any] = {"seq": row.seq, "by": row.by, "at": row.at.isoformat()}
    if row.client_id:
        line["id"] = row.client_id
    if row.message_id is not None:
        if message is None:
            return line | {"gone": True}
        line["text"] = message.text
        if row.by == ChatLine.By.AGENT:
            line["name"] = str(message.author_user) if message.author_user else ""
            if message.html:
                line["html"] = message.html
        if found := [_file(one, session) for one in attached]:
            line["files"] = found
    elif row.by == ChatLine.By.NOTICE:
        line["text"] = words(row.data)
    else:
        line["text"] = row.text
        if names := row.data.get("names"):
            line["files"] = [{"name": name} for name in names]
    for key in ("choices", "expects", "code"):
        if row.data.get(key):
            line[key] = row.data[key]
    return line


def file_url(row: Attachment, session: ChatSession) -> str:
    """Opens the file for five minutes. Call it only for what stands in the session's window."""
    return f"/chat/file/{file_token(row.pk, session.pk)}/{quote(row.name, safe='')}"


def _file(row: Attachment, session: ChatSession) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "size": row.size,
        "image": row.content_type in files.SHOWN,
        "url": file_url(row, session),
    }


def words(data: dict[str, Any]) -> str:
    """A notice, in the active language."""
    name = data.get("name", "")
    match data.get("code"):
        case "joined":
            return _("%(name)s is here and reads what you wrote.") % {"name": name}
        case "again":
            return _("We are looking for somebody else who has time for you.")
        case "left":
            return _("Your message has arrived. We will answer to %(email)s.") % {"email": data.get("email")}
        case "left-nowhere":
            return _("Your message has arrived. Leave an e-mail address, so that we can answer.")
        case "mailed":
            return _("You were away, so we sent the answer to %(email)s.") % {"email": data.get("email")}
        case "by-mail":
            return _("We go on by e-mail: %(email)s.") % {"email": data.get("email")}
        case "ended":
            return _("The chat has ended.")
        case "waiting":
            return _("Somebody will be with you shortly.")
    return ""


def file_for(attachment_id: int, session: ChatSession) -> Attachment | None:
    """A file of a message that stands in this session's window."""
    in_window = Q(message__in=visible_messages(), message__chat_lines__session=session)
    return Attachment.objects.filter(in_window, pk=attachment_id, redacted_at=None).first()


def contents_of(messages: Iterable[Message]) -> list[FileContent]:
    """The files of messages whose attachments are prefetched, for a mail."""
    rows = [one for message in messages for one in message.attachments.all() if one.redacted_at is None]
    return [
        FileContent(
            one.name, one.content_type, files.path_of(one).read_bytes(), one.is_inline, one.content_id
        )
        for one in rows
    ]
