"""Statements made up once a process and planned once a connection: for what runs with every word of a chat.

Django makes up the same statement anew each time, and PostgreSQL reads and plans it anew each time; both cost
several times what carrying it out does. What is prepared here is the ORM's own SQL, or ours, with the values
of the moment, and gives the ORM's own rows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection
from django.db.models import Field, Model, QuerySet
from django.db.models import query as orm
from django.db.models.query import ModelIterable

T = TypeVar("T")
M = TypeVar("M", bound=Model)

_numbers = count(1)
# What each connection has prepared so far; it forgets with the connection.
_prepared: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()
_PLACE = re.compile(r"%(?:\((\w+)\))?s|%%")


class Statement:
    """One statement with its places, ``%s`` or ``%(name)s``, prepared by each connection that uses it.

    ``about``, the table say, is told by its name in the logs of the database. A value's type must follow from
    where it stands: cast it where it does not.
    """

    def __init__(self, about: str, sql: str) -> None:
        self.name = f"{about}_{next(_numbers)}"
        self.places: list[str] = []  # the names; none where values come in order
        self._count = 0
        self.text = f"PREPARE {self.name} AS {_PLACE.sub(self._numbered, sql)}"
        values = ", ".join(["%s"] * self._count)
        self.call = f"EXECUTE {self.name} ({values})" if values else f"EXECUTE {self.name}"

    def _numbered(self, place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        if place[1] is None:
            self._count += 1
            return f"${self._count}"
        if place[1] not in self.places:
            self.places.append(place[1])
            self._count += 1
        return f"${self.places.index(place[1]) + 1}"

    def run(self, cursor: Any, values: "Sequence[Any] | Mapping[str, Any]" = ()) -> Any:
        """Carry it out on one of Django's cursors, which it gives back."""
        connection.ensure_connection()
        known = _prepared.setdefault(connection.connection, set())
        if self.name not in known:
            with connection.connection.cursor() as own:  # not ours to count: it is no question asked
                own.execute(self.text)
            known.add(self.name)
        if isinstance(values, Mapping):
            values = [values[name] for name in self.places]
        cursor.execute(self.call, values)
        return cursor


# Values that nothing else in a statement has: they hold the places of those that come with each call.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda number: 2_000_000_000 + number,
    str: lambda number: f"\x01slot {number}",
}


class Prepared(Generic[T]):
    """A query whose statement stays the same but for its ``slots``: names and types of values.

    ``build`` is called with a stand-in for each, once, when the query is first asked; values may stand
    wherever the ORM passes them on as they are. Rows are models with whatever they select, or with
    ``values_list`` tuples. No prefetching, no generated SQL that depends on a value.
    """

    def __init__(self, build: "Callable[..., QuerySet[Any, Any]]", /, **slots: type) -> None:
        self._build = build
        self._stand_ins = {name: _STAND_INS[kind](at) for at, (name, kind) in enumerate(slots.items())}
        self._plan: _Plan | None = None

    def all(self, **values: Any) -> list[T]:
        """All rows, for values of every slot."""
        plan = self._plan
        if plan is None:
            plan = self._plan = _Plan(self._build(**self._stand_ins), self._stand_ins)
        with connection.cursor() as cursor:
            plan.statement.run(cursor, [values[name] if is_slot else name for is_slot, name in plan.params])
            rows = cursor.fetchall()
        return [plan.read(row) for row in rows]

    def first(self, **values: Any) -> T | None:
        """The first row. Let ``build`` say that no more are wanted."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def get(self, **values: Any) -> T:
        """The only row. Raises the model's ``DoesNotExist``."""
        row = self.first(**values)
        if row is None:
            assert self._plan is not None
            raise self._plan.missing(f"no {self._plan.name} with {values}")
        return row


