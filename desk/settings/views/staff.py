"""People's working time, for managers: the week of all, and one person's skills, capacity and shifts."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from calendars import versions
from calendars.models import Calendar
from common import clock
from common.zones import zone_names
from desk.door import desk, post
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings import roster
from desk.settings.forms.fields import zones
from desk.settings.forms.staff import AbsenceForm, ExtraTimeForm, ShiftForm, StaffForm
from desk.settings.menu import page
from desk.settings.year import week_words, weekday_names
from journal.actor import Actor
from people.access import Permission, may
from people.commands import shifts as verbs
from people.commands import users as user_verbs
from people.errors import PeopleError
from people.models import Absence, ExtraTime, Role, Shift, User

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
_FURTHEST = timedelta(days=3660)
_PAST_SHOWN = timedelta(days=30)


@desk(_MANAGE)
def staff(request: DeskRequest) -> HttpResponse:
    """Who works when this week, by team, in the reader's zone or the one they choose."""
    wanted = request.GET.get("zone", "")
    name = wanted if wanted in zone_names() else roster.default_zone(request.user)
    zone, now = ZoneInfo(name), clock.now()
    monday = roster.monday_of(_day(request.GET.get("week", "")) or now.astimezone(zone).date())
    people = list(User.objects.staff().prefetch_related("skills").order_by("name", "pk"))
    people.sort(key=lambda one: not may(one, Permission.REPLY))  # they are given no tickets
    context = {
        "teams": roster.week_of(people, monday, zone, now),
        "days": [monday + timedelta(days=number) for number in range(7)],
        "names": weekday_names(short=True),
        "labels": [
            f"{name} {(monday + timedelta(days=number)).day}"
            for number, name in enumerate(weekday_names(short=True))
        ],
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "this_week": monday == roster.monday_of(now.astimezone(zone).date()),
        "zone": name,
        "zones": zones(),
        "monday": monday,
        "today": now.astimezone(zone).date(),
    }
    return page(request, "staff/staff", context)


@desk(_MANAGE, methods=_BOTH)
def member(request: DeskRequest, user_id: int) -> HttpResponse:
    """Skills, languages, capacity; shifts, absences and extra time beside them."""
    account = _account(user_id)
    form = StaffForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            user_verbs.change_user(account.pk, actor=Actor.user(request.user), **form.values)
            messages.success(request, _("Saved."))
            return redirect("member", account.pk)
    return _page(request, account, form=form, status=422 if form.errors else 200)


@post(_MANAGE)
def member_shifts(request: DeskRequest, user_id: int) -> HttpResponse:
    """A shift more."""
    account = _account(user_id)
    form = ShiftForm(request.POST)
    return _add(
        request,
        account,
        form,
        "shift_form",
        lambda data: verbs.save_shift(account.pk, actor=Actor.user(request.user), **data),
    )


@post(_MANAGE)
def member_shift(request: DeskRequest, user_id: int, shift_id: int) -> HttpResponse:
    """Another calendar, or other days."""
    account = _account(user_id)
    shift = get_object_or_404(account.shifts, pk=shift_id)
    form = ShiftForm(request.POST, shift=shift)
    return _add(
        request,
        account,
        form,
        "changed_shift",
        lambda data: verbs.save_shift(account.pk, shift_id=shift.pk, actor=Actor.user(request.user), **data),
    )


@post(_MANAGE)
def member_shift_removal(request: DeskRequest, user_id: int, shift_id: int) -> HttpResponse:
    shift = get_object_or_404(Shift, pk=shift_id, user=_account(user_id))
    verbs.remove_shift(shift.pk, actor=Actor.user(request.user))
    return _done(request, user_id, _("The shift is gone."))


