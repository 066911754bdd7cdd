"""Verbs for when somebody works: shifts, absences, extra time, and the switch in the desk."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from calendars.models import Calendar
from common import clock
from common.text import one_line, storable
from journal.actor import Actor
from journal.record import moment, record
from people.errors import Refused
from people.events import (
    AbsenceAdded,
    AbsenceRemoved,
    AvailabilityChanged,
    ExtraTimeAdded,
    ExtraTimeRemoved,
    ShiftRemoved,
    ShiftSaved,
)
from people.models import Absence, ExtraTime, Shift, User

LONGEST_ABSENCE = timedelta(days=3 * 366)
LONGEST_EXTRA = timedelta(days=7)


def _lock(user_id: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


@transaction.atomic
def set_available(user_id: int, *, available: bool, actor: Actor, at: datetime | None = None) -> User:
    """Take new tickets, or for now none; what somebody has they keep. Asking twice changes nothing."""
    user = _lock(user_id)
    if user.is_available == available:
        return user
    user.is_available = available
    user.save(update_fields=["is_available"])
    record(AvailabilityChanged(user.pk, available), actor=actor, at=at)
    return user


@transaction.atomic
def save_shift(
    user_id: int,
    *,
    shift_id: int | None = None,
    calendar: Calendar,
    valid_from: date,
    valid_until: date | None = None,
    actor: Actor,
    at: datetime | None = None,
) -> Shift:
    """Have somebody work by a calendar between two days, the last one included; without it, for good."""
    user = _lock(user_id)
    if valid_until is not None and valid_until < valid_from:
        raise Refused("valid_until", _("The last day is before the first one."))
    if shift_id is None:
        shift = Shift(user=user, created_at=moment("user", user.pk, at))
    else:
        shift = Shift.objects.get(pk=shift_id, user=user)
        if (shift.calendar_id, shift.valid_from, shift.valid_until) == (calendar.pk, valid_from, valid_until):
            return shift
    if not calendar.is_active and shift.calendar_id != calendar.pk:
        raise Refused("calendar", _("This calendar is no longer in use."))
    shift.calendar, shift.valid_from, shift.valid_until = calendar, valid_from, valid_until
    shift.save()
    _record_shift(shift, actor, at)
    return shift


@transaction.atomic
def end_shift(shift_id: int, *, last_day: date, actor: Actor, at: datetime | None = None) -> Shift:
    """Let a shift end with a day. Whoever has no other one is out of shift from then on."""
    user_id = Shift.objects.values_list("user_id", flat=True).get(pk=shift_id)
    _lock(user_id)
    shift = Shift.objects.get(pk=shift_id)
    if shift.valid_until == last_day:
        return shift
    if last_day < shift.valid_from:
        raise Refused("valid_until", _("The last day is before the first one."))
    shift.valid_until = last_day
    shift.save(update_fields=["valid_until"])
    _record_shift(shift, actor, at)
    return shift


def _record_shift(shift: Shift, actor: Actor, at: datetime | None) -> None:
    last = shift.valid_until.isoformat() if shift.valid_until else None
    event = ShiftSaved(shift.user_id, shift.pk, shift.calendar_id, shift.valid_from.isoformat(), last)
    record(event, actor=actor, at=at)


@transaction.atomic
def remove_shift(shift_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Take back a shift that was a mistake. Without any, somebody is never out of shift."""
    shift = Shift.objects.filter(pk=shift_id).first()
    if shift is None:
        return
    _lock(shift.user_id)
    if Shift.objects.filter(pk=shift_id).delete()[0]:
        record(ShiftRemoved(shift.user_id, shift_id), actor=actor, at=at)


@transaction.atomic
def add_absence(
    user_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    kind: str = Absence.Kind.OTHER,
    note: str = "",
    actor: Actor,
    at: datetime | None = None,
) -> Absence:
    """Say that somebody is away; one that has begun already is taken as it is. The same twice is one."""
    if kind not in Absence.Kind.values:
        raise Refused("kind", _("There is no such kind of absence."))
    _check_span(starts_at, ends_at, LONGEST_ABSENCE)
    user = _lock(user_id)
    known = {"user": user, "starts_at": starts_at, "ends_at": ends_at, "kind": kind}
    if (same := Absence.objects.filter(**known).first()) is not None:
        return same
    absence = Absence.objects.create(**known, note=_note(note), created_at=moment("user", user.pk, at))
    event = AbsenceAdded(user.pk, absence.pk, kind, starts_at.isoformat(), ends_at.isoformat())
    record(event, actor=actor, at=at)
    return absence


@transaction.atomic
def remove_absence(absence_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Somebody is not away after all, or back early: then what was of the absence stays."""
    found = Absence.objects.filter(pk=absence_id).first()
    if found is None:
        return
    _lock(found.user_id)
    absence = Absence.objects.filter(pk=absence_id).first()
    now = moment("user", found.user_id, at)
    if absence is None or absence.ends_at <= now:
        return
    if absence.starts_at < now:
        absence.ends_at = now
        absence.save(update_fields=["ends_at"])
    else:
        absence.delete()
    record(AbsenceRemoved(absence.user_id, absence_id), actor=actor, at=at)


@transaction.atomic
def add_extra_time(
    user_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
    actor: Actor,
    at: datetime | None = None,
) -> ExtraTime:
    """Have somebody work outside of their shifts for once. The same twice is one."""
    _check_span(starts_at, ends_at, LONGEST_EXTRA)
    user = _lock(user_id)
    known = {"user": user, "starts_at": starts_at, "ends_at": ends_at}
    if (same := ExtraTime.objects.filter(**known).first()) is not None:
        return same
    extra = ExtraTime.objects.create(**known, note=_note(note), created_at=moment("user", user.pk, at))
    record(ExtraTimeAdded(user.pk, extra.pk, starts_at.isoformat(), ends_at.isoformat()), actor=actor, at=at)
    return extra


@transaction.atomic
def remove_extra_time(extra_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    extra = ExtraTime.objects.filter(pk=extra_id).first()
    if extra is None:
        return
    _lock(extra.user_id)
    if ExtraTime.objects.filter(pk=extra_id).delete()[0]:
        record(ExtraTimeRemoved(extra.user_id, extra_id), actor=actor, at=at)


def _check_span(starts_at: datetime, ends_at: datetime, longest: timedelta) -> None:
    if ends_at <= starts_at:
        raise Refused("ends_at", _("It must end after it begins."))
    if ends_at - starts_at > longest or abs(starts_at - clock.now()) > timedelta(days=3660):
        raise Refused("ends_at", _("That is too long, or too far from today."))


def _note(note: str) -> str:
    return one_line(storable(note), 200)
