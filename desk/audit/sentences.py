"""What happened, in a sentence of the reader's language; made when it is read, also of old entries."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.labels import in_language
from journal.models import Entry

Data = dict[str, Any]
Writer = Callable[[str, Data], str]

# By the last word of a kind: most of what happens to settings is one of these.
_ACTS: dict[str, str | Promise] = {
    "created": gettext_lazy("Created: %(thing)s"),
    "made": gettext_lazy("Created: %(thing)s"),
    "opened": gettext_lazy("Created: %(thing)s"),
    "changed": gettext_lazy("Changed: %(thing)s"),
    "edited": gettext_lazy("Changed: %(thing)s"),
    "saved": gettext_lazy("Saved: %(thing)s"),
    "renamed": gettext_lazy("Renamed: %(thing)s"),
    "published": gettext_lazy("Published: %(thing)s"),
    "deleted": gettext_lazy("Deleted: %(thing)s"),
    "removed": gettext_lazy("Removed: %(thing)s"),
    "dropped": gettext_lazy("Deleted: %(thing)s"),
    "restored": gettext_lazy("Restored: %(thing)s"),
    "undeleted": gettext_lazy("Restored: %(thing)s"),
    "moved": gettext_lazy("Put into another place: %(thing)s"),
    "ordered": gettext_lazy("Put into another order: %(thing)s"),
}


def sentence(entry: Entry, thing: str) -> str:
    """Never empty: an entry nobody has words for says its kind."""
    if writer := _WRITERS.get(entry.kind):
        return writer(thing, entry.data)
    act = _ACTS.get(entry.kind.rpartition("_")[2])
    if act is None:
        return f"{thing}: {entry.kind.replace('_', ' ')}"
    if _is_order(entry):
        act = _ACTS["moved"]
    return str(act) % {"thing": thing}


def _is_order(entry: Entry) -> bool:
    return set(entry.data.get("changes") or ()) == {"position"}


def _of(words: str | Promise, *names: str) -> Writer:
    """A sentence with the thing and some of the entry's values."""

    def write(thing: str, data: Data) -> str:
        return str(words) % {"thing": thing, **{name: data.get(name) or "—" for name in names}}

    return write


def _switched(name: str) -> Writer:
    def write(thing: str, data: Data) -> str:
        words = _("Switched on: %(thing)s") if data.get(name) else _("Switched off: %(thing)s")
        return words % {"thing": thing}

    return write


def _version(number: str) -> Writer:
    def write(thing: str, data: Data) -> str:
        if set(data.get("changes") or ()) == {"name"}:
            return str(_ACTS["renamed"]) % {"thing": thing}
        if data.get(number) == 1:
            return _("Created: %(thing)s") % {"thing": thing}
        return _("Saved: %(thing)s, version %(number)s") % {"thing": thing, "number": data.get(number)}

    return write


def _status(thing: str, data: Data) -> str:
    """A status is switched by a change of one field."""
    if "is_active" in data["changes"]:
        return _switched("on")(thing, {"on": data["changes"]["is_active"][1]})
    return _("Changed: %(thing)s") % {"thing": thing}


def _settings(thing: str, data: Data) -> str:
    words = {"added": _("Added: %(thing)s"), "removed": _("Removed: %(thing)s")}.get(data["what"])
    return (words or _("Changed: %(thing)s")) % {"thing": thing}


def _exported(thing: str, data: Data) -> str:
    words = ngettext(
        "Downloaded as a file: %(thing)s, up to %(num)s ticket",
        "Downloaded as a file: %(thing)s, up to %(num)s tickets",
        data.get("most") or 0,
    )
    return words % {"thing": thing, "num": data.get("most") or "—"}


def _form_field(words: str | Promise) -> Writer:
    def write(thing: str, data: Data) -> str:
        return str(words) % {"thing": thing, "field": in_language(data.get("labels") or {}) or "—"}

    return write


def _broadcast(thing: str, data: Data) -> str:
    words = ngettext(
        "Began to write to %(num)d person: %(thing)s",
        "Began to write to %(num)d people: %(thing)s",
        data["total"],
    )
    return words % {"num": data["total"], "thing": thing}


