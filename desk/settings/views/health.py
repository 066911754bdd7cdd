"""Whether mail comes and goes: the equation, the breaker, what is parked, what did not get there."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from channels_in import budget, health, outgoing
from channels_in.models import Outbound
from desk.door import about_theirs, desk, post
from desk.request import DeskRequest
from desk.settings.causes import explain_cause
from desk.settings.menu import page
from journal import drain
from journal.actor import Actor
from journal.models import Delivery, StaleStream
from notifications import mailing
from people.access import Permission
from people.models import User

_MANAGE = Permission.MANAGE_INBOXES
_LOST = (Outbound.Status.FAILED, Outbound.Status.BOUNCED)
_LATEST = 20_000  # of the mails that left, so many are looked through for lost ones
_SHOWN = 50


@desk(_MANAGE)
def mail_health(request: DeskRequest) -> HttpResponse:
    """A fixed number of queries, each over a bounded number of rows."""
    state = health.read()
    balances = [
        {
            "balance": one,
            "causes": [(explain_cause(code), number) for code, number in sorted(one.causes.items())],
        }
        for one in state.balances
    ]
    return page(
        request,
        "mail_health",
        {
            "health": state,
            "balances": balances,
            "lag": drain.lag(),
            "parked": _parked(),
            "stale": StaleStream.objects.count(),
            "lost": _lost(request.user),
            "lost_notices": mailing.failed(_SHOWN),
        },
    )


def _parked() -> list[dict[str, Any]]:
    """Reactions that failed eight times, by who had to react, with an example of the error."""
    rows = Delivery.objects.filter(parked=True).values("subscriber")
    return list(rows.annotate(number=Count("pk"), error=Max("error")).order_by("subscriber"))


def _lost(user: User) -> list[Outbound]:
    newest = Outbound.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = Outbound.objects.filter(
        about_theirs(user, "message__ticket"), pk__gt=newest - _LATEST, status__in=_LOST
    )
    return list(rows.select_related("message__ticket", "inbox").order_by("-pk")[:_SHOWN])


@post(_MANAGE)
def breaker_reset(request: DeskRequest) -> HttpResponse:
    """Let automatic mail leave again."""
    if budget.reset_breaker(actor=Actor.user(request.user)):
        messages.success(request, _("Automatic mail leaves again."))
    return redirect("mail_health")


@post(_MANAGE)
def parked_retry(request: DeskRequest) -> HttpResponse:
    """Let what is parked for one subscriber try again."""
    number = drain.unpark(request.POST.get("subscriber") or None)
    messages.success(request, _("%(number)d will be tried again.") % {"number": number})
    return redirect("mail_health")


@post(_MANAGE)
def outbound_retry(request: DeskRequest, outbound_id: int) -> HttpResponse:
    """Send a mail that failed once more."""
    row = get_object_or_404(Outbound, about_theirs(request.user, "message__ticket"), pk=outbound_id)
    if row.status in _LOST:
        row = outgoing.retry(row.pk, actor=Actor.user(request.user))
    if row.status == Outbound.Status.WAITING:
        messages.success(request, _("It is on its way again."))
    else:
        messages.error(
            request, _("There is nothing to send: %(status)s.") % {"status": row.get_status_display()}
        )
    return redirect("mail_health")
