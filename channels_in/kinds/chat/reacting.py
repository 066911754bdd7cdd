"""What follows for a chat from what its agent does with the ticket: an answer takes it, solving ends it."""

from channels_in.kinds.chat import verbs
from channels_in.models import ChatSession
from journal.actor import Actor
from journal.models import Entry
from people.models import User
from tickets.events import ReplyPosted, StatusChanged
from tickets.models import Category, Channel

SOLVED = Actor.system("chat-solved")


def hears(entry: Entry) -> bool:
    """Whether it can be about a chat at all, by the entry alone."""
    if entry.kind == ReplyPosted.kind:
        return entry.data["channel"] == Channel.CHAT and entry.data.get("side_thread_id") is None
    return bool(entry.data["new_category"] >= Category.RESOLVED)


def react(entry: Entry, event: ReplyPosted | StatusChanged) -> None:
    talk = verbs.talk_of(entry.stream_id)
    if talk is None:
        return
    session_id, stage = talk
    if isinstance(event, StatusChanged):
        verbs.end(session_id, by="agent", actor=SOLVED)
    elif stage == ChatSession.Stage.WAITING:
        user = User.objects.get(pk=event.user_id)
        verbs.take(session_id, user=user, says_so=False, at=entry.happened_at)
