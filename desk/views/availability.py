"""The switch with which somebody takes new tickets or none, and where they stand with their shift."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import clock
from common.pages import page_behind
from desk.door import desk
from desk.feedback import toast
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from people.commands.shifts import set_available
from people.models import User
from people.working import next_shift, presences
from routing.models import ShiftEnd

_SHOWN_FOR = timedelta(days=4)  # the end of a shift; longer than a weekend


@dataclass(frozen=True)
class Outcome:
    """What became of the tickets when a shift ended."""

    ended_at: datetime
    total: int
    kept: int
    queued: int
    received: list[tuple[str, int]]  # by whom, how many

    def words(self) -> str:
        """``2 to Boris Petrov, 1 back in the queue, 1 stays with you``."""
        parts = [
            _("%(number)s to %(name)s") % {"number": number, "name": name} for name, number in self.received
        ]
        if self.queued:
            parts.append(_("%(number)s back in the queue") % {"number": self.queued})
        if self.kept:
            parts.append(
                ngettext("%(num)s stays with you", "%(num)s stay with you", self.kept) % {"num": self.kept}
            )
        return ", ".join(parts)


@dataclass(frozen=True)
class Standing:
    """Where somebody is with their shifts. ``until`` and ``next`` are about the shift, not the switch."""

    has_shifts: bool
    at_work: bool
    until: datetime | None = None
    next: datetime | None = None
    outcome: Outcome | None = None


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def availability(request: DeskRequest) -> HttpResponse:
    """The part of one's menu about work; posted, the switch. ``available`` is 1 or 0.

    Typed as an address it leads to one's own settings, where absences are.
    """
    if request.method != "POST":
        return _part(request, request.user) if request.htmx else redirect("profile")
    available = request.POST.get("available") == "1"
    user = set_available(request.user.pk, available=available, actor=Actor.user(request.user))
    words = _("You take new tickets again.") if user.is_available else _("You take no new tickets now.")
    if not request.htmx:
        messages.success(request, words)
        return redirect(page_behind(request))
    answer = _part(request, user, switched=True)
    answer.write(toast(request, words))
    return answer


def _part(request: DeskRequest, user: User, *, switched: bool = False) -> HttpResponse:
    context = {
        "available": user.is_available,
        "standing": standing_of(user, clock.now()),
        "switched": switched,
    }
    return render(request, "desk/_availability.html", context)


def standing_of(user: User, now: datetime) -> Standing:
    """On shift until when, or since when not and what became of the tickets."""
    known = presences([user.pk], now - timedelta(days=1), now + timedelta(days=2))[user.pk]
    if not known.has_shifts and not known.absences:
        return Standing(has_shifts=False, at_work=True)
    coming = next_shift(user.pk, now)
    if known.at(now):
        return Standing(has_shifts=True, at_work=True, until=coming[1] if coming else None)
    return Standing(True, False, next=coming[0] if coming else None, outcome=_outcome(user, now))


def _outcome(user: User, now: datetime) -> Outcome | None:
    end = ShiftEnd.objects.filter(user=user, ended_at__gt=now - _SHOWN_FOR).order_by("-ended_at").first()
    if end is None:
        return None
    what = Counter(outcome for _ticket, _team, outcome, _to in end.outcomes)
    to = Counter(taken_by for _ticket, _team, _outcome, taken_by in end.outcomes if taken_by)
    names = dict(User.objects.filter(pk__in=to).values_list("pk", "name"))
    received = sorted(((names.get(pk, "?"), number) for pk, number in to.items()), key=lambda one: -one[1])
    return Outcome(end.ended_at, len(end.outcomes), what["kept"], what["queued"], received)
