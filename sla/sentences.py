"""The timeline's sentences for what happens to clocks. Imported when the app is ready."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.statements import Prepared
from sla.models import Clock, PolicyVersion
from tickets.timeline import Names, register_names, register_sentences

REASONS = {
    "opened": "",
    "priority": gettext_lazy("the priority changed"),
    "topic": gettext_lazy("the topic changed"),
    "service": gettext_lazy("the service changed"),
    "subject": gettext_lazy("the subject changed"),
    "requester": gettext_lazy("the requester changed"),
    "organization": gettext_lazy("the organisation changed"),
    "customer": gettext_lazy("something about the customer changed"),
    "team": gettext_lazy("the team changed"),
    "tags": gettext_lazy("the tags changed"),
    "field": gettext_lazy("a field changed"),
    "policy": gettext_lazy("the policies changed"),
    "calendar": gettext_lazy("the calendar changed"),
    "reopened": gettext_lazy("reopened"),
    "unmerged": gettext_lazy("the merge was undone"),
    "merge_received": gettext_lazy("another ticket was merged in"),
    "merge_undone": gettext_lazy("the merge was undone"),
    "reply_withdrawn": gettext_lazy("a reply was withdrawn"),
    "delivery_failed": gettext_lazy("a reply did not arrive"),
    "check": gettext_lazy("the policies were checked"),
    "by_hand": gettext_lazy("set by hand"),
}


def when(text: str | None) -> str:
    """A stored instant in the reader's zone and format."""
    at = parse_datetime(text) if text else None
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else "—"


def reason_words(code: str) -> str:
    """A code in words; a person's own words stay as they are, and what needs no saying is empty."""
    return str(REASONS.get(code, ""))


def _with_reason(sentence: str, code: str) -> str:
    words = reason_words(code)
    return f"{sentence} ({words})" if words else sentence


def _target(data: dict[str, Any]) -> str:
    return str(Clock.Target(data["target"]).label)


def _policies(version_ids: set[int]) -> dict[int, str]:
    return dict(_NAMES.all(versions=list(version_ids))) if version_ids else {}


_NAMES: Prepared[tuple[int, str]] = Prepared(
    lambda versions: PolicyVersion.objects.filter(pk__in=versions).values_list("pk", "policy__name"),
    versions=list,
)


register_names("policy_version_id", _policies)


def _applied(data: dict[str, Any], names: Names) -> str:
    if data["policy_version_id"] is None:
        return _with_reason(_("No SLA policy applies any more"), data["reason"])
    name = names.other("policy_version_id", data["policy_version_id"])
    return _with_reason(_("SLA policy: %(name)s") % {"name": name}, data["reason"])


def _warned(data: dict[str, Any], names: Names) -> str:
    words = {"target": _target(data), "due": when(data["due_at"])}
    return _("%(target)s: due %(due)s, little time is left") % words


def _breached(data: dict[str, Any], names: Names) -> str:
    return _("%(target)s: overdue") % {"target": _target(data)}


def _withdrawn(data: dict[str, Any], names: Names) -> str:
    words = {"target": _target(data), "old": when(data["old_due_at"]), "new": when(data["new_due_at"])}
    if data["new_due_at"] is None:
        sentence = _("%(target)s: the breach of %(old)s no longer holds") % words
    else:
        sentence = _("%(target)s: the breach of %(old)s no longer holds, now due %(new)s") % words
    return _with_reason(sentence, data["reason"])


def _due_set(data: dict[str, Any], names: Names) -> str:
    words = {"target": _target(data), "due": when(data["due_at"]), "reason": data["reason"]}
    if data["due_at"] is None:
        return _("%(target)s: due as the policy says again") % words
    return _("%(target)s: due %(due)s, set by hand: %(reason)s") % words


def _promised(data: dict[str, Any], names: Names) -> str:
    words = {"name": names.user(data["user_id"]), "due": when(data["due_at"]), "text": data["text"]}
    if not data["text"]:
        return _("%(name)s promised an answer by %(due)s") % words
    return _("%(name)s promised by %(due)s: %(text)s") % words


register_sentences(
    {
        "sla_policy_applied": _applied,
        "sla_warned": _warned,
        "sla_breached": _breached,
        "sla_breach_withdrawn": _withdrawn,
        "sla_due_set": _due_set,
        "promise_made": _promised,
        "promise_kept": lambda d, n: _("Promise kept"),
        "promise_broken": lambda d, n: (
            _("Promise broken: nobody had answered by %(due)s") % {"due": when(d["due_at"])}
        ),
        "promise_withdrawn": lambda d, n: _("Promise withdrawn"),
    }
)
