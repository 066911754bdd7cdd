"""Saving a calendar, making it the default, switching it off and on."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils import formats
from django.utils.translation import gettext as _

from calendars import stored
from calendars.arithmetic import Definition, WorkingTime
from calendars.errors import CalendarError, ChangedMeanwhile, NameTaken, NoWorkingTime
from calendars.events import CalendarMadeDefault, CalendarSaved, CalendarSwitched
from calendars.holidays_of import with_country
from calendars.models import Calendar, CalendarVersion
from common import clock
from journal.actor import Actor, ActorKind
from journal.events import changed
from journal.record import record

LOOKED_AT = timedelta(days=366)  # a calendar without working time for so long is a mistake
_ADVISORY = 0x63616C  # "cal": which calendar is the default is decided one at a time


@transaction.atomic
def save_calendar(
    calendar_id: int | None,
    *,
    name: str,
    definition: dict[str, Any] | Definition,
    actor: Actor,
    note: str = "",
    at: datetime | None = None,
    seen: int | None = None,
) -> CalendarVersion:
    """A new calendar, or a new version of one; gives the version in force.

    ``definition`` is the stored form (calendars/stored.py). If its ``sources`` name a country, that
    country's days are written out: all from last year on when the country is new here, else from today on,
    so that what was counted stays explained. Saving what is there already makes no version. The first
    calendar of all becomes the default. ``seen`` is the number of the version the author was looking at.

    Raises ``BadDefinition``, ``UnknownCountry``, ``NoWorkingTime``, ``NameTaken``, ``ChangedMeanwhile``.
    """
    now = at or clock.now()
    name = _clean_name(name)
    if isinstance(definition, Definition):
        definition = stored.to_json(definition)
    data = stored.clean(definition)
    calendar = _named(calendar_id, name, now)
    before = calendar.versions.order_by("-number").first()
    if before and seen is not None and seen != before.number:
        raise ChangedMeanwhile
    today = now.astimezone(ZoneInfo(data["zone"])).date()
    data = stored.clean(with_country(data, before.definition if before else None, today))
    _refuse_without_work(data, now)
    old_name = calendar.name
    if old_name != name:
        calendar.name = name
        _save_name(calendar)
    if before and before.definition == data:
        if old_name != name:
            changes = changed(name=(old_name, name))
            record(CalendarSaved(calendar.pk, before.pk, before.number, name, changes), actor=actor, at=at)
        return before
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=before.number + 1 if before else 1,
        definition=data,
        created_at=now,
        author_id=actor.id if actor.kind is ActorKind.USER else None,
        note=" ".join(note.split())[:500],
    )
    numbers = (before.number if before else None, version.number)
    changes = changed(name=(old_name, name), number=numbers)
    record(CalendarSaved(calendar.pk, version.pk, version.number, name, changes), actor=actor, at=at)
    if before is None and not Calendar.objects.filter(is_default=True).exists():
        set_default(calendar.pk, actor=actor, at=at)
        calendar.is_default = True
    return version


@transaction.atomic
def set_default(calendar_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Make this the calendar for whatever names none. One that is switched off is switched on by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])
    calendar = Calendar.objects.select_for_update(no_key=True).get(pk=calendar_id)
    if calendar.is_default:
        return
    if not calendar.is_active:
        switch_on(calendar_id, actor=actor, at=at)
    previous = Calendar.objects.filter(is_default=True).values_list("pk", flat=True).first()
    Calendar.objects.filter(is_default=True).update(is_default=False)
    Calendar.objects.filter(pk=calendar_id).update(is_default=True)
    record(CalendarMadeDefault(calendar_id, previous), actor=actor, at=at)


def switch_off(calendar_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Offer it no more; who goes by it keeps it. The default one stays: ``CalendarError``."""
    _switch(calendar_id, is_active=False, actor=actor, at=at)


def switch_on(calendar_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Offer it again."""
    _switch(calendar_id, is_active=True, actor=actor, at=at)


@transaction.atomic
def _switch(calendar_id: int, *, is_active: bool, actor: Actor, at: datetime | None) -> None:
    calendar = Calendar.objects.select_for_update(no_key=True).get(pk=calendar_id)
    if calendar.is_active == is_active:
        return
    if calendar.is_default and not is_active:
        raise CalendarError(
            _("This is the default calendar. Make another one the default before you switch it off.")
        )
    calendar.is_active = is_active
    calendar.save(update_fields=["is_active"])
    record(CalendarSwitched(calendar_id, is_active), actor=actor, at=at)


def _clean_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise CalendarError(_("A calendar needs a name."), "name")
    if len(name) > 120:
        raise CalendarError(_("A name is at most %(most)d characters long.") % {"most": 120}, "name")
    return name


def _named(calendar_id: int | None, name: str, now: datetime) -> Calendar:
    """The calendar, locked; a new one under its name if there is none yet."""
    if calendar_id is not None:
        return Calendar.objects.select_for_update(no_key=True).get(pk=calendar_id)
    try:
        with transaction.atomic():
            return Calendar.objects.create(name=name, created_at=now)
    except IntegrityError as error:
        raise NameTaken from error


def _save_name(calendar: Calendar) -> None:
    try:
        with transaction.atomic():
            calendar.save(update_fields=["name"])
    except IntegrityError as error:
        raise NameTaken from error


def _refuse_without_work(data: dict[str, Any], now: datetime) -> None:
    definition = stored.from_json(data)
    start = now
    if definition.valid_from:
        first = datetime.combine(definition.valid_from, time(), ZoneInfo(definition.zone))
        start = max(now, first.astimezone(UTC))
    if WorkingTime(definition).between(start, start + LOOKED_AT):
        return
    if definition.valid_until and definition.valid_until < now.astimezone(ZoneInfo(definition.zone)).date():
        raise NoWorkingTime(
            _("The calendar ended on %(day)s: nothing could be due in it.")
            % {"day": formats.date_format(definition.valid_until, "DATE_FORMAT")},
            "valid_until",
        )
    if not any(definition.week):
        raise NoWorkingTime(
            _("There is no working time in this week: nothing could ever be due. Add an interval to a day.")
        )
    raise NoWorkingTime(
        _(
            "There is no working time in the twelve months from %(day)s: nothing could be due. "
            "Look at the exceptional days and at the days the calendar is valid on."
        )
        % {"day": formats.date_format(start.astimezone(ZoneInfo(definition.zone)), "DATE_FORMAT")}
    )
