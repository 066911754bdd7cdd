"""From what was posted to values, or to what is wrong with each field. Pure: no Django, no clock.

The fields are gone through in their order. One whose condition does not hold is not asked: whatever was
posted for it is dropped, and it may be as required as it likes. A condition looks at an earlier field's value
as it was cleaned, so that a chain of conditions falls as a whole; one that looks at no earlier field always
holds, so that nothing required gets lost to a slip of its administrator.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from channels_in.kinds.web_form.fields import MOST_NUMBER, Condition, Field, Kind
from common.blocked_files import ending, is_blocked
from common.text import storable

MOST_BYTES = 25 * 1024 * 1024  # of all files together
_MOST_POSTED = 200  # values of one field
_SPACES = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"\r\n?")
_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})\Z")
# As RFC 5321 has it, without quoted local parts and address literals, which no customer has.
_EMAIL = re.compile(
    r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+(?:\.[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+)*@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])\Z"
)
_PHONE = re.compile(r"\+?[\d\s().\-–/]{3,40}\Z")
_TICKED = frozenset({"on", "true", "1", "yes"})


@dataclass(frozen=True)
class Posted:
    """A file as far as these rules care."""

    name: str
    size: int


@dataclass(frozen=True)
class Problem:
    """What is wrong, as a code with what its sentence needs (``channels_in.kinds.web_form.words``)."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """``values`` holds what was asked, answered and right; ``problems`` what is wrong, by field.

    ``asked`` are the keys of the fields whose condition holds, in order. Values are text, a list of texts
    (several choices, names of files), a number, an ISO date or True.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, Problem]
    asked: Sequence[str]

    @property
    def is_right(self) -> bool:
        return not self.problems


class _WrongError(Exception):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.problem = Problem(code, facts)


def check(
    fields: Sequence[Field],
    posted: Mapping[str, Sequence[str]],
    files: Mapping[str, Sequence[Posted]],
    *,
    today: date,
    most_bytes: int = MOST_BYTES,
) -> Checked:
    """Judge what was posted. ``today`` is the customer's, in the brand's zone."""
    values: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    asked: list[str] = []
    seen: set[str] = set()
    room = most_bytes
    for one in fields:
        earlier = one.condition is not None and one.condition.key in seen
        seen.add(one.key)
        if earlier and not holds(one.condition, values):
            continue
        asked.append(one.key)
        try:
            if one.kind == Kind.FILE:
                given = list(files.get(one.key, ()))
                value = _files(one, given, room)
                room -= sum(file.size for file in given)
            else:
                value = _value(one, list(posted.get(one.key, ()))[:_MOST_POSTED], today)
        except _WrongError as wrong:
            problems[one.key] = wrong.problem
            continue
        if value not in (None, "", []):
            values[one.key] = value
        elif one.required:
            problems[one.key] = Problem("must-agree" if one.kind == Kind.CONSENT else "required")
    return Checked(values, problems, asked)


def holds(condition: Condition | None, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds on cleaned values."""
    if condition is None:
        return True
    value = values.get(condition.key)
    if value is None:
        return False
    if not condition.values:
        return True
    if isinstance(value, list):
        return not condition.values.isdisjoint(value)
    return str(value) in condition.values


def _value(one: Field, given: list[str], today: date) -> Any:
    """One field's value, None or empty where there is none. Raises ``_WrongError``."""
    texts = [storable(text) for text in given]
    first = texts[0] if texts else ""
    match one.kind:
        case Kind.CHOICES:
            return _several(one, texts)
        case Kind.CONSENT:
            return True if first.strip().lower() in _TICKED else None
        case Kind.LONG_TEXT:
            return _bounded(one, _LINE_ENDS.sub("\n", first).strip())
    line = _SPACES.sub(" ", first).strip()
    if not line:
        return None
    match one.kind:
        case Kind.CHOICE:
            if line not in one.values:
                raise _WrongError("not-a-choice")
            return line
        case Kind.NUMBER:
            return _number(one, line)
        case Kind.DATE:
            return _date(one, line, today)
        case Kind.EMAIL:
            return email(line)
        case Kind.PHONE:
            digits = sum(letter.isdigit() for letter in line)
            if not _PHONE.match(line) or not 5 <= digits <= 15:
                raise _WrongError("not-a-phone")
            return line
    return _bounded(one, line)


def _bounded(one: Field, text: str) -> str:
    if len(text) > one.most_characters:
        raise _WrongError("too-long", limit=one.most_characters, length=len(text))
    return text


def _several(one: Field, texts: list[str]) -> list[str]:
    chosen = {_SPACES.sub(" ", text).strip() for text in texts} - {""}
    if not chosen <= set(one.values):
        raise _WrongError("not-a-choice")
    if one.limits.count and len(chosen) > one.limits.count:
        raise _WrongError("too-many", limit=one.limits.count)
    return [value for value in one.values if value in chosen]


def _number(one: Field, line: str) -> int | float:
    try:
        number = float(line.replace(" ", "").replace("−", "-").replace(",", "."))
    except ValueError as error:
        raise _WrongError("not-a-number") from error
    if not math.isfinite(number) or "_" in line:
        raise _WrongError("not-a-number")
    limits = one.limits
    if limits.whole and not number.is_integer():
        raise _WrongError("not-whole")
    least = -MOST_NUMBER if limits.least is None else limits.least
    most = MOST_NUMBER if limits.most is None else limits.most
    if number < least:
        raise _WrongError("too-small", limit=_plain(least))
    if number > most:
        raise _WrongError("too-large", limit=_plain(most))
    return _plain(number)


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _date(one: Field, line: str, today: date) -> str:
    """As browsers send it (2026-12-31), or as people write it (31.12.2026)."""
    try:
        written = _DATE.match(line)
        day = date(int(written[3]), int(written[2]), int(written[1])) if written else date.fromisoformat(line)
    except ValueError as error:
        raise _WrongError("not-a-date") from error
    if day.year < 1800 or day.year > 2500:
        raise _WrongError("not-a-date")
    if one.limits.not_past and day < today:
        raise _WrongError("in-the-past")
    if one.limits.not_future and day > today:
        raise _WrongError("in-the-future")
    return day.isoformat()


def email(line: str) -> str:
    """An address in lower case. Raises ``_WrongError``."""
    address = line.strip().lower()
    if len(address) > 254 or len(address.partition("@")[0]) > 64 or not _EMAIL.match(address):
        raise _WrongError("not-an-email")
    return address


def is_email(line: str) -> bool:
    """Whether it is an address that mail could go to."""
    try:
        return bool(email(line))
    except _WrongError:
        return False


def _files(one: Field, given: list[Posted], room: int) -> list[str]:
    """Names of the files; ``room`` is what others have left of the total."""
    if len(given) > one.most_files:
        raise _WrongError("too-many-files", limit=one.most_files)
    for file in given:
        if is_blocked(file.name):
            raise _WrongError("blocked-file", name=file.name, ending=ending(file.name))
        if one.limits.endings and ending(file.name) not in one.limits.endings:
            raise _WrongError("wrong-file", name=file.name, endings=sorted(one.limits.endings))
        if file.size == 0:
            raise _WrongError("empty-file", name=file.name)
    if sum(file.size for file in given) > room:
        raise _WrongError("files-too-large")
    return [file.name for file in given]
