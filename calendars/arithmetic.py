"""Working time: pure arithmetic over plain data. No Django, no clock of its own.

An instant is working when the wall clock of the zone at that instant is inside an interval of its local
date, or inside one of the date before that runs over midnight; one-off spans come on top. Nothing else is
said about changes of the clock, and nothing else is needed: in the night an hour is skipped, nobody works
in it, and in the night an hour comes twice, it is worked twice.

Everything is half-open, exact to the microsecond, and kept as whole microseconds since 1970. A year (of
UTC) is worked out once, as sorted disjoint intervals with running sums; a question is then a binary search.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from operator import sub
from zoneinfo import ZoneInfo

__all__ = ["ALWAYS", "Definition", "Interval", "Span", "WorkingTime", "union"]

# Seconds of a local day: 0 <= start < 86400, start < end <= start + 86400. One with an end past 86400 runs
# over midnight.
Interval = tuple[int, int]

DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1900, 2199  # nobody works outside of these, so that no question runs for ever

_SECOND = 1_000_000
_ONE_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date().toordinal()


@dataclass(frozen=True)
class Span:
    """A one-off stretch of UTC that is worked (``adds``) or not, whatever the week says."""

    start: datetime
    end: datetime
    adds: bool

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware datetimes")
        if self.end <= self.start:
            raise ValueError("a span must end after its start")


@dataclass(frozen=True)
class Definition:
    """A calendar as plain data.

    ``week`` is seven days, Monday first. ``days`` replaces what starts on a date; ``()`` is a holiday.
    ``valid_from`` and ``valid_until`` (inclusive) are local dates on which an interval may start; spans
    hold outside of them too, and of two spans the later one in the row wins.
    """

    zone: str
    week: tuple[tuple[Interval, ...], ...]
    days: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        for intervals in (*self.week, *self.days.values()):
            for start, end in intervals:
                if not (0 <= start < DAY and start < end <= start + DAY):
                    raise ValueError(f"no interval of a day: {start}, {end}")

    def intervals_of(self, day: date) -> tuple[Interval, ...]:
        """What starts on this local date, spans aside."""
        if self.valid_from is not None and day < self.valid_from:
            return ()
        if self.valid_until is not None and day > self.valid_until:
            return ()
        replaced = self.days.get(day)
        return self.week[day.weekday()] if replaced is None else replaced


def _last_year(definition: Definition) -> int:
    """The last year that can have working time, so that nobody looks for it to the end of all years."""
    if any(definition.week) and definition.valid_until is None:
        return LAST_YEAR
    years = [day.year for day, intervals in definition.days.items() if intervals]
    if any(definition.week) and definition.valid_until is not None:
        years.append(definition.valid_until.year)
    years.extend(span.end.astimezone(UTC).year for span in definition.spans if span.adds)
    return max(years, default=FIRST_YEAR) + 1  # of UTC, and over midnight


class _Year:
    """Disjoint, sorted, non-touching intervals of one year of UTC. ``sums[i]`` is worked before the i-th."""

    __slots__ = ("ends", "starts", "sums", "total")

    def __init__(self, starts: list[int], ends: list[int]) -> None:
        # arrays, not lists: a fifth of the memory, and an installation may have hundreds of shift patterns
        self.starts, self.ends = array("q", starts), array("q", ends)
        self.sums = array("q", accumulate(map(sub, ends, starts), initial=0))
        self.total = self.sums[-1]

    def before(self, at: int) -> int:
        """How much of the year is worked before this instant of it."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.sums[index] + min(at, self.ends[index]) - self.starts[index]

    def reached(self, amount: int) -> int:
        """The earliest instant before which so much is worked; 0 < amount <= total."""
        index = bisect_left(self.sums, amount)
        return self.ends[index - 1] - (self.sums[index] - amount)


