"""Verbs for chat widgets: each is an inbox of kind chat with a look, hours and a bot of its own."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_in.inboxes import InboxChanged, InboxCreated
from channels_in.kinds.chat import triggers
from channels_in.models import ChatWidget, Inbox
from channels_in.models.chat import new_identity_secret
from common.text import one_line, storable
from journal.actor import Actor
from journal.record import record
from people.models import Team
from tickets.errors import Invalid
from tickets.models import Brand

OF_INBOX = frozenset({"name", "brand", "team", "is_active"})
OF_WIDGET = frozenset(
    {
        "sites", "colour", "theme", "side", "texts", "asks", "calendar", "longest_queue", "pick_up_seconds",
        "quiet_minutes", "blocked_types", "bot", "triggers",
    }
)  # fmt: skip
HIDDEN = "•••"


@transaction.atomic
def create_widget(*, name: str, brand: Brand, team: Team | None, actor: Actor) -> ChatWidget:
    """A chat that no site may show yet. Raises ``Invalid`` without a name."""
    inbox = Inbox.objects.create(kind="chat", name=_name(name), brand=brand, team=team, address="")
    widget = ChatWidget.objects.create(inbox=inbox)
    record(InboxCreated(inbox.pk, ""), actor=actor)
    return widget


@transaction.atomic
def change_widget(widget_id: int, *, actor: Actor, **fields: Any) -> ChatWidget:
    """Change what is named; changing nothing records nothing."""
    if unknown := set(fields) - OF_INBOX - OF_WIDGET:
        raise TypeError(f"a chat has no {', '.join(sorted(unknown))}")
    widget = _locked(widget_id)
    if "name" in fields:
        fields["name"] = _name(fields["name"])
    if "triggers" in fields:
        fields["triggers"] = triggers.shaped(fields["triggers"])
    changes: dict[str, list[Any]] = {}
    for row, names in ((widget.inbox, OF_INBOX), (widget, OF_WIDGET)):
        changed = [name for name in sorted(names & fields.keys()) if getattr(row, name) != fields[name]]
        for name in changed:
            changes[name] = [_shown(getattr(row, name)), _shown(fields[name])]
            setattr(row, name, fields[name])
        if changed:
            row.save(update_fields=changed)
    if changes:
        record(InboxChanged(widget.inbox_id, changes), actor=actor)
    return widget


@transaction.atomic
def rotate_secret(widget_id: int, *, actor: Actor) -> str:
    """A new secret for the site's identities; the old one proves nothing from now on. Shown this once."""
    widget = _locked(widget_id)
    secret = new_identity_secret()
    widget.identity_secret = secret
    widget.save(update_fields=["identity_secret"])
    record(InboxChanged(widget.inbox_id, {"identity_secret": [HIDDEN, HIDDEN]}), actor=actor)
    return secret


def _locked(widget_id: int) -> ChatWidget:
    rows = ChatWidget.objects.select_for_update(no_key=True, of=("self", "inbox"))
    return rows.select_related("inbox__brand", "inbox__team", "calendar", "bot").get(pk=widget_id)


def _name(name: str) -> str:
    name = one_line(storable(name), 120)
    if not name:
        raise Invalid("name", _("Give the chat a name."))
    return name


def _shown(value: Any) -> Any:
    return getattr(value, "pk", value)
