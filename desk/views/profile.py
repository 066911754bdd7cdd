"""One's own settings, and when one is away."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from common import clock
from common.text import storable
from desk import signing
from desk.door import desk, post
from desk.forms import ProfileForm
from desk.forms_notices import NoticesForm
from desk.request import DeskRequest
from desk.settings import roster
from desk.settings.forms.staff import AbsenceForm
from journal.actor import Actor
from journal.settings_log import record_settings
from people.access import Permission
from people.commands.shifts import add_absence, remove_absence
from people.errors import PeopleError
from people.models import Absence, User
from tickets.macros.variables import VARIABLES

_PAST_SHOWN = timedelta(days=30)
_ABSENCES = "/profile/#absences"


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def profile(request: DeskRequest) -> HttpResponse:
    """Name, language, look, signature, notices."""
    # A form writes into its instance while it validates: not into the user this request is about.
    me = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=me)
    notices = NoticesForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and notices.is_valid():
        _save(request, form, notices)
        with translation.override(me.language):
            messages.success(request, _("Saved."))
        response = redirect("profile")
        response.set_cookie(
            "theme", me.theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure()
        )
        return response
    return _page(request, form=form, told=notices, status=422 if form.errors or notices.errors else 200)


@transaction.atomic
def _save(request: DeskRequest, form: ProfileForm, notices: NoticesForm) -> None:
    """What others see of somebody is written down; their look and their notices are their own."""
    before = request.user
    changes: dict[str, Any] = {
        name: [old, new]
        for name in ("name", "language", "time_zone", "signature")
        if name in form.changed_data and (old := getattr(before, name)) != (new := form.cleaned_data[name])
    }
    form.save()
    notices.save()
    actor = Actor.user(before)
    record_settings("profile", before.pk, name=form.instance.name, actor=actor, changes=changes)


@post(Permission.READ)
def signature_preview(request: DeskRequest) -> HttpResponse:
    """How what is being typed would stand under a reply; nothing is kept."""
    text = storable(request.POST.get("signature", ""))[: signing.LONGEST]
    return render(request, "desk/_signature.html", {"c": signing.preview(text, request.user)})


@post(Permission.READ)
def own_absences(request: DeskRequest) -> HttpResponse:
    """Away for some days, or hours: said by oneself."""
    form = AbsenceForm(request.POST, zone=_zone(request))
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("kind", "note", "starts_at", "ends_at")}
        try:
            add_absence(request.user.pk, **said, actor=Actor.user(request.user))
        except PeopleError as error:
            form.add_error("last_day" if error.field == "ends_at" else "kind", error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(_ABSENCES)
    return _page(request, absence_form=form, status=422)


@post(Permission.READ)
def own_absence_removal(request: DeskRequest, absence_id: int) -> HttpResponse:
    """Of one to come: it is gone. Of one that has begun: it ends now."""
    absence = get_object_or_404(Absence, pk=absence_id, user=request.user)
    remove_absence(absence.pk, actor=Actor.user(request.user))
    messages.success(request, _("The absence is over."))
    return redirect(_ABSENCES)


def _zone(request: DeskRequest) -> ZoneInfo:
    return ZoneInfo(roster.default_zone(request.user))


def _page(request: DeskRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    me = User.objects.get(pk=request.user.pk)
    now, zone = clock.now(), _zone(request)
    context = {
        "form": ProfileForm(instance=me),
        "signature": signing.preview(me.signature, me),
        "variables": list(VARIABLES.values()),
        "told": NoticesForm(user=request.user),
        "absence_form": AbsenceForm(zone=zone),
        "absences": me.absences.filter(ends_at__gt=now - _PAST_SHOWN),
        "absence_zone": zone.key,
        "now": now,
    }
    return render(request, "desk/profile.html", context | forms, status=status)