class WorkingTime:
    """Answers about one definition. Instants are aware datetimes; what comes back is UTC.

    Safe to share between threads. The years it has been asked about stay in it (some 10 kB each).
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._zone = ZoneInfo(definition.zone)
        self._years: dict[int, _Year] = {}
        self._last_year = min(_last_year(definition), LAST_YEAR)

    # --- questions ------------------------------------------------------------------------------

    def is_working(self, at: datetime) -> bool:
        now = _whole(at)
        year = self._year(_year_of(at))
        index = bisect_right(year.starts, now) - 1
        return index >= 0 and now < year.ends[index]

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Working time in [a, b); none when b is not after a."""
        start, end = _whole(a), _whole(b)
        if end <= start:
            return timedelta(0)
        first, last = _year_of(a), _year_of(b)
        worked = self._year(last).before(end) - self._year(first).before(start)
        for year in range(max(first, FIRST_YEAR), min(last, LAST_YEAR + 1)):
            worked += self._year(year).total
        return timedelta(microseconds=worked)

    def add(self, start: datetime, duration: timedelta) -> datetime | None:
        """The earliest instant t >= start with between(start, t) == duration.

        None when there is not so much working time any more. Nothing added is ``start`` itself, worked or
        not. Raises ``ValueError`` for a negative duration.
        """
        left = _micros(duration)
        if left < 0:
            raise ValueError("working time is only added forwards")
        at = _whole(start)
        if left == 0:
            return _instant(at)
        first = max(_year_of(start), FIRST_YEAR)
        for number in range(first, self._last_year + 1):
            year = self._year(number)
            if number == first:
                left += year.before(at)
            if left <= year.total:
                return _instant(year.reached(left))
            left -= year.total
        return None

    def next_start(self, at: datetime) -> datetime | None:
        """When work next begins, at this instant or later. Work going on has begun already."""
        now, worked_until = _whole(at), None
        for start, end in self._from(at):
            if start >= now and start != worked_until:
                return _instant(start)
            worked_until = end
        return None

    def next_end(self, at: datetime, *, until: datetime | None = None) -> datetime | None:
        """When the work going on ends, else the work that comes next; None when there is no end to it.

        Whoever only asks about the time before ``until`` may say so: an end that is not before it need not be
        the true one then. Work around the clock is followed to the last year else.
        """
        now, found = _whole(at), None
        enough = None if until is None else _whole(until)
        for start, end in self._from(at):
            if found is None:
                found = end if end > now else None
            elif start == found:
                found = end
            else:
                break
            if enough is not None and found is not None and found >= enough:
                break
        return None if found is None or found == _start_of(LAST_YEAR + 1) else _instant(found)

    def intervals(self, a: datetime, b: datetime) -> list[tuple[datetime, datetime]]:
        """The working time in [a, b), merged, cut to it."""
        first, last = _whole(a), _whole(b)
        found: list[tuple[int, int]] = []
        for start, end in self._from(a):
            if start >= last:
                break
            cut = max(start, first), min(end, last)
            if found and found[-1][1] == start:
                found[-1] = found[-1][0], cut[1]
            elif cut[0] < cut[1]:
                found.append(cut)
        return [(_instant(start), _instant(end)) for start, end in found]

    # --- working it out -------------------------------------------------------------------------

    def _from(self, at: datetime) -> Iterator[tuple[int, int]]:
        """Intervals in order from before ``at`` on. One over New Year (of UTC) comes as two that touch."""
        first, now = max(_year_of(at), FIRST_YEAR), _whole(at)
        before = self._year(first - 1)
        if before.starts:
            yield before.starts[-1], before.ends[-1]
        for number in range(first, self._last_year + 1):
            year = self._year(number)
            index = max(bisect_right(year.starts, now) - 1, 0) if number == first else 0
            yield from zip(year.starts[index:], year.ends[index:], strict=True)

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._work_out(number)
        return year

    def _work_out(self, number: int) -> _Year:
        if not FIRST_YEAR <= number <= LAST_YEAR:
            return _Year([], [])
        first, last = _start_of(number), _start_of(number + 1)
        raw: list[tuple[int, int]] = []
        for start, end, offset in _offsets(self._zone, number):
            raw.extend(self._weekly(start, end, offset))
        starts, ends = _merge(raw)
        for span in self.definition.spans:
            start, end = max(_whole(span.start), first), min(_whole(span.end), last)
            if start < end:
                _apply(starts, ends, start, end, adds=span.adds)
        return _Year(starts, ends)

    def _weekly(self, first: int, last: int, offset: int) -> Iterator[tuple[int, int]]:
        """What the week and its days give in [first, last), in which the zone's offset stands still."""
        day_length = DAY * _SECOND
        # From the date before: its last interval may run over midnight.
        first_day = (first + offset) // day_length - 1
        last_day = (last + offset - 1) // day_length
        for number in range(first_day, last_day + 1):
            midnight = number * day_length - offset
            for start, end in self.definition.intervals_of(date.fromordinal(number + _EPOCH_DAY)):
                begins = max(midnight + start * _SECOND, first)
                finishes = min(midnight + end * _SECOND, last)
                if begins < finishes:
                    yield begins, finishes


