"""Which replies concern the chat. Asked for each there is, so as statements."""

from django.db import connection

from channels_in.kinds.chat import reacting
from channels_in.models import ChatSession
from journal.models import Entry
from tickets.events import ReplyPosted
from tickets.models import Channel

_IS_SHOWN = "SELECT 1 FROM channels_in_chatline WHERE message_id = %s LIMIT 1"
# Of the ticket and whatever was merged into it, as verbs.of_ticket.
_WAITS = """
    WITH RECURSIVE family(id) AS (
        SELECT %s::bigint
        UNION
        SELECT child.id FROM tickets_ticket child JOIN family ON child.merged_into_id = family.id
    )
    SELECT 1 FROM channels_in_thread thread
      JOIN channels_in_chatsession talk ON talk.thread_id = thread.id
     WHERE thread.ticket_id IN (SELECT id FROM family) AND talk.stage = %s LIMIT 1
"""


def is_to_be_sent(entry: Entry) -> bool:
    """Whether a message of ours has to leave: what a window shows already has arrived."""
    if entry.data.get("channel") != Channel.CHAT:
        return True
    return not _finds(_IS_SHOWN, entry.data["message_id"])


def moves_it_on(entry: Entry) -> bool:
    """Whether it takes or ends a chat: a reply does in one that waits for somebody."""
    if not reacting.hears(entry):
        return False
    return entry.kind != ReplyPosted.kind or _finds(_WAITS, entry.stream_id, ChatSession.Stage.WAITING.value)


def _finds(statement: str, *values: str | int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None
