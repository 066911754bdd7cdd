"""Where the customer can be reached: they blocked the bot or let it in again, their group moved."""

from django.db import transaction

from channels_in import conversing
from channels_in.kinds.telegram.parsing import Update
from channels_in.kinds.telegram.who import sender_of
from channels_in.models import Inbound, Inbox, Thread
from channels_in.settled import Settled
from common import clock
from people.models import Identity

BLOCKED = "blocked the bot"


def change(inbound: Inbound, update: Update) -> Settled:
    """The bot was let into a chat or shut out; in a private one that is "unblocked" and "blocked"."""
    assert update.chat is not None
    assert update.sender is not None
    gone = update.membership == "gone"
    if update.chat.is_private:
        conversing.contact_of(sender_of(update.sender))
    mark(inbound.inbox, str(update.chat.id), is_blocked=gone)
    return Settled.obeyed(f"membership:{update.membership}")


def mark(inbox: Inbox, chat_id: str, *, is_blocked: bool) -> None:
    """Note it on the conversation, and in a private chat on the person: its number is theirs."""
    Thread.objects.filter(inbox=inbox, external_id=chat_id).exclude(is_blocked=is_blocked).update(
        is_blocked=is_blocked
    )
    person = Identity.objects.filter(kind=Identity.Kind.TELEGRAM, value=chat_id)
    if is_blocked:
        person.filter(bounced_at=None).update(bounced_at=clock.now(), bounce_reason=BLOCKED)
    else:
        person.exclude(bounced_at=None).update(bounced_at=None, bounce_reason="")


def seen(thread: Thread, update: Update) -> None:
    """They write, so they can be reached. Remember what they are called in Telegram."""
    if update.sender is None or update.chat is None:
        return
    mark(thread.inbox, thread.external_id, is_blocked=False)
    facts = {"title": update.chat.title} if not update.chat.is_private else {
        "name": update.sender.name, "username": update.sender.username, "language": update.sender.language,
    }  # fmt: skip
    state = thread.state | {"kind": update.chat.kind} | facts
    if state != thread.state:
        thread.state = state
        thread.save(update_fields=["state"])


def move(inbound: Inbound, update: Update) -> Settled:
    """A group became a supergroup, under another number."""
    assert update.chat is not None
    move_chat(inbound.inbox_id, str(update.chat.id), str(update.moved_to))
    return Settled.obeyed("moved", f"{update.chat.id} → {update.moved_to}")


@transaction.atomic
def move_chat(inbox_id: int, old: str, new: str) -> bool:
    """Lead the conversation to its new number; whichever of us hears of it first. False if it has moved."""
    rows = Thread.objects.select_for_update(no_key=True).filter(inbox=inbox_id)
    thread = rows.filter(external_id=old).first()
    if thread is None or rows.filter(external_id=new).exists():
        return False
    thread.external_id = new
    thread.save(update_fields=["external_id"])
    return True