_WRITERS: dict[str, Writer] = {
    # people
    "password_reset_sent": _of(gettext_lazy("Sent a link for a new password: %(thing)s")),
    "shift_saved": _of(gettext_lazy("Shift from %(valid_from)s: %(thing)s"), "valid_from"),
    "shift_removed": _of(gettext_lazy("Removed a shift: %(thing)s")),
    "absence_added": _of(gettext_lazy("Added an absence: %(thing)s")),
    "absence_removed": _of(gettext_lazy("Removed an absence: %(thing)s")),
    "extra_time_added": _of(gettext_lazy("Added extra working time: %(thing)s")),
    "extra_time_removed": _of(gettext_lazy("Removed extra working time: %(thing)s")),
    # customers
    "identity_added": _of(gettext_lazy("Added %(value)s: %(thing)s"), "value"),
    "identity_verified": _of(gettext_lazy("Confirmed %(value)s: %(thing)s"), "value"),
    "identity_removed": _of(gettext_lazy("Removed %(value)s: %(thing)s"), "value"),
    "identity_claimed": _of(gettext_lazy("%(value)s is said to belong to: %(thing)s"), "value"),
    "claim_removed": _of(gettext_lazy("%(value)s is no longer said to belong to: %(thing)s"), "value"),
    "contact_merged": _of(gettext_lazy("Merged into another customer: %(thing)s")),
    "contact_merge_received": _of(gettext_lazy("Took over another customer: %(thing)s")),
    "contact_unmerged": _of(gettext_lazy("A person of their own again: %(thing)s")),
    "contact_merge_undone": _of(gettext_lazy("Gave another customer back: %(thing)s")),
    "merge_dismissed": _of(gettext_lazy("Said not to be the same person as another: %(thing)s")),
    "merge_dismissal_undone": _of(gettext_lazy("May be the same person as another after all: %(thing)s")),
    # automation
    "rule_saved": _version("number"),
    "rule_switched": _switched("is_enabled"),
    "policy_saved": _version("version_number"),
    "policy_switched": _switched("is_active"),
    "calendar_saved": _version("version_number"),
    "calendar_switched": _switched("is_active"),
    "calendar_made_default": _of(gettext_lazy("Made the default: %(thing)s")),
    # tickets' words
    "status_edited": _status,
    "status_made_default": _of(gettext_lazy("Made the default: %(thing)s")),
    "tag_merged": _of(
        gettext_lazy("Merged into the tag “%(into_name)s”: %(thing)s, tickets: %(count)s"),
        "into_name",
        "count",
    ),
    "tag_dropped": _of(gettext_lazy("Removed from all tickets: %(thing)s, tickets: %(count)s"), "count"),
    "form_field_added": _form_field(gettext_lazy("Added the question “%(field)s”: %(thing)s")),
    "form_field_changed": _of(gettext_lazy("Changed a question of the form: %(thing)s")),
    "form_field_removed": _form_field(gettext_lazy("Removed the question “%(field)s”: %(thing)s")),
    "service_form_changed": _of(gettext_lazy("Changed the form: %(thing)s")),
    "view_exported": _exported,
    # channels
    "inbox_created": _of(gettext_lazy("Connected: %(thing)s")),
    "web_form_changed": _of(gettext_lazy("Changed where the forms may stand: %(thing)s")),
    "inbound_reprocessed": _of(gettext_lazy("Processed a quarantined message again: %(thing)s")),
    "inbound_attached": _of(
        gettext_lazy("Put a quarantined message into ticket #%(ticket_id)s: %(thing)s"), "ticket_id"
    ),
    "inbound_discarded": _of(gettext_lazy("Threw out a quarantined message: %(thing)s")),
    "breaker_tripped": _of(gettext_lazy("Stopped by itself, too much at once: %(thing)s")),
    "breaker_reset": _of(gettext_lazy("Let out again: %(thing)s")),
    "webhook_secret_renewed": _of(gettext_lazy("A new secret: %(thing)s")),
    "settings_changed": _settings,
    # problems
    "problem_stage_changed": _of(gettext_lazy("Another stage: %(thing)s")),
    "problem_merged": _of(
        gettext_lazy("Merged into the problem “%(into_title)s”: %(thing)s, tickets: %(count)s"),
        "into_title",
        "count",
    ),
    "problem_merge_received": _of(
        gettext_lazy("Took over the problem “%(title)s”, tickets: %(count)s: %(thing)s"), "title", "count"
    ),
    "broadcast_started": _broadcast,
    "broadcast_stopped": _of(gettext_lazy("Stopped a message to all who asked: %(thing)s")),
    "broadcast_resumed": _of(gettext_lazy("Went on with a message to all who asked: %(thing)s")),
    "broadcast_ended": _of(
        gettext_lazy("A message to all who asked is out: %(thing)s, sent: %(sent)s"), "sent"
    ),
    # what was taken away
    "message_redacted": _of(gettext_lazy("Blacked out a part of a message: %(thing)s")),
    "attachment_redacted": _of(gettext_lazy("Erased a file: %(thing)s")),
    "visitor_banned": _of(gettext_lazy("Shut a visitor out of the chat: %(thing)s")),
    "visitor_unbanned": _of(gettext_lazy("Let a visitor into the chat again: %(thing)s")),
}
