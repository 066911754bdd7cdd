"""A business calendar as a form: read to the stored form that ``calendars.stored`` describes, and back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from calendars import stored
from calendars.arithmetic import Interval
from calendars.errors import BadDefinition, CalendarError
from calendars.holidays_of import SHORTENED_BY_LAW, country_choices, subdivision_choices
from common.zones import zone_names
from desk.settings.forms import calendar_rows as rows
from desk.settings.forms import hours
from desk.settings.forms.fields import zones

_DATE = {"type": "date"}


class CalendarForm(forms.Form):
    """Reads only; ``calendars.commands`` writes. ``base`` is the stored form it starts from."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    zone = forms.ChoiceField(label=_("Time zone"))
    country = forms.ChoiceField(label=_("Country"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    eve_minutes = forms.IntegerField(
        label=_("Shorten the day before by (minutes)"), min_value=0, max_value=720, required=False
    )
    valid_from = forms.DateField(
        label=_("From"),
        help_text=_("Before this day nobody works."),
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
    )
    valid_until = forms.DateField(
        label=_("Until"),
        help_text=_("After this day nobody works."),
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
    )
    ical = forms.FileField(
        label=_("Calendar file (.ics)"),
        help_text=_("Whole days become days off, others one-off changes. You see them before you save."),
        required=False,
    )
    note = forms.CharField(
        label=_("Note on this version"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("What changed, for the history")}),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        name: str = "",
        base: dict[str, Any],
    ) -> None:
        self.base = base
        sources = base["sources"]
        initial = {
            "name": name,
            "zone": base["zone"],
            "country": sources.get("country", ""),
            "region": sources.get("subdivision", ""),
            "eve_minutes": sources.get("shorten", 0),
            "valid_from": base["valid_from"],
            "valid_until": base["valid_until"],
        }
        super().__init__(data, files, initial=initial)
        language = get_language() or "en"
        self._choices("zone", zones())
        self._choices("country", [("", gettext("None")), *country_choices(language)])
        self._choices("region", [("", gettext("All of it")), *self._regions()])
        self.week_errors: list[str] = []
        if data is None:
            self.week, self.days, self.spans = _rows_of(base, language)
        else:
            zone = data.get("zone", "")
            self.week = rows.read_week(data)
            self.days = rows.read_days(data)
            self.spans = rows.read_spans(data, ZoneInfo(zone) if zone in zone_names() else None)
        self.spare = rows.SPARE_ROWS
        self.blank_day, self.blank_span = rows.DayRow(), rows.SpanRow()

    def _choices(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # these are choice fields

    def _regions(self) -> list[tuple[str, str]]:
        country = self["country"].value()
        try:
            return subdivision_choices(country) if country else []
        except CalendarError:
            return []

    def clean_region(self) -> str:
        return str(self.cleaned_data["region"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("country"):
            for row in self.days:
                if row.kind == rows.USUAL:
                    row.errors["kind"] = gettext(
                        "There is no public holiday to undo: choose a country first."
                    )
        return data

    @property
    def row_errors(self) -> bool:
        """Whether a row of the week, the days or the changes has something wrong."""
        return bool(self.week_errors) or rows.errors_of([*self.week, *self.days, *self.spans])

    def ready(self) -> bool:
        """Whether all of it could be read, and makes sense; the reasons stand beside the fields if not."""
        if not self.is_valid() or self.row_errors:
            return False
        try:
            self.definition = stored.clean(self._stored())
        except BadDefinition as error:
            for problem in error.problems:
                self.refuse(problem.where, problem.message)
            return False
        return True

    def readable(self) -> dict[str, Any] | None:
        """The stored form, for a look at what is typed so far: name and note may still be missing."""
        if set(self.errors) - {"name", "note", "ical"} or self.row_errors:
            return None
        try:
            return stored.clean(self._stored())
        except BadDefinition as error:
            for problem in error.problems:
                self.refuse(problem.where, problem.message)
            return None

    def refuse(self, where: str, message: str) -> None:
        """Put a reason beside what it is about; ``where`` as in ``calendars.errors.Problem``."""
        part, _dot, rest = where.partition(".")
        if part == "week" and rest.isdigit() and int(rest) < len(self.week):
            self.week[int(rest)].error = message
        elif part == "days" and (found := [row for row in self.days if row.when == rest]):
            found[0].errors["date"] = message
        elif part == "spans" and rest.isdigit() and int(rest) < len(self.spans):
            self.spans[int(rest)].errors["start"] = message
        elif part in self.fields:
            self.add_error(part, message)
        elif part in {"subdivision", "file"}:
            self.add_error({"subdivision": "region", "file": "ical"}[part], message)
        elif part == "week":
            self.week_errors.append(message)
        else:
            self.add_error(None, message)

    def _stored(self) -> dict[str, Any]:
        data = self.cleaned_data
        days = {day: entry for day, entry in self.base["days"].items() if entry["source"] == "country"}
        days |= {
            row.day.isoformat(): self._entry(row) for row in self.days if row.day and row.kind != rows.USUAL
        }
        sources: dict[str, Any] = {}
        if data.get("country"):
            sources = {
                "country": data["country"],
                "subdivision": data.get("region", ""),
                "shorten": data.get("eve_minutes") or 0,
                "skip": sorted(
                    row.day.isoformat() for row in self.days if row.day and row.kind == rows.USUAL
                ),
                "until": self.base["sources"].get("until", 0),
            }
        for day in sources.get("skip", []):
            days.pop(day, None)
        return {
            "zone": data["zone"],
            "week": [[list(hours) for hours in row.intervals] for row in self.week],
            "days": days,
            "spans": [self._span(row) for row in self.spans if row.starts and row.ends],
            "valid_from": _iso(data.get("valid_from")),
            "valid_until": _iso(data.get("valid_until")),
            "sources": sources,
        }

    def _entry(self, row: rows.DayRow) -> dict[str, Any]:
        assert row.day is not None  # asked by the caller
        return {
            "intervals": [list(hours) for hours in row.intervals],
            "kind": _kind(row.intervals, self.week[row.day.weekday()].intervals),
            "name": _name(row, self.base["days"].get(row.day.isoformat())),
            "source": row.source,
        }

    def _span(self, row: rows.SpanRow) -> dict[str, Any]:
        assert row.starts and row.ends  # asked by the caller
        times = {"start": stored.instant(row.starts), "end": stored.instant(row.ends), "adds": row.adds}
        known = (span for span in self.base["spans"] if times.items() <= span.items())
        return {**times, "name": _name(row, next(known, None)), "source": row.source}

    def take(self, days: dict[str, Any], spans: list[dict[str, Any]]) -> tuple[int, int]:
        """Add the entries of a file to the rows. Returns how many days and one-off changes were new."""
        language = get_language() or "en"
        zone = self["zone"].value() if self["zone"].value() in zone_names() else "UTC"
        there = {row.when for row in self.days}
        fresh = [_day_row(day, days[day], language) for day in sorted(days) if day not in there]
        known = {(row.start, row.end, row.adds) for row in self.spans}
        changes = [
            row
            for span in spans
            if ((row := _span_row(span, zone, language)).start, row.end, row.adds) not in known
        ]
        for day_row in fresh:
            day_row.check()
        for span_row in changes:
            span_row.check(ZoneInfo(zone))
        self.days = sorted([*self.days, *fresh], key=lambda row: row.when)
        self.spans = [*self.spans, *changes]
        return len(fresh), len(changes)


def suggested_eve(country: str) -> int:
    """How many minutes the law of a country cuts off the day before a holiday."""
    return SHORTENED_BY_LAW.get(country, 0)


def _rows_of(
    base: dict[str, Any], language: str
) -> tuple[list[rows.WeekRow], list[rows.DayRow], list[rows.SpanRow]]:
    week = [rows.WeekRow.of((start, end) for start, end in day) for day in base["week"]]
    days = [
        _day_row(day, entry, language) for day, entry in base["days"].items() if entry["source"] != "country"
    ]
    days += [rows.DayRow(day, kind=rows.USUAL) for day in base["sources"].get("skip", [])]
    spans = [_span_row(span, base["zone"], language) for span in base["spans"]]
    return week, sorted(days, key=lambda row: row.when), spans


def _day_row(day: str, entry: dict[str, Any], language: str) -> rows.DayRow:
    intervals = [(start, end) for start, end in entry["intervals"]]
    return rows.DayRow(
        day,
        stored.called(entry, language),
        rows.OPEN if intervals else rows.OFF,
        hours.several(intervals),
        "file" if entry["source"] == "file" else "",
    )


def _span_row(span: dict[str, Any], zone: str, language: str) -> rows.SpanRow:
    return rows.SpanRow(
        rows.local_text(datetime.fromisoformat(span["start"]), zone),
        rows.local_text(datetime.fromisoformat(span["end"]), zone),
        span["adds"],
        stored.called(span, language),
        "file" if span["source"] == "file" else "",
    )


def _name(row: rows.DayRow | rows.SpanRow, known: dict[str, Any] | None) -> str | dict[str, str]:
    """As typed; what was left as it is read in one language keeps its names in the others."""
    if known is not None and stored.called(known, get_language() or "en") == row.name:
        names: dict[str, str] = known["name"]
        return names
    return row.name


def _kind(own: tuple[Interval, ...], usual: tuple[Interval, ...]) -> str:
    if not own:
        return "holiday"
    return "shortened" if 0 < _length(own) < _length(usual) else "exception"


def _length(intervals: tuple[Interval, ...]) -> int:
    return sum(end - start for start, end in intervals)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
