"""Fields that others define: "field.size", "contact.plan", "company.region".

Custom fields, which administrators make, are compared by their kind; what the company's systems pushed, as
text. Definitions are read from the database once in a while and kept by the process.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from django.db.models import DateTimeField, F, Func, JSONField, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, NullIf
from django.db.models.lookups import (
    Contains,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)
from django.utils.translation import get_language

from common.lookups import Folded
from common.text import fold
from tickets.conditions.fields import Asked, Context, Field, Kind
from tickets.models import CustomField, Ticket

KEEP = 2.0  # seconds a process trusts what it read
COLUMNS = {"field": "attributes", "contact": "requester__attributes", "company": "organization__attributes"}
_HOLDERS = {"contact": "requester", "company": "organization"}
_KINDS: dict[str, Kind] = {
    "text": "text",
    "choice": "text",
    "number": "number",
    "date": "time",
    "flag": "flag",
}

_known: dict[str, CustomField] = {}
_read_at = float("-inf")


def custom_fields() -> Mapping[str, CustomField]:
    """All custom fields by key, at most two seconds old."""
    global _known, _read_at  # noqa: PLW0603  # a memo of the process
    if monotonic() - _read_at > KEEP:
        _known = {row.key: row for row in CustomField.objects.all()}
        _read_at = monotonic()
    return _known


def forget() -> None:
    """Read definitions anew next time."""
    global _read_at  # noqa: PLW0603
    _read_at = float("-inf")


def choice_label(row: CustomField, value: Any) -> str:
    """What a stored choice is called in the reader's language."""
    for choice in row.choices:
        if choice["value"] == value:
            labels = choice["labels"]
            return str(labels.get(get_language() or "en") or next(iter(labels.values()), value))
    return str(value)


def field(name: str) -> Field | None:
    """The condition field of a dynamic name; None for what is none."""
    prefix, _dot, key = name.partition(".")
    if not key or prefix not in COLUMNS or len(key) > 60:
        return None
    kind: Kind = "text"
    label: Any = key
    if prefix == "field":
        row = custom_fields().get(key)
        if row is None:
            return None
        kind, label = _KINDS[row.kind], row.label
    return Field(
        name,
        label,
        kind,
        nullable=True,
        q=_asker(COLUMNS[prefix], key, kind),
        load=_loader(prefix, key, kind),
        group="customer" if prefix != "field" else "custom",
        source=f"custom:{key}" if prefix == "field" else "",
    )


def _loader(prefix: str, key: str, kind: Kind) -> Callable[[Sequence[Ticket], Asked], dict[int, Any]]:
    def value(ticket: Ticket) -> Any:
        # One of them: the others may not be in hand.
        holder: Any = ticket if prefix == "field" else getattr(ticket, _HOLDERS[prefix])
        if prefix == "contact":
            holder = holder.person
        return stored_value((holder.attributes if holder is not None else {}).get(key), kind)

    return lambda tickets, asked: {ticket.pk: value(ticket) for ticket in tickets}


def stored_value(raw: Any, kind: Kind) -> Any:
    """A stored JSON value as conditions compare it."""
    if raw is None:
        return None
    if kind == "time":
        try:
            return datetime.fromisoformat(raw).replace(tzinfo=UTC)
        except (TypeError, ValueError):
            return None
    if kind == "text":
        return {True: "true", False: "false"}.get(raw, str(raw)) if isinstance(raw, bool) else str(raw)
    return raw


def _text(column: str, key: str) -> Coalesce:
    """The value as text, empty when there is none. By functions: to the ORM a key of digits is a position."""
    return Coalesce(
        Func(_stored(column), Value(key), function="jsonb_extract_path_text", output_field=TextField()),
        Value(""),
        output_field=TextField(),
    )


def _stored(column: str) -> Combinable:
    """The column; a merged contact's is its survivor's."""
    if column != COLUMNS["contact"]:
        return F(column)
    return Coalesce(F("requester__survivor__attributes"), F(column))


def _asker(column: str, key: str, kind: Kind) -> Callable[[str, Any, Context], Q]:
    text = _text(column, key)

    def ask(op: str, value: Any, context: Context) -> Q:
        if op in {"empty", "not_empty"}:
            empty = Q(Exact(text, Value("")))
            return empty if op == "empty" else ~empty
        if kind == "flag":
            hit = Q(Exact(text, Value("true")))
            return hit if value else ~hit
        if kind == "number":
            return _ask_number(column, key, op, value)
        if kind == "time":
            return _ask_time(Cast(NullIf(text, Value("")), DateTimeField()), op, value, context)
        return _ask_text(Folded(text), op, value)

    return ask


def _ask_number(column: str, key: str, op: str, value: Any) -> Q:
    if op in {"gte", "lte"}:
        stored = Func(_stored(column), Value(key), function="jsonb_extract_path", output_field=JSONField())
        lookup = GreaterThanOrEqual if op == "gte" else LessThanOrEqual
        return Q(IsNull(stored, False)) & Q(lookup(stored, Value(value, JSONField())))
    hit = Q(Exact(_text(column, key), Value(_written(value))))
    return hit if op == "is" else ~hit


def _written(value: float) -> str:
    """As the database writes the number it has stored: 5.0 is 5 there, and nothing has an exponent."""
    return str(int(value)) if float(value).is_integer() else format(Decimal(str(value)), "f")


def _ask_time(column: Combinable, op: str, value: Any, context: Context) -> Q:
    known = Q(IsNull(column, False))
    if op in {"older_than", "newer_than"}:
        limit = Value(context.now - timedelta(seconds=value), DateTimeField())
        return known & Q((LessThanOrEqual if op == "older_than" else GreaterThan)(column, limit))
    limit = Value(datetime.fromisoformat(value), DateTimeField())
    return known & Q((LessThan if op == "before" else GreaterThanOrEqual)(column, limit))


def _ask_text(column: Combinable, op: str, value: Any) -> Q:
    if op == "starts_with":
        return Q(StartsWith(column, fold(value)))
    if op in {"contains", "not_contains"}:
        hit = Q(Contains(column, fold(value)))
    else:
        items = value if isinstance(value, list) else [value]
        hit = Q(In(column, [fold(item) for item in items])) if items else Q(pk__in=[])
    return hit if op in {"is", "in", "contains"} else ~hit
