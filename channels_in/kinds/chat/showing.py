"""From the ticket to the visitor's window, in the transaction of whoever writes: the journal's inline side.

Written once: a line that is there for a message stays, so that a replay adds what is missing and no more.
"""

from datetime import timedelta

from django.db import connection

from channels_in.kinds.chat import lines, verbs
from channels_in.models import ChatLine, ChatSession
from channels_in.ways import chosen_thread
from common import clock
from common.statements import Prepared, Statement
from journal.events import Event
from journal.models import Entry
from tickets.events import AutomaticPosted, MessageReceived, ReplyPosted, TicketAssigned
from tickets.models import Channel, Message

UNREAD_FOR = timedelta(seconds=60)  # then we look whether a mail must follow


def is_shown(message_id: int) -> bool:
    """Whether a window shows it: then nothing has to be sent."""
    return ChatLine.objects.filter(message=message_id).exists()


def show(entry: Entry, event: Event) -> None:
    match event:
        case ReplyPosted():
            if event.channel == Channel.CHAT and event.side_thread_id is None:
                _add(entry, event.message_id, ChatLine.By.AGENT)
        case AutomaticPosted():
            if event.automatic_kind != "bot":  # its lines were there first
                message = Message.objects.only("channel").get(pk=event.message_id)
                if message.channel == Channel.CHAT:
                    _add(entry, event.message_id, ChatLine.By.BOT)
        case MessageReceived():
            if event.channel != Channel.CHAT and event.side_thread_id is None:
                _add_own(entry, event)
        case TicketAssigned():
            _offer(entry, event)


# With every answer in every talk.
_ADDRESSED: Prepared[Message] = Prepared(
    lambda message: Message.objects.filter(pk=message).only("to"), message=int
)
_LINE: Prepared[tuple[int]] = Prepared(
    lambda session, message: ChatLine.objects.filter(session=session, message=message).values_list("pk"),
    session=int,
    message=int,
)
_FOLLOW = Statement(
    "channels_in_chatsession",
    "UPDATE channels_in_chatsession SET follow_at = %s WHERE id = %s AND follow_at IS NULL",
)


def _add(entry: Entry, message_id: int, by: str) -> None:
    message = _ADDRESSED.get(message=message_id)
    session_id = _session_for(entry, message)
    if session_id is None or _LINE.first(session=session_id, message=message_id) is not None:
        return
    lines.add(session_id, by=by, at=entry.happened_at, message=message)
    with connection.cursor() as cursor:
        _FOLLOW.run(cursor, [entry.recorded_at + UNREAD_FOR, session_id])


def _session_for(entry: Entry, message: Message) -> int | None:
    """The window its author chose, else that of the ticket's talk."""
    chosen = chosen_thread(message.to)
    if chosen is not None:
        return ChatSession.objects.filter(thread=chosen).values_list("pk", flat=True).first()
    talk = verbs.talk_of(entry.stream_id)
    return talk[0] if talk else None


def _add_own(entry: Entry, event: MessageReceived) -> None:
    """What the visitor wrote by mail stands in their window too: one talk. Nobody else's mail does."""
    if verbs.talk_of(entry.stream_id) is None:
        return  # so it is with nearly every mail, and asked cheaply
    session = verbs.of_ticket(entry.stream_id)
    if session is None or session.contact is None or session.contact.pk != event.contact_id:
        return
    if not ChatLine.objects.filter(session=session, message=event.message_id).exists():
        message = Message.objects.get(pk=event.message_id)
        lines.add(session.pk, by=ChatLine.By.VISITOR, at=entry.happened_at, message=message)


def _offer(entry: Entry, event: TicketAssigned) -> None:
    """A chat that waits is somebody's to take now, within the widget's time."""
    talk = verbs.talk_of(entry.stream_id)
    if talk is None or talk[1] != ChatSession.Stage.WAITING:
        return
    session = verbs.of_ticket(entry.stream_id)
    assert session is not None
    to = event.new_assignee_id
    due = clock.now() + timedelta(seconds=session.widget.pick_up_seconds) if to else None
    waiting = ChatSession.objects.filter(pk=session.pk, stage=ChatSession.Stage.WAITING)
    waiting.update(offered_to=to, pick_up_by=due)


def forget(stream_type: str, stream_id: int) -> None:
    """Lines are the visitor's own record, numbered as they came: a replay keeps them."""