class _Union(WorkingTime):
    """Somebody of several works."""

    def __init__(self, parts: tuple[WorkingTime, ...]) -> None:
        super().__init__(parts[0].definition)
        self._parts = parts
        self._last_year = max(part._last_year for part in parts)

    def _work_out(self, number: int) -> _Year:
        years = [part._year(number) for part in self._parts]
        return _Year(*_merge([pair for year in years for pair in zip(year.starts, year.ends, strict=True)]))


def union(*parts: WorkingTime) -> WorkingTime:
    """Time in which at least one of them works: teams that follow the sun. Needs at least one.

    The ``definition`` of what comes back is the first one's, and tells nothing about the others.
    """
    if not parts:
        raise ValueError("a union needs something to unite")
    return parts[0] if len(parts) == 1 else _Union(parts)


# --- offsets of a zone --------------------------------------------------------------------------


@cache
def _offsets(zone: ZoneInfo, year: int) -> tuple[tuple[int, int, int], ...]:
    """The year cut where the zone's offset changes: (start, end, offset), in microseconds.

    The zone is asked once for each day, and a day in which it changed is halved down to the second: two
    changes of one zone have never been less than three days apart.
    """
    first, last = _start_of(year) // _SECOND, _start_of(year + 1) // _SECOND
    pieces: list[tuple[int, int, int]] = []
    begun, offset = first, _offset(zone, first)
    for probe in range(first + DAY, last + 1, DAY):
        after = _offset(zone, probe)
        if after != offset:
            low, high = probe - DAY, probe
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(zone, middle) == offset:
                    low = middle
                else:
                    high = middle
            if high < last:
                pieces.append((begun * _SECOND, high * _SECOND, offset * _SECOND))
                begun, offset = high, after
    pieces.append((begun * _SECOND, last * _SECOND, offset * _SECOND))
    return tuple(pieces)


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None  # a ZoneInfo always knows
    return offset.days * DAY + offset.seconds


# --- sorted intervals ---------------------------------------------------------------------------


def _merge(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(pairs):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def _apply(starts: list[int], ends: list[int], start: int, end: int, *, adds: bool) -> None:
    """Add [start, end) to the sorted intervals, or take it out of them."""
    if adds:
        low, high = bisect_left(ends, start), bisect_right(starts, end)
        if low < high:
            start, end = min(start, starts[low]), max(end, ends[high - 1])
        starts[low:high], ends[low:high] = [start], [end]
        return
    low, high = bisect_right(ends, start), bisect_left(starts, end)
    if low >= high:
        return
    new_starts, new_ends = [], []
    if starts[low] < start:
        new_starts.append(starts[low])
        new_ends.append(start)
    if ends[high - 1] > end:
        new_starts.append(end)
        new_ends.append(ends[high - 1])
    starts[low:high], ends[low:high] = new_starts, new_ends


# --- whole microseconds -------------------------------------------------------------------------


def _micros(length: timedelta) -> int:
    return (length.days * DAY + length.seconds) * _SECOND + length.microseconds


def _whole(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("working time needs aware datetimes")
    return _micros(at - _EPOCH)


def _instant(whole: int) -> datetime:
    return _EPOCH + timedelta(microseconds=whole)


def _year_of(at: datetime) -> int:
    return at.year if at.tzinfo is UTC else at.astimezone(UTC).year


@cache
def _start_of(year: int) -> int:
    return _whole(datetime(year, 1, 1, tzinfo=UTC))


ALWAYS = WorkingTime(Definition(zone="UTC", week=(((0, DAY),),) * 7))