@post(_MANAGE)
def member_absences(request: DeskRequest, user_id: int) -> HttpResponse:
    account = _account(user_id)
    return _add(
        request,
        account,
        AbsenceForm(request.POST, zone=_zone(request, account)),
        "absence_form",
        lambda data: verbs.add_absence(
            account.pk,
            kind=data["kind"],
            note=data["note"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            actor=Actor.user(request.user),
        ),
    )


@post(_MANAGE)
def member_absence_removal(request: DeskRequest, user_id: int, absence_id: int) -> HttpResponse:
    """Of one to come: it is gone. Of one that has begun: it ends now."""
    absence = get_object_or_404(Absence, pk=absence_id, user=_account(user_id))
    verbs.remove_absence(absence.pk, actor=Actor.user(request.user))
    return _done(request, user_id, _("The absence is over."))


@post(_MANAGE)
def member_extra_times(request: DeskRequest, user_id: int) -> HttpResponse:
    account = _account(user_id)
    return _add(
        request,
        account,
        ExtraTimeForm(request.POST, zone=_zone(request, account)),
        "extra_form",
        lambda data: verbs.add_extra_time(
            account.pk,
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            note=data["note"],
            actor=Actor.user(request.user),
        ),
    )


@post(_MANAGE)
def member_extra_time_removal(request: DeskRequest, user_id: int, extra_time_id: int) -> HttpResponse:
    extra = get_object_or_404(ExtraTime, pk=extra_time_id, user=_account(user_id))
    verbs.remove_extra_time(extra.pk, actor=Actor.user(request.user))
    return _done(request, user_id, _("The extra time is gone."))


def _add(
    request: DeskRequest, account: User, form: forms.Form, name: str, act: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    """Do it and go back, or show the form again with what is wrong."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except PeopleError as error:
            fields = {"ends_at": "last_day" if "last_day" in form.fields else "end"}
            field = fields.get(error.field, error.field)
            form.add_error(field if field in form.fields else None, error.message)
        else:
            return _done(request, account.pk, _("Saved."))
    return _page(request, account, status=422, **{name: form})


def _done(request: DeskRequest, user_id: int, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("member", user_id)


def _page(request: DeskRequest, account: User, *, status: int = 200, **forms_: Any) -> HttpResponse:
    now, zone = clock.now(), _zone(request, account)
    today = now.astimezone(zone).date()
    changed: ShiftForm | None = forms_.pop("changed_shift", None)
    shifts = [
        (shift, changed if changed and f"shift-{shift.pk}-%s" == changed.auto_id else ShiftForm(shift=shift))
        for shift in account.shifts.select_related("calendar").order_by("valid_from", "pk")
    ]
    context: dict[str, Any] = {
        "account": account,
        "form": forms_.get("form") or StaffForm(account=account),
        "shift_form": forms_.get("shift_form") or ShiftForm(today=today),
        "absence_form": forms_.get("absence_form") or AbsenceForm(zone=zone),
        "extra_form": forms_.get("extra_form") or ExtraTimeForm(zone=zone),
        "shifts": shifts,
        "patterns": _patterns(),
        "absences": account.absences.filter(ends_at__gt=now - _PAST_SHOWN),
        "extra_times": account.extra_times.filter(ends_at__gt=now - _PAST_SHOWN),
        "now": now,
        "today": today,
        "zone": zone.key,
    }
    return page(request, "staff/member", context, status=status)


def _patterns() -> dict[int, str]:
    """What each calendar's week says."""
    ids = Calendar.objects.filter(is_active=True).values_list("pk", flat=True)
    current = versions.current_version_ids(list(ids))
    versions.load(current.values())
    found = {}
    for calendar_id, version_id in current.items():
        definition = versions.working_time(version_id).definition
        found[calendar_id] = f"{week_words(definition.week)} ({definition.zone})"
    return found


def _account(user_id: int) -> User:
    return get_object_or_404(User.objects.exclude(role=Role.CUSTOMER), pk=user_id)


def _zone(request: DeskRequest, account: User) -> ZoneInfo:
    """The person's own zone; else the reader's."""
    return ZoneInfo(account.time_zone or roster.default_zone(request.user))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if abs(day - clock.now().date()) < _FURTHEST else None
