"""Keeping calendars ahead of time."""

import structlog
from celery import shared_task

from calendars.commands import save_calendar
from calendars.errors import CalendarError
from calendars.models import Calendar
from journal.actor import Actor

log = structlog.get_logger(__name__)


@shared_task(name="calendars.tasks.extend_holidays")
def extend_holidays() -> int:
    """Write out the public holidays of another year, and those a government has moved meanwhile.

    A new version only where something has changed, and only from today on; how many there were. A calendar
    that cannot be saved any more (it has ended) is left as it is and holds up no other.
    """
    saved = 0
    for calendar in Calendar.objects.order_by("pk"):
        version = calendar.current
        if not version.definition["sources"]:
            continue
        try:
            made = save_calendar(
                calendar.pk,
                name=calendar.name,
                definition=version.definition,
                actor=Actor.system("holidays"),
                seen=version.number,
            )
        except CalendarError as error:
            log.warning("calendar.not_extended", calendar=calendar.pk, error=error.message)
            continue
        saved += made.pk != version.pk
    return saved
