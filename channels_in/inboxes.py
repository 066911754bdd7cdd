"""Verbs for inboxes, and what they write in the journal: which fields changed, never a secret."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels_in.models import Inbox
from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors

SECRETS = frozenset({"imap_password", "smtp_password", "oauth_client_secret", "oauth_refresh_token"})
# What the fetcher has learnt holds only for the mailbox it learnt it from.
_ANOTHER_MAILBOX = frozenset({"fetch", "imap_host", "imap_user", "imap_folder"})
_ANOTHER_GRANT = frozenset(
    {"oauth_client_id", "oauth_client_secret", "oauth_refresh_token", "oauth_token_url"}
)
FIELDS = frozenset(
    {
        "brand", "name", "address", "aliases", "team", "is_active", "acknowledge", "plus_addresses",
        "authserv_ids", "quote_history", "fetch", "imap_host", "imap_port", "imap_security",
        "imap_user", "imap_folder",
        "imap_after", "imap_move_to", "smtp_host", "smtp_port", "smtp_security", "smtp_user", "sign",
        "oauth_client_id", "oauth_token_url", "oauth_scope", *SECRETS,
    }
)  # fmt: skip


@event("inbox")
class InboxCreated(Event):
    inbox_id: int
    address: str


@event("inbox")
class InboxChanged(Event):
    """``changes`` maps a field to [old, new]; of a secret only that it changed."""

    inbox_id: int
    changes: dict[str, Any]


@event("inbox")
class InboxDeleted(Event):
    """``address``: what it was called outside."""

    inbox_id: int
    address: str


@transaction.atomic
def create_inbox(*, actor: Actor, **fields: Any) -> Inbox:
    """Connect a mailbox. Raises ``errors.Invalid`` if an active inbox has the address."""
    _known(fields)
    try:
        with transaction.atomic():
            inbox = Inbox.objects.create(kind="email", **fields)
    except IntegrityError as error:
        raise _taken() from error
    record(InboxCreated(inbox.pk, inbox.address), actor=actor)
    return inbox


@transaction.atomic
def change_inbox(inbox_id: int, *, actor: Actor, **fields: Any) -> Inbox:
    """Change what is named; changing nothing records nothing. Raises ``errors.Invalid``.

    Another mailbox is read from its beginning, and another grant gets a token of its own.
    """
    _known(fields)
    inbox = Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
    changed = {name: value for name, value in fields.items() if getattr(inbox, name) != value}
    if not changed:
        return inbox
    changes = {name: _shown(inbox, name, value) for name, value in changed.items()}
    if _ANOTHER_MAILBOX & changed.keys():
        changed |= {
            "imap_uidvalidity": None, "imap_last_uid": 0, "answered_at": None, "failing_since": None,
            "last_error": "",
        }  # fmt: skip
    if _ANOTHER_GRANT & changed.keys():
        changed |= {"oauth_access_token": "", "oauth_expires_at": None}
    for name, value in changed.items():
        setattr(inbox, name, value)
    try:
        with transaction.atomic():
            inbox.save(update_fields=list(changed))
    except IntegrityError as error:
        raise _taken() from error
    record(InboxChanged(inbox.pk, changes), actor=actor)
    return inbox


def _shown(inbox: Inbox, name: str, value: Any) -> list[Any]:
    if name in SECRETS:
        return ["•••" if getattr(inbox, name) else "", "•••" if value else ""]
    old = getattr(inbox, name)
    return [getattr(old, "pk", old), getattr(value, "pk", value)]


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"an inbox has no {', '.join(sorted(unknown))}")


def _taken() -> errors.Invalid:
    return errors.Invalid("address", _("Another active inbox has this address."))
