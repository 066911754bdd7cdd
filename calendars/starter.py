"""The calendar an installation starts with."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from calendars.arithmetic import Definition
from calendars.commands import save_calendar
from calendars.models import Calendar, CalendarVersion
from journal.actor import Actor

_NINE_TO_SIX = ((9 * 3600, 18 * 3600),)


@transaction.atomic
def make_calendar(*, zone: str, language: str = "en", actor: Actor | None = None) -> CalendarVersion:
    """Monday to Friday, 09:00 to 18:00 of the zone, as the default. One that is there already stays."""
    there = Calendar.objects.filter(is_default=True).first()
    if there is not None:
        return there.current
    with translation.override(language):
        name = _("Working hours")
    return save_calendar(
        None,
        name=name,
        definition=Definition(zone=zone, week=(_NINE_TO_SIX,) * 5 + ((), ())),
        actor=actor or Actor.system("setup"),
    )
