"""Taking days over from a calendar file into a form that is being filled in."""

from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendars import ical
from calendars.errors import CalendarError
from calendars.stored import instant
from common import clock
from common.zones import zone_names
from desk.settings.forms.calendar import CalendarForm


def take_file(form: CalendarForm, file: UploadedFile | None) -> str:
    """Add the file's days and times to the rows; returns what to say, or puts the reason beside the field."""
    form.full_clean()
    if file is None or file.size is None:
        form.add_error("ical", _("Choose a file first."))
        return ""
    chosen = form["zone"].value()
    zone = chosen if chosen in zone_names() else "UTC"
    try:
        found = ical.read(
            file.read(ical.LARGEST + 1), zone=zone, today=clock.now().astimezone(ZoneInfo(zone)).date()
        )
    except CalendarError as error:
        form.add_error("ical", error.message)
        return ""
    days, changes = form.take(
        {
            day.isoformat(): {"intervals": [], "name": {"": name}, "source": "file"}
            for day, name in found.days.items()
        },
        [
            {
                "start": instant(start),
                "end": instant(end),
                "adds": False,
                "name": {"": name},
                "source": "file",
            }
            for start, end, name in found.spans
        ],
    )
    words = [
        ngettext("%(num)s day was taken over", "%(num)s days were taken over", days) % {"num": days},
        ngettext("%(num)s one-off change", "%(num)s one-off changes", changes) % {"num": changes},
    ]
    told = ", ".join(words) + ". " + _("Nothing is saved yet.")
    if found.skipped:
        told += " " + _("Left out: %(what)s") % {"what": " ".join(found.skipped)}
    return told
