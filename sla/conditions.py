"""What conditions can ask about clocks. Imported when the app is ready."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sla.models import Clock, Promise
from tickets.conditions import Asked, Context, Field, register
from tickets.models import Ticket

Rows = Callable[[Asked | Context], Q]


def breached(asked: Asked | Context) -> Q:
    """Past due and unmet, or stopped after it was due."""
    running = Q(state=Clock.State.RUNNING, due_at__lt=asked.now)
    return running | Q(state=Clock.State.BREACHED)


def at_risk(asked: Asked | Context) -> Q:
    return Q(state=Clock.State.RUNNING, at_risk=True)


def _asker(model: Any, rows: Rows) -> Callable[[str, Any, Context], Q]:
    def ask(op: str, value: Any, context: Context) -> Q:
        some = Q(Exists(model.objects.filter(rows(context), ticket=OuterRef("pk"))))
        return some if value else ~some

    return ask


def _loader(model: Any, rows: Rows) -> Callable[[Sequence[Ticket], Asked], dict[int, bool]]:
    def load(tickets: Sequence[Ticket], asked: Asked) -> dict[int, bool]:
        ids = [ticket.pk for ticket in tickets]
        some = set(
            model.objects.filter(rows(asked), ticket_id__in=ids)
            .values_list("ticket_id", flat=True)
            .distinct()
        )
        return {pk: pk in some for pk in ids}

    return load


def _flag(name: str, label: Any, model: Any, rows: Rows) -> Field:
    return Field(name, label, "flag", q=_asker(model, rows), load=_loader(model, rows), group="time")


register(Field("due", _("Due"), "time", "due_at", nullable=True, group="time"))
register(_flag("sla_breached", _("SLA breached"), Clock, breached))
register(_flag("sla_at_risk", _("SLA at risk"), Clock, at_risk))
register(_flag("promise_open", _("Promise open"), Promise, lambda asked: Q(state=Promise.State.OPEN)))
