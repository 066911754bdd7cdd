"""From one of everything to many: rows copied with what hangs on them, so that pages have long lists."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models


def multiply(rows: Sequence[models.Model], times: int, begin: int = 0) -> None:
    """Copy each of ``rows``, those others refer to first, so often.

    A copy refers to the copies of what its original refers to. What must be unique becomes so: texts and
    numbers get the copy's number, days move, and what is a default stays the only one.
    """
    copies: dict[tuple[type[models.Model], Any], list[models.Model]] = {}
    for row in rows:
        made = [_copy(row, begin + number, number, copies) for number in range(times)]
        type(row)._default_manager.bulk_create(made)
        copies[type(row), row.pk] = made


def _copy(
    row: models.Model,
    number: int,
    place: int,
    copies: dict[tuple[type[models.Model], Any], list[models.Model]],
) -> models.Model:
    made = type(row)._default_manager.get(pk=row.pk)
    own = {field.name: getattr(made, field.attname) for field in made._meta.concrete_fields}
    alone = _alone(type(row))
    for field in made._meta.concrete_fields:
        value = own[field.name]
        if field.primary_key and not field.is_relation:
            setattr(made, field.attname, None)
        elif field.is_relation:
            assert isinstance(field.related_model, type)
            if others := copies.get((field.related_model, value)):
                setattr(made, field.attname, others[place].pk)
        elif field.name == "is_default":
            setattr(made, field.attname, False)
        elif field.name in alone and value not in (None, "") and not field.choices:
            setattr(made, field.attname, _another(value, number, field.max_length))
    made._state.adding = True
    return made


def _alone(model: type[models.Model]) -> set[str]:
    """Fields of which no two rows may have the same value."""
    found = {field.name for field in model._meta.concrete_fields if field.unique}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.condition is None:  # else it is about defaults, and each has its ``is_default``
                found |= set(constraint.fields)
            found |= {
                each.name
                for expression in constraint.expressions
                for each in _flat(expression)
                if isinstance(each, models.F)
            }
    return found


def _flat(expression: Any) -> Iterable[Any]:
    yield expression
    for inner in getattr(expression, "get_source_expressions", list)():
        yield from _flat(inner)


def _another(value: Any, number: int, longest: int | None) -> Any:
    match value:
        case int():
            return value + 1000 * (number + 1)
        case str():
            return f"{number}-{value}"[:longest]
        case datetime.datetime():
            return value + datetime.timedelta(minutes=number + 1)
        case uuid.UUID():
            return uuid.uuid4()
        case _:
            return value
