"""Business calendars: the list, the editor with its live preview, default and switch."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calendars import commands
from calendars.arithmetic import WorkingTime
from calendars.errors import CalendarError
from calendars.holidays_of import country_choices
from calendars.models import Calendar, CalendarVersion
from calendars.stored import from_json
from common import clock
from desk.door import desk, post
from desk.feedback import refusal_told
from desk.request import DeskRequest
from desk.settings import calendar_changes, roster
from desk.settings.calendar_file import take_file
from desk.settings.calendar_preview import Preview, preview_of
from desk.settings.forms import calendar_rows
from desk.settings.forms.calendar import CalendarForm, suggested_eve
from desk.settings.history import authors_of, with_before
from desk.settings.menu import page
from desk.settings.uses import uses_of
from desk.settings.year import week_words, weekday_names
from journal.actor import Actor
from people.access import Permission

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
_SHOWN = 50  # versions of a history
_WORKDAY = [[9 * 3600, 18 * 3600]]


@desk(_MANAGE)
def calendars(request: DeskRequest) -> HttpResponse:
    """All of them, the default first, who is switched off last."""
    now = clock.now()
    newest = CalendarVersion.objects.filter(calendar=OuterRef("pk")).order_by("-number")
    found = Calendar.objects.annotate(current_definition=Subquery(newest.values("definition")[:1]))
    found = found.order_by("-is_active", "-is_default", "name")
    countries = dict(country_choices(get_language() or "en"))
    used = uses_of()
    rows = []
    for one in found:
        data = one.current_definition
        definition = from_json(data)
        rows.append(
            {
                "pk": one.pk,
                "name": one.name,
                "is_default": one.is_default,
                "is_active": one.is_active,
                "zone": data["zone"].replace("_", " "),
                "week": week_words(definition.week),
                "holidays": countries.get(data["sources"].get("country", ""), ""),
                "valid": _valid_words(definition.valid_from, definition.valid_until),
                "is_open": WorkingTime(definition).is_working(now),
                "used": used.words(one.pk),
            }
        )
    return page(request, "calendars/calendars", {"rows": rows})


@desk(_MANAGE, methods=_BOTH)
def new_calendar(request: DeskRequest) -> HttpResponse:
    return _edit(request, None)


@desk(_MANAGE, methods=_BOTH)
def calendar(request: DeskRequest, calendar_id: int) -> HttpResponse:
    """Edit one; ``?version=`` starts from an earlier version, to look at it or to bring it back."""
    return _edit(request, get_object_or_404(Calendar, pk=calendar_id))


def _edit(request: DeskRequest, row: Calendar | None) -> HttpResponse:
    base, told = _base(request, row)
    if request.method != "POST":
        form = CalendarForm(name=row.name if row else "", base=base)
        return _page(request, row, form, told=told)
    form = CalendarForm(request.POST, request.FILES, base=base)
    if form.ready():
        seen = request.POST.get("seen", "")
        try:
            version = commands.save_calendar(
                row.pk if row else None,
                name=form.cleaned_data["name"],
                definition=form.definition,
                actor=Actor.user(request.user),
                note=form.cleaned_data["note"],
                seen=int(seen) if seen.isdigit() and len(seen) < 10 else None,
            )
        except CalendarError as error:
            form.refuse(error.field, error.message)
        else:
            messages.success(
                request, _("Saved: version %(number)d is in force.") % {"number": version.number}
            )
            return redirect("calendars")
    return _page(request, row, form, status=422)


@post(_MANAGE)
def new_calendar_draft(request: DeskRequest) -> HttpResponse:
    return _draft(request, None)


@post(_MANAGE)
def calendar_draft(request: DeskRequest, calendar_id: int) -> HttpResponse:
    """What the form as it stands comes to. Writes nothing."""
    return _draft(request, get_object_or_404(Calendar, pk=calendar_id))


def _draft(request: DeskRequest, row: Calendar | None) -> HttpResponse:
    base, _told = _base(request, row)
    data = request.POST.copy()
    if data.get("country") and data.get("country") != data.get("shown-country", ""):
        # Another country has other regions, and mostly another custom for the day before.
        data["region"] = ""
        data["eve_minutes"] = str(suggested_eve(str(data["country"])))
    form = CalendarForm(data, request.FILES, base=base)
    order, told = data.get("do", ""), ""
    if order.startswith("copy:"):
        form.week = calendar_rows.copied(form.week, order)
    elif order == "import":
        told = take_file(form, request.FILES.get("ical"))
    if request.htmx and order != "import":
        context = _context(request, row, form)
        return render(request, "desk/settings/calendars/_calendar_draft.html", {**context, "oob": True})
    return _page(request, row, form, told=told)


@post(_MANAGE)
def calendar_default(request: DeskRequest, calendar_id: int) -> HttpResponse:
    """Make it the calendar of whatever names none."""
    row = get_object_or_404(Calendar, pk=calendar_id)
    commands.set_default(row.pk, actor=Actor.user(request.user))
    messages.success(request, _("“%(name)s” is the default calendar now.") % {"name": row.name})
    return redirect("calendars")


@post(_MANAGE)
def calendar_activity(request: DeskRequest, calendar_id: int) -> HttpResponse:
    """Switch it off, unless it is the default, or on again."""
    row = get_object_or_404(Calendar, pk=calendar_id)
    actor = Actor.user(request.user)
    if request.POST.get("active") == "1":
        commands.switch_on(row.pk, actor=actor)
        messages.success(request, _("“%(name)s” is in use again.") % {"name": row.name})
        return redirect("calendar", row.pk)
    with refusal_told(request):
        commands.switch_off(row.pk, actor=actor)
        words = _("“%(name)s” is switched off.") % {"name": row.name}
        if used := uses_of().words(row.pk):
            words += " " + _("Who goes by it keeps it: %(uses)s.") % {"uses": used}
        messages.success(request, words)
        return redirect("calendars")
    return redirect("calendar", row.pk)


def _base(request: DeskRequest, row: Calendar | None) -> tuple[dict[str, Any], str]:
    """The stored form to start from, and what to say of it."""
    if row is None:
        return _empty(roster.default_zone(request.user)), ""
    wanted = request.GET.get("version", "")
    current = row.current
    if wanted.isdigit() and len(wanted) < 10 and int(wanted) != current.number:
        version = get_object_or_404(row.versions, number=int(wanted))
        told = _("This is version %(number)d. Save it to bring it back.") % {"number": version.number}
        return version.definition, told
    return current.definition, ""


def _empty(zone: str) -> dict[str, Any]:
    return {
        "zone": zone, "week": [_WORKDAY] * 5 + [[], []], "days": {}, "spans": [],
        "valid_from": None, "valid_until": None, "sources": {},
    }  # fmt: skip


def _page(
    request: DeskRequest, row: Calendar | None, form: CalendarForm, *, told: str = "", status: int = 200
) -> HttpResponse:
    context = _context(request, row, form) | {"told": told}
    if row is not None:
        context["versions"] = _versions(row)
        context["used"] = uses_of().words(row.pk)
    return page(request, "calendars/calendar", context, status=status)


def _context(request: DeskRequest, row: Calendar | None, form: CalendarForm) -> dict[str, Any]:
    preview, reason = _preview(request, form)
    query = f"?{request.META['QUERY_STRING']}" if request.GET.get("version") else ""
    return {
        "row": row,
        "form": form,
        "seen": request.POST.get("seen") or (row.current.number if row else ""),
        "save_url": (reverse("calendar", args=[row.pk]) if row else reverse("new_calendar")) + query,
        "draft_url": (reverse("calendar_draft", args=[row.pk]) if row else reverse("new_calendar_draft"))
        + query,
        "weekdays": weekday_names(),
        "short_weekdays": weekday_names(short=True),
        "preview": preview,
        "preview_error": reason,
        "oob": False,
    }


def _preview(request: DeskRequest, form: CalendarForm) -> tuple[Preview | None, str]:
    data = form.readable() if form.is_bound else form.base
    if data is None:
        return None, form.week_errors[0] if form.week_errors else _("Not everything can be read yet.")
    year = request.POST.get("year") or request.POST.get("shown-year") or ""
    try:
        return preview_of(
            data, form.base, now=clock.now(), year=int(year) if year.isdigit() and len(year) < 6 else None
        ), ""
    except CalendarError as error:
        return None, error.message


def _versions(row: Calendar) -> list[dict[str, Any]]:
    """The last ones, newest first, each with what it changed."""
    found = list(row.versions.order_by("-number")[: _SHOWN + 1])
    authors = authors_of(found)
    return [
        {
            "number": one.number,
            "created_at": one.created_at,
            "author": authors.get(one.author_id or 0, ""),
            "note": one.note,
            "changes": calendar_changes.differences(before.definition, one.definition) if before else [],
        }
        for one, before in with_before(found, _SHOWN)
    ]


def _valid_words(first: Any, last: Any) -> str:
    words = {
        name: formats.date_format(day, "SHORT_DATE_FORMAT")
        for name, day in (("first", first), ("last", last))
        if day
    }
    if len(words) == 2:
        return f"{words['first']}–{words['last']}"
    if first:
        return _("from %(day)s") % {"day": words["first"]}
    return _("until %(day)s") % {"day": words["last"]} if last else ""
