"""Verbs for bots, and what they write in the journal: which fields changed, never a token."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from channels_in.inboxes import InboxChanged, InboxCreated, InboxDeleted
from channels_in.kinds.telegram.connecting import Me
from channels_in.models import Inbound, Inbox, Outbound, TelegramBot, TelegramCall, Thread
from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.models import Ticket
from tickets.models.ticket import OPEN_WORK

_OF_INBOX = frozenset({"brand", "name", "team", "is_active", "acknowledge"})
_OF_BOT = frozenset({"token", "api_url", "mode", "allow_groups"})


@dataclass(frozen=True)
class Held:
    """What hangs on a bot: conversations, tickets of theirs that are open; updates not processed yet, and
    messages not sent yet, which will not arrive without it."""

    conversations: int
    open_tickets: int
    incoming: int
    outgoing: int


@transaction.atomic
def create_bot(*, me: Me, actor: Actor, **fields: Any) -> Inbox:
    """Connect a bot, whose token was tested (``connecting.look``). ``errors.Invalid`` for one there is."""
    _known(fields)
    ours = {name: value for name, value in fields.items() if name in _OF_INBOX}
    theirs = {name: value for name, value in fields.items() if name in _OF_BOT}
    inbox = Inbox.objects.create(kind=Inbox.Kind.TELEGRAM, **ours)
    try:
        with transaction.atomic():
            TelegramBot.objects.create(
                inbox=inbox,
                bot_id=me.id,
                username=me.username,
                path_key=get_random_string(32),
                secret=get_random_string(64),
                **theirs,
            )
    except IntegrityError as error:
        raise _taken() from error
    record(InboxCreated(inbox.pk, f"@{me.username}"), actor=actor)
    return inbox


@transaction.atomic
def change_bot(inbox_id: int, *, actor: Actor, me: Me | None = None, **fields: Any) -> Inbox:
    """Change what is named; changing nothing records nothing. ``me`` comes with another token."""
    _known(fields)
    inbox = Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
    bot = TelegramBot.objects.select_for_update(no_key=True).get(inbox=inbox)
    changes: dict[str, Any] = {}
    for row, names in ((inbox, _OF_INBOX), (bot, _OF_BOT)):
        for name in names & fields.keys():
            old, new = getattr(row, name), fields[name]
            if old != new:
                changes[name] = ["•••", "•••"] if name == "token" else [_plain(old), _plain(new)]
                setattr(row, name, new)
    if me is not None and (bot.bot_id, bot.username) != (me.id, me.username):
        changes["bot"] = [f"@{bot.username}", f"@{me.username}"]
        bot.bot_id, bot.username = me.id, me.username
    if not changes:
        return inbox
    if changes.keys() & {"token", "api_url", "mode", "is_active"}:  # what was known of it is no more
        inbox.answered_at = inbox.failing_since = None
        inbox.last_error = ""
    try:
        with transaction.atomic():
            inbox.save()
            bot.save()
    except IntegrityError as error:
        raise _taken() from error
    record(InboxChanged(inbox.pk, changes), actor=actor)
    return inbox


@transaction.atomic
def delete_bot(inbox_id: int, *, actor: Actor) -> None:
    """Forget the bot with its token; to tell Telegram is the caller's (``connecting.disconnect``). Raises
    ``TelegramBot.DoesNotExist``.

    The inbox stays, switched off and in no list: conversations, messages and updates as they came hang on it.
    What came and is not processed yet goes into quarantine; what has not left fails, visible on its message.
    """
    inbox = Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
    bot = TelegramBot.objects.select_for_update().get(inbox=inbox)
    TelegramCall.objects.filter(inbox=inbox).delete()
    bot.delete()
    inbox.is_active = False
    inbox.failing_since, inbox.last_error = None, ""
    inbox.save(update_fields=["is_active", "failing_since", "last_error"])
    record(InboxDeleted(inbox.pk, f"@{bot.username}"), actor=actor)


def held(inbox_id: int) -> Held:
    """For whoever is about to delete it."""
    under_way = [Outbound.Status.WAITING, Outbound.Status.SENDING]
    threads = Thread.objects.filter(inbox=inbox_id)
    return Held(
        conversations=threads.count(),
        open_tickets=Ticket.objects.filter(OPEN_WORK, pk__in=threads.values("ticket")).count(),
        incoming=Inbound.objects.filter(inbox=inbox_id, status=Inbound.Status.PENDING).count(),
        outgoing=Outbound.objects.filter(inbox=inbox_id, status__in=under_way).count(),
    )


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - _OF_INBOX - _OF_BOT
    if unknown:
        raise TypeError(f"a bot has no {', '.join(sorted(unknown))}")


def _taken() -> errors.Invalid:
    return errors.Invalid("token", _("This bot is connected already."))
