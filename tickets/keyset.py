"""Keyset pages: an order by several columns, the cursor of a row in it, and what comes after a cursor.

Ties of all keys are broken by number, newest first, so that every row has one place. Rows without a value
come last in each key.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, OrderBy, Q

from common.text import storable

Keys = Sequence["Key"]


@dataclass(frozen=True)
class Key:
    """One column of an order. ``nullable``: there may be rows without a value."""

    column: str
    kind: Literal["time", "number", "text"]
    descending: bool = False
    nullable: bool = False
    nulls_last: bool = False

    @property
    def attribute(self) -> str:
        """What a row of a list calls it."""
        return self.column.replace("__", "_")


def ordering(keys: Keys) -> list[OrderBy | str]:
    """For ``order_by``. NULLS LAST only where it is asked for: elsewhere it would keep PostgreSQL from using
    the index, and ascending it is so anyway."""
    found = [OrderBy(F(k.column), descending=k.descending, nulls_last=k.nulls_last or None) for k in keys]
    return [*found, "-pk"]


def beyond(keys: Keys, cursor: Sequence[Any]) -> Q:
    """What comes after the cursor: a value for each key, then the number."""
    *values, pk = cursor
    result = Q(pk__lt=pk)
    for key, value in reversed(list(zip(keys, values, strict=True))):
        same = Q(**{f"{key.column}__isnull": True}) if value is None else Q(**{key.column: value})
        result = same & result
        if value is not None:
            result |= _further(key, value, "lt" if key.descending else "gt")
    first, value = keys[0], values[0]
    if value is None:
        return result
    # The redundant outer bound lets PostgreSQL start the index scan at the cursor.
    return _further(first, value, "lte" if first.descending else "gte") & result


def _further(key: Key, value: Any, lookup: str) -> Q:
    found = Q(**{f"{key.column}__{lookup}": value})
    return found | Q(**{f"{key.column}__isnull": True}) if key.nullable else found


def encode(keys: Keys, row: Any) -> str:
    """The cursor of a row, for an address."""
    values = [getattr(row, key.attribute) for key in keys]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([*plain, row.id]).encode()).decode().rstrip("=")


def decode(keys: Keys, text: str) -> list[Any] | None:
    """What a cursor says; None for one that somebody has mangled, or that is of another order."""
    try:
        *values, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if len(values) != len(keys):
            return None
        return [*(_value(key, value) for key, value in zip(keys, values, strict=True)), _number(pk)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _value(key: Key, value: Any) -> Any:
    """The value as the column has it; raises ``ValueError`` or ``TypeError`` for what it cannot be."""
    if value is None:
        if key.nullable:
            return None
        raise ValueError("never empty")
    if key.kind == "number":
        return _number(value)
    if key.kind == "text":
        if not isinstance(value, str) or storable(value) != value:
            raise ValueError("no text")
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment


def _number(value: Any) -> int:
    whole = int(value)
    if abs(whole) >= 2**63:
        raise ValueError("no bigint")
    return whole
