"""When an answer may be expected, before somebody asks and after they have."""

from dataclasses import dataclass
from datetime import datetime

from channels_in import web_forms
from channels_in.kinds.web_form.definition import Form
from channels_in.models import ServiceForm
from common import clock
from common.labels import in_language
from people.models import Contact
from sla import expecting
from sla.expecting import Expected
from sla.models import Clock
from tickets.models import Brand, Ticket


def expect(brand: Brand, form: Form, contact: Contact | None) -> Expected:
    """For what this form would become, were it sent now; nothing where the brand does not tell."""
    if not brand.portal_tells_times:
        return Expected()
    inbox = row.inbox if (row := web_forms.form_of_brand(brand)) is not None else None
    ticket = Ticket(
        pk=0,
        brand=brand,
        channel="form",
        requester=contact or Contact(),
        organization=contact.organization if contact is not None else None,
        team=form.team or (inbox.team if inbox is not None else None),
        service=form.service,
        language=brand.language,
    )
    return expecting.expect(ticket)


@dataclass(frozen=True)
class Steps:
    """What happens next. ``thanks``: in the service's own words."""

    thanks: str = ""
    answer_by: datetime | None = None
    solved_by: datetime | None = None


def next_steps(ticket: Ticket | None) -> Steps:
    """By the clocks that run on the ticket, and the queue in front of it."""
    if ticket is None:
        return Steps()
    row = ServiceForm.objects.filter(service=ticket.service_id).first() if ticket.service_id else None
    thanks = in_language(row.thanks) if row is not None and row.thanks else ""
    if not ticket.brand.portal_tells_times:
        return Steps(thanks)
    running = Clock.objects.filter(ticket=ticket, state=Clock.State.RUNNING)
    due = dict(running.values_list("target", "due_at"))
    promised = due.get(Clock.Target.FIRST_RESPONSE)
    likely = expecting.likely(ticket.team, promised, clock.now()) if promised is not None else None
    return Steps(thanks, likely or promised, due.get(Clock.Target.RESOLUTION))