class _Plan:
    """What is known of a query once its statement has been made up."""

    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: dict[str, Any]) -> None:
        query = queryset.query
        compiler = query.get_compiler(using=connection.alias)
        sql, params = compiler.as_sql()
        self.statement = Statement(queryset.model._meta.db_table, sql)
        names = {value: name for name, value in stand_ins.items()}
        self.params = [_slot(value, names) for value in params]
        if {name for is_slot, name in self.params if is_slot} != set(stand_ins):
            raise ValueError("a slot is missing in the statement")
        self.name = queryset.model.__name__
        self.missing: type[ObjectDoesNotExist] = queryset.model.DoesNotExist
        self.converters = list(
            compiler.get_converters([expression for expression, *_ in compiler.select]).items()
        )
        gives_models = issubclass(queryset._iterable_class, ModelIterable)
        info = self.info = compiler.klass_info if gives_models else None
        if info is not None:
            fields = info["select_fields"]
            self.own = slice(fields[0], fields[-1] + 1)
            self.columns = [column[0].target.attname for column in compiler.select[self.own]]
            populators = orm.get_related_populators  # type: ignore[attr-defined]  # the stubs do not know it
            self.related = populators(info, compiler.select, connection.alias)
            self.annotations = list((compiler.annotation_col_map or {}).items())

    def read(self, values: tuple[Any, ...]) -> Any:
        if self.converters:
            row: Any = list(values)
            for at, (converters, expression) in self.converters:
                for convert in converters:
                    row[at] = convert(row[at], expression, connection)
        else:
            row = values
        if self.info is None:
            return tuple(row)
        found = self.info["model"].from_db(connection.alias, self.columns, row[self.own])
        for populator in self.related:
            populator.populate(row, found)
        for name, at in self.annotations:
            setattr(found, name, row[at])
        return found


def _slot(value: Any, names: dict[Any, str]) -> tuple[bool, Any]:
    if isinstance(value, int | str) and value in names:
        return True, names[value]
    return False, value


def insert(row: M) -> M:
    """Add a new row, as ``save()`` does that finds no signals, no parents and no defaults of the database."""
    statement, fields = _insert(type(row))
    with connection.cursor() as cursor:
        statement.run(cursor, [_value(field, row, add=True) for field in fields])
        row.pk = cursor.fetchone()[0]
    row._state.adding = False
    row._state.db = connection.alias
    return row


def update(row: Model, *names: str) -> None:
    """Write some fields of a row, as ``save(update_fields=…)``. Raises ``DatabaseError`` if it is gone."""
    statement, fields = _update(type(row), names)
    with connection.cursor() as cursor:
        statement.run(cursor, [*(_value(field, row, add=False) for field in fields), row.pk])
        if not cursor.rowcount:
            raise DatabaseError(f"no {type(row).__name__} {row.pk}")


def _value(field: "Field[Any, Any]", row: Model, *, add: bool) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add), connection)


@cache
def _insert(model: type[Model]) -> "tuple[Statement, list[Field[Any, Any]]]":
    own = model._meta.local_concrete_fields
    fields: list[Field[Any, Any]] = [one for one in own if not one.primary_key and not one.generated]
    if model._meta.parents or model._meta.auto_field is None:
        raise TypeError(f"{model.__name__} has no number of its own")
    columns = ", ".join(f'"{one.column}"' for one in fields)
    places = ", ".join(["%s"] * len(fields))
    table, number = model._meta.db_table, model._meta.auto_field.column
    sql = f'INSERT INTO "{table}" ({columns}) VALUES ({places}) RETURNING "{number}"'  # noqa: S608
    return Statement(table, sql), fields


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> "tuple[Statement, list[Field[Any, Any]]]":
    fields: list[Field[Any, Any]] = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
    changes = ", ".join(f'"{one.column}" = %s' for one in fields)
    assert model._meta.pk is not None
    table = model._meta.db_table
    sql = f'UPDATE "{table}" SET {changes} WHERE "{model._meta.pk.column}" = %s'  # noqa: S608
    return Statement(table, sql), fields
