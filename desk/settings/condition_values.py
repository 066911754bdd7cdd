"""One condition's value: the control it is edited with, and its way to and from a form's texts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from desk.settings import durations, sources
from tickets.conditions import Field
from tickets.conditions.language import OPERATORS

Control = Literal[
    "none", "pick", "picks", "flag", "look", "looks", "number", "text", "area", "pattern", "duration",
    "moment",
]  # fmt: skip

# In the order they are offered.
WORDS: dict[str, Any] = {
    "is": pgettext_lazy("condition", "is"),
    "is_not": pgettext_lazy("condition", "is not"),
    "in": pgettext_lazy("condition", "is any of"),
    "not_in": pgettext_lazy("condition", "is none of"),
    "contains": pgettext_lazy("condition", "contains"),
    "not_contains": pgettext_lazy("condition", "does not contain"),
    "starts_with": pgettext_lazy("condition", "starts with"),
    "matches": pgettext_lazy("condition", "matches the expression"),
    "not_matches": pgettext_lazy("condition", "does not match the expression"),
    "gte": pgettext_lazy("condition", "is at least"),
    "lte": pgettext_lazy("condition", "is at most"),
    "older_than": pgettext_lazy("condition", "was longer ago than"),
    "newer_than": pgettext_lazy("condition", "was within the last"),
    "before": pgettext_lazy("condition", "is before"),
    "after": pgettext_lazy("condition", "is at or after"),
    "empty": pgettext_lazy("condition", "is empty"),
    "not_empty": pgettext_lazy("condition", "is not empty"),
}
_OF_SETS = {
    "in": pgettext_lazy("condition", "include any of"),
    "not_in": pgettext_lazy("condition", "include none of"),
    "empty": pgettext_lazy("condition", "are empty"),
    "not_empty": pgettext_lazy("condition", "are not empty"),
}
_OF_WORKING_TIME = {
    "in": pgettext_lazy("working time", "is on now by any of"),
    "not_in": pgettext_lazy("working time", "is not on now by"),
}
GROUPS: dict[str, Any] = {
    "ticket": gettext_lazy("Ticket"),
    "message": gettext_lazy("Message"),
    "customer": gettext_lazy("Customer"),
    "time": gettext_lazy("Time"),
    "sla": gettext_lazy("Deadlines"),
    "custom": gettext_lazy("Own fields"),
}
_MANY = {"in", "not_in"}
_NOTHING = {"empty", "not_empty"}


def operators(field: Field) -> list[tuple[str, str]]:
    """What can be asked of the field, with words."""
    allowed = OPERATORS[field.kind]
    if not (field.nullable or field.kind in {"set", "text"}):
        allowed = allowed - _NOTHING
    return [(op, operator_words(field, op)) for op in WORDS if op in allowed]


def operator_words(field: Field, op: str) -> str:
    words = {"set": _OF_SETS, "ids": _OF_WORKING_TIME}.get(field.kind, {}).get(op)
    return str(words or WORDS[op])


def control_of(field: Field, op: str, values: Sequence[str] = ()) -> Control:
    """Which control the value of this condition has."""
    if op in _NOTHING:
        return "none"
    many = op in _MANY
    match field.kind:
        case "choice":
            return "picks" if many else "pick"
        case "flag":
            return "flag"
        case "number":
            return "number"
        case "time":
            return "duration" if op in {"older_than", "newer_than"} else "moment"
        case "text" if op in {"matches", "not_matches"}:
            return "pattern"
        case "text" if not many and (not field.source or op not in {"is", "is_not"}):
            # A line break does not survive an <input>.
            return "area" if any("\n" in value for value in values) else "text"
    return "looks" if many else "look"


def takes_words(field: Field) -> bool:
    """Whether one's own words are values too, beside those that are offered."""
    source = sources.find(field.source)
    return field.kind in {"text", "set"} and (source is None or source.free)


def to_texts(field: Field, op: str, value: Any) -> list[str]:
    """A stored value as a form posts it."""
    control = control_of(field, op)
    if control == "none":
        return []
    if control == "flag":
        return ["yes" if value else "no"]
    if control == "number":
        return [repr(value) if isinstance(value, float) else str(value)]
    if control == "duration":
        return [durations.words(value) if type(value) is int and value >= 0 else str(value)]
    if control == "moment":
        return [local_text(str(value))]
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def local_text(value: str) -> str:
    """An instant (ISO 8601) as <input type=datetime-local> has it, in the active zone."""
    try:
        at = timezone.localtime(datetime.fromisoformat(value)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return ""
    return at.isoformat(timespec="seconds" if at.second else "minutes")


def from_texts(field: Field, op: str, texts: Sequence[str], was: str = "") -> Any:
    """The value that was posted; raises ``ValueError`` with words for the person.

    ``was`` is the instant that a moment's control started from: it is kept to the microsecond when nobody
    touched the control.
    """
    control = control_of(field, op)
    if control == "none":
        return None
    if not any(texts):
        raise ValueError(_missing(control))
    if control in {"picks", "looks"}:
        return [_typed(field, text) for text in dict.fromkeys(texts) if text]
    text = texts[-1] or next(filter(None, texts))
    if control == "flag":
        return text == "yes"
    if control == "number":
        return as_number(text)
    if control == "duration":
        seconds = durations.parse(text)
        if seconds is None:
            raise ValueError(durations.wrong())
        return seconds
    if control == "moment":
        return was if was and local_text(was) == text else _instant(text)
    return _typed(field, text)


def _missing(control: Control) -> str:
    if control in {"text", "area", "pattern"}:
        return _("Write what is looked for.")
    if control == "number":
        return _("Write a number.")
    return durations.wrong() if control == "duration" else _("Choose a value.")


def _typed(field: Field, text: str) -> Any:
    if field.kind not in {"key", "ids"} or text in {"me", "mine"}:
        return text
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(_("Choose a value."))
    return int(text)


def as_number(text: str) -> int | float:
    text = text.strip().replace(",", ".").replace("\u2212", "-")
    try:
        return float(text) if {".", "e"} & set(text.lower()) else int(text)
    except ValueError as error:
        raise ValueError(_("Write a number.")) from error


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else timezone.make_aware(at)).isoformat()
    except (ValueError, OverflowError) as error:
        raise ValueError(_("Choose a day and a time.")) from error


def named(field: Field, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    """What one value is called: of a choice, a key, a word with a name; else the value itself."""
    if field.names is not None and value in field.names:
        return str(field.names[value])
    return names.get((field.source, str(value)), str(value))
