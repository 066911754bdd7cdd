"""What happened to a problem, newest first, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journal.actor import ActorKind
from journal.models import Entry
from people.models import User
from tickets.models import Brand, Problem, ProblemKind, Stage

MOST = 100


@dataclass(frozen=True)
class Line:
    at: datetime
    actor_name: str
    text: str


def history(problem: Problem) -> list[Line]:
    """The newest entries of its stream, in three queries at most."""
    rows = Entry.objects.filter(stream_type="problem", stream_id=problem.pk).order_by("-sequence")
    entries = list(rows[:MOST])
    people = {entry.actor_id for entry in entries if entry.actor_kind == ActorKind.USER}
    users = dict(
        User.objects.filter(pk__in=(people | _changed(entries, "owner")) - {None}).values_list("pk", "name")
    )
    brands = dict(Brand.objects.filter(pk__in=_changed(entries, "brand") - {None}).values_list("pk", "name"))
    found = []
    for entry in entries:
        name = users.get(entry.actor_id or 0, _("Somebody who has left"))
        actor = name if entry.actor_kind == ActorKind.USER else _("Otklik")
        found.append(Line(entry.happened_at, actor, " · ".join(_sentences(entry, users, brands))))
    return found


def _changed(entries: Iterable[Entry], field: str) -> set[Any]:
    return {value for entry in entries for value in entry.data.get("changes", {}).get(field, ())}


def _sentences(entry: Entry, users: dict[Any, str], brands: dict[Any, str]) -> list[str]:
    data = entry.data
    match entry.kind:
        case "problem_opened":
            return [_("Written down")]
        case "problem_stage_changed":
            return [_("Stage: %(old)s → %(new)s") % {"old": _stage(data["old"]), "new": _stage(data["new"])}]
        case "problem_changed":
            return [_change(name, values, users, brands) for name, values in sorted(data["changes"].items())]
        case "problem_merge_received":
            words = ngettext(
                "Took over “%(title)s” with %(num)d ticket",
                "Took over “%(title)s” with %(num)d tickets",
                data["count"],
            )
            return [words % {"title": data["title"], "num": data["count"]}]
        case "broadcast_started":
            words = ngettext(
                "Began to write to %(num)d person", "Began to write to %(num)d people", data["total"]
            )
            return [words % {"num": data["total"]}]
        case "broadcast_stopped":
            if data["reason"]:
                return [_("Stopped writing: its author may no longer write to customers")]
            return [_("Stopped writing")]
        case "broadcast_resumed":
            return [_("Went on writing")]
        case "broadcast_ended":
            return [
                _("Written to all: %(sent)d sent, %(skipped)d left out, %(failed)d failed")
                % {name: data[name] for name in ("sent", "skipped", "failed")}
            ]
    return []


def _stage(value: str) -> str:
    return str(Stage(value).label) if value in Stage.values else value


def _change(name: str, values: list[Any], users: dict[Any, str], brands: dict[Any, str]) -> str:
    old, new = values if len(values) == 2 else (None, None)
    match name:
        case "title":
            return _("Title was “%(old)s”") % {"old": old}
        case "description":
            return _("Description changed")
        case "kind":
            return _("Kind: %(new)s") % {"new": ProblemKind(new).label if new in ProblemKind.values else new}
        case "owner":
            return _("Owner: %(new)s") % {"new": users.get(new, "—")}
        case "brand":
            return _("Brand: %(new)s") % {"new": brands.get(new, _("All brands"))}
        case "tracker_state":
            return _("State in the tracker: %(new)s") % {"new": new or "—"}
    return _("Link to the tracker: %(new)s") % {"new": new or "—"}
