"""The rows of a calendar's form: the hours of a week, single days, one-off changes. Nothing typed is lost:
what cannot be read stays as it was typed, with the reason beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from calendars.arithmetic import Interval
from desk.settings.forms import hours

MOST_DAYS, MOST_SPANS = 800, 400
SPARE_PAIRS, SPARE_ROWS = 2, 2  # what one can fill in without JavaScript
# Of a single day: free; with hours of its own; worked as usual, whatever the country says.
OFF, OPEN, USUAL = "off", "open", "usual"
_KINDS = (OFF, OPEN, USUAL)


@dataclass
class WeekRow:
    """One day of the week: pairs of from and until as typed."""

    pairs: list[tuple[str, str]]
    error: str = ""
    intervals: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "WeekRow":
        ordered = tuple(sorted(intervals))
        pairs = [(hours.written(start), hours.written(end, ends=True)) for start, end in ordered]
        return cls(pairs, "", ordered)

    @classmethod
    def read(cls, data: QueryDict, day: int) -> "WeekRow":
        typed = zip(data.getlist(f"week-{day}-from"), data.getlist(f"week-{day}-until"), strict=False)
        row = cls([(start.strip()[:8], end.strip()[:8]) for start, end in typed if (start + end).strip()])
        found = []
        for start, end in row.pairs:
            interval = hours.interval(start, end)
            if interval is None:
                row.error = _("“%(hours)s” is not a time of day. Write it as 09:00.") % {
                    "hours": f"{start or '…'}–{end or '…'}"
                }
                return row
            found.append(interval)
        row.intervals = tuple(found)
        return row

    def filled(self) -> list[tuple[str, str]]:
        """The pairs, and some empty ones."""
        return [*self.pairs, *[("", "")] * SPARE_PAIRS]


@dataclass
class DayRow:
    """One date that is not like its weekday, or not as its country says. ``source``: "" or file."""

    when: str = ""
    name: str = ""
    kind: str = OFF
    hours: str = ""
    source: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    day: date | None = None
    intervals: tuple[Interval, ...] = ()

    def check(self) -> None:
        self.day = _date(self.when)
        if self.day is None:
            self.errors["date"] = _("Which day?")
        if self.kind == OPEN:
            intervals = hours.read_several(self.hours)
            if intervals is None:
                self.errors["hours"] = _("Write the hours as 09:00–13:00, several with commas.")
            else:
                self.intervals = intervals


@dataclass
class SpanRow:
    """A one-off stretch that is worked, or not, whatever the week says; times of the calendar's zone."""

    start: str = ""
    end: str = ""
    adds: bool = False
    name: str = ""
    source: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    starts: datetime | None = None
    ends: datetime | None = None

    def check(self, zone: ZoneInfo | None) -> None:
        zone = zone or ZoneInfo("UTC")
        self.starts, self.ends = _moment(self.start, zone), _moment(self.end, zone)
        if self.starts is None:
            self.errors["start"] = _("From when?")
        if self.ends is None:
            self.errors["end"] = _("Until when?")
        elif self.starts is not None and self.ends <= self.starts:
            self.errors["end"] = _("This is not after its start.")


def read_week(data: QueryDict) -> list[WeekRow]:
    return [WeekRow.read(data, day) for day in range(7)]


def read_days(data: QueryDict) -> list[DayRow]:
    """Rows without a date and a name are not there. A date twice is an error of the second."""
    columns = [data.getlist(f"day-{name}") for name in ("date", "name", "kind", "hours", "source")]
    rows = []
    seen: set[date] = set()
    for when, name, kind, text, source in list(zip(*columns, strict=False))[:MOST_DAYS]:
        if not (when.strip() or name.strip() or text.strip()):
            continue
        row = DayRow(
            when.strip()[:10],
            name.strip()[:200],
            kind if kind in _KINDS else OFF,
            text.strip()[:200],
            "file" if source == "file" else "",
        )
        row.check()
        if row.day is not None:
            if row.day in seen:
                row.errors["date"] = _("This day is here twice.")
            seen.add(row.day)
        rows.append(row)
    return rows


def read_spans(data: QueryDict, zone: ZoneInfo | None) -> list[SpanRow]:
    columns = [data.getlist(f"span-{name}") for name in ("start", "end", "adds", "name", "source")]
    rows = []
    for start, end, adds, name, source in list(zip(*columns, strict=False))[:MOST_SPANS]:
        if not (start.strip() or end.strip() or name.strip()):
            continue
        row = SpanRow(
            start.strip()[:16],
            end.strip()[:16],
            adds == "1",
            name.strip()[:200],
            "file" if source == "file" else "",
        )
        row.check(zone)
        rows.append(row)
    return rows


def copied(week: list[WeekRow], order: str) -> list[WeekRow]:
    """The week with one day copied, as the button's ``copy:DAY:workdays`` or ``copy:DAY:all`` says."""
    _copy, _sep, rest = order.partition(":")
    number, _sep, whither = rest.partition(":")
    if number not in {str(day) for day in range(7)} or whither not in {"workdays", "all"}:
        return week
    source = week[int(number)]
    return [
        WeekRow(list(source.pairs), source.error, source.intervals) if whither == "all" or day < 5 else row
        for day, row in enumerate(week)
    ]


def local_text(at: datetime, zone: str) -> str:
    """For a ``datetime-local`` field."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def errors_of(rows: Iterable[DayRow | SpanRow | WeekRow]) -> bool:
    """Whether any row has something wrong."""
    return any(row.error if isinstance(row, WeekRow) else row.errors for row in rows)
