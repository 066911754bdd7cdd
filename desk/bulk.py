"""Bulk jobs in words: what one does, how far it is, how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import clock
from common.statements import Prepared
from people.models import Team, User
from tickets.bulk.starting import can_undo
from tickets.models import BulkItem, BulkJob, Priority, Status

BAR = 4  # jobs under the list
BAR_KEEPS = timedelta(days=1)

Act, State = BulkJob.Act, BulkJob.State
_NAMED: dict[str, type[User] | type[Team] | type[Status]] = {
    Act.ASSIGN: User,
    Act.TEAM: Team,
    Act.STATUS: Status,
}


@dataclass(frozen=True)
class Shown:
    """A job as a page shows it."""

    job: BulkJob
    title: str
    words: str
    may_undo: bool


def own(user: User | int) -> QuerySet[BulkJob]:
    """The jobs of ``user``, newest first: nobody else's exist for them."""
    return BulkJob.objects.filter(owner=user).select_related("undone_by", "undoes").order_by("-pk")


def in_bar(user: User) -> list[Shown]:
    """What runs, and what has ended and not been put away."""
    return shown(_IN_BAR.all(user=user.pk, since=clock.now() - BAR_KEEPS))


_IN_BAR: Prepared[BulkJob] = Prepared(
    lambda user, since: own(user).filter(
        Q(state__in=BulkJob.OPEN) | Q(dismissed_at=None, finished_at__gt=since)
    )[:BAR],
    user=int,
    since=datetime,
)


def shown(jobs: Iterable[BulkJob]) -> list[Shown]:
    """In a fixed number of queries."""
    jobs = list(jobs)
    names = _names(jobs)
    return [Shown(job, _title(job, names), words(job), may_undo(job)) for job in jobs]


def may_undo(job: BulkJob) -> bool:
    """Whether the way back is offered: once; and again where it was stopped on its way."""
    back: BulkJob | None = getattr(job, "undone_by", None)
    return can_undo(job) and (back is None or back.state in {State.CANCELLED, State.FAILED})


def _names(jobs: list[BulkJob]) -> dict[tuple[str, Any], str]:
    found: dict[tuple[str, Any], str] = {}
    for act, model in _NAMED.items():
        keys = {job.value for job in jobs if job.act == act and job.value is not None}
        if keys:
            rows: dict[Any, Any] = model._default_manager.in_bulk(keys)
            for key, row in rows.items():
                found[act, key] = str(getattr(row, "label", row))
    return found


def _title(job: BulkJob, names: dict[tuple[str, Any], str]) -> str:
    what = _what(job, names.get((job.act, job.value), "?"))
    return _("Undo: %(what)s") % {"what": what} if job.undoes_id else what


def _what(job: BulkJob, name: str) -> str:
    match job.act:
        case Act.ASSIGN:
            return _("Assign to %(name)s") % {"name": name} if job.value else _("Back in the queue")
        case Act.TEAM:
            return _("Move to %(team)s") % {"team": name} if job.value else _("Take out of the team")
        case Act.STATUS:
            return _("Status: %(status)s") % {"status": name}
        case Act.PRIORITY:
            return _("Priority: %(priority)s") % {"priority": Priority(int(job.value or 0)).label}
        case Act.ADD_TAG:
            return _("Add the tag “%(name)s”") % {"name": job.value}
        case Act.REMOVE_TAG:
            return _("Remove the tag “%(name)s”") % {"name": job.value}
    return str(Act(job.act).label)


def words(job: BulkJob) -> str:
    """How far it is, or what came of it."""
    if job.state == State.WAITING:
        return _("Waiting for its turn")
    if job.state == State.RUNNING:
        return _("%(done)s of %(total)s") % {"done": _number(job.looked_at), "total": _number(job.total)}
    parts = [_done(job)]
    if job.same:
        count = {"count": _number(job.same)}
        parts.append(ngettext("%(count)s was so already.", "%(count)s were so already.", job.same) % count)
    if job.refused:
        count = {"count": _number(job.refused)}
        parts.append(ngettext("%(count)s refused.", "%(count)s refused.", job.refused) % count)
    if job.state == State.CANCELLED:
        parts.insert(0, _("Stopped."))
    elif job.state == State.FAILED:
        parts.insert(0, _("Broken off: the server ended several times meanwhile."))
    return " ".join(parts)


def _done(job: BulkJob) -> str:
    """An undo says that it is one: its toast stands alone, without the job's title."""
    count = {"count": _number(job.done)}
    if job.undoes_id:
        return ngettext("Undone: %(count)s ticket.", "Undone: %(count)s tickets.", job.done) % count
    return ngettext("%(count)s ticket changed.", "%(count)s tickets changed.", job.done) % count


def refusal(item: BulkItem) -> str:
    """Why a ticket was refused, in the reader's language."""
    return _(item.reason) % item.params if item.params else _(item.reason)


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
