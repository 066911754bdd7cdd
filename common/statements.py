"""Statements made up once a process and planned once a connection: for what runs with every word of a chat,
and with every page.

Django makes up the same statement anew each time, and PostgreSQL reads and plans it anew each time; both cost
several times what carrying it out does. What is prepared here is the ORM's own SQL, or ours, with the values
of the moment, and gives the ORM's own rows.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet, ObjectDoesNotExist
from django.db import DatabaseError, connection
from django.db.models import Field, Model, QuerySet
from django.db.models import query as orm
from django.db.models.query import ModelIterable, ValuesIterable

T = TypeVar("T")
M = TypeVar("M", bound=Model)

# PostgreSQL's codes for a plan that a migration has overtaken, and for a statement that is not there.
_OUTDATED = {"0A000", "26000"}
# What each connection has prepared so far; it forgets with the connection.
_prepared: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()
_PLACE = re.compile(r"%(?:\((\w+)\))?s|%%")


class Statement:
    """One statement with its places, ``%s`` or ``%(name)s``, prepared by each connection that uses it.

    ``about``, the table say, is told by its name in the logs of the database. A value's type must follow from
    where it stands: cast it where it does not.
    """

    def __init__(self, about: str, sql: str) -> None:
        self.places: list[str] = []  # the names; none where values come in order
        self._count = 0
        text = _PLACE.sub(self._numbered, sql)
        # The same in every process and after a restart: a name never means another statement.
        self.name = f"{about[:40]}_{sha256(text.encode()).hexdigest()[:12]}"
        self.text = f"PREPARE {self.name} AS {text}"
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
            # Not ours to count: it is no question asked. Its errors are Django's all the same.
            with connection.wrap_database_errors, connection.connection.cursor() as own:
                own.execute(self.text)
            known.add(self.name)
        if isinstance(values, Mapping):
            values = [values[name] for name in self.places]
        try:
            cursor.execute(self.call, values)
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", "") in _OUTDATED:
                connection.close_at = 0  # the next request gets a connection that has prepared nothing
            raise
        return cursor


class Key(int):
    """A slot for the key of a row."""


# Values that nothing else in a statement has, since keys are not negative and nobody enters such numbers:
# they hold the places of those that come with each call.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda number: 2_100_000_000 + number,
    Key: lambda number: -2_100_000_000 - number,
    str: lambda number: f"\x01slot {number}",
    datetime: lambda number: datetime(1, 1, 1 + number, tzinfo=UTC),
    list: lambda number: [-2_100_000_000 - number],
}
_FAR = 2**63  # what a column of PostgreSQL holds; a number beyond is in none


class NotOnce(ValueError):
    """A query that cannot be made up once for all: a value gets lost in it, or is part of another."""


class Prepared(Generic[T]):
    """A query whose statement stays the same but for its ``slots``: names and types of values.

    ``build`` is called with a stand-in for each, once, when the query is first asked; values may stand
    wherever the ORM passes them on as they are, those of a ``list``, which are keys, after ``__in`` or where
    one key is asked for; an ``int`` is compared with 32 bits or more. None finds nothing. Rows are models
    with whatever they select, or with ``values_list`` tuples, or with ``values`` dicts. No prefetching, no
    generated SQL that depends on a value. ``may_lack``: slots that need not be in it.

    ``build`` may also give SQL made of the ORM's, with its values: then rows are tuples as they come.
    Raises ``NotOnce`` when asked for what cannot be made up like that.
    """

    def __init__(
        self,
        build: "Callable[..., QuerySet[Any, Any] | tuple[str, Sequence[Any]]]",
        /,
        *,
        may_lack: Collection[str] = (),
        **slots: type,
    ) -> None:
        self._build = build
        self._stand_ins = {name: _STAND_INS[kind](at) for at, (name, kind) in enumerate(slots.items())}
        self._may_lack = may_lack
        self._plan: _Plan | None = None

    def all(self, **values: Any) -> list[T]:
        """All rows, for values of every slot."""
        return self.given(values)

    def given(self, values: Mapping[str, Any]) -> list[T]:
        """``all``, with values that are looked up only where a slot needs them."""
        plan = self._plan
        if plan is None:
            try:
                plan = self._plan = _Plan(self._build(**self._stand_ins), self._stand_ins, self._may_lack)
            except EmptyResultSet:  # Django sees that nothing can match, whatever the values
                return []
        filled = [values[name] for name in plan.slots]
        if any(isinstance(value, int) and not -_FAR <= value < _FAR for value in filled):
            return []
        with connection.cursor() as cursor:
            plan.statement.run(cursor, filled)
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

    def __init__(
        self,
        built: QuerySet[Any, Any] | tuple[str, Sequence[Any]],
        stand_ins: dict[str, Any],
        may_lack: Collection[str],
    ) -> None:
        if isinstance(built, tuple):
            about, (sql, params) = "made", built
        else:
            about = built.model._meta.db_table
            compiler = built.query.get_compiler(using=connection.alias)
            sql, params = compiler.as_sql()
        sql, self.slots = parted(sql, params, stand_ins)
        if set(stand_ins) - set(self.slots) - set(may_lack):
            raise NotOnce("a slot is missing in the statement")
        self.statement = Statement(about, sql)
        self.converters: list[Any] = []
        self.info: Any = None
        self.gives_dicts = False
        if isinstance(built, QuerySet):
            self._know_rows(built, compiler)

    def _know_rows(self, queryset: QuerySet[Any, Any], compiler: Any) -> None:
        query = queryset.query
        self.name = queryset.model.__name__
        self.missing: type[ObjectDoesNotExist] = queryset.model.DoesNotExist
        self.converters = list(
            compiler.get_converters([expression for expression, *_ in compiler.select]).items()
        )
        shape = queryset._iterable_class
        self.keys = list(query.selected or ())
        self.gives_dicts = shape is ValuesIterable
        info = self.info = compiler.klass_info if issubclass(shape, ModelIterable) else None
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
            return dict(zip(self.keys, row, strict=True)) if self.gives_dicts else tuple(row)
        found = self.info["model"].from_db(connection.alias, self.columns, row[self.own])
        for populator in self.related:
            populator.populate(row, found)
        for name, at in self.annotations:
            setattr(found, name, row[at])
        return found


def parted(sql: str, params: Sequence[Any], stand_ins: Mapping[str, Any]) -> tuple[str, list[str]]:
    """A statement of the ORM's with stand-ins among its values: its text, and the slots in the order of their
    places.

    All other values become part of the text: a plan for whatever the slots hold must know them to use a
    partial index. Raises ``NotOnce`` where a stand-in is hidden in another value.
    """
    lists = {value[0]: name for name, value in stand_ins.items() if isinstance(value, list)}
    names = {value: name for name, value in stand_ins.items() if not isinstance(value, list)} | lists
    slots: list[str] = []
    text: list[str] = []
    values = iter(params)
    end = 0
    for place in _PLACE.finditer(sql):
        if place[0] == "%%":
            continue
        value = next(values)
        before = sql[end : place.start()]
        text.append(before)
        end = place.end()
        name = names.get(value) if isinstance(value, int | str | datetime) else None
        if name is None:
            whole = repr(getattr(value, "adapted", value))  # of psycopg2's own, what it was made of
            if any(repr(stand_in).strip("'") in whole for stand_in in names):
                raise NotOnce("a slot is inside of another value")
            text.append(_literal(value).replace("%", "%%"))
            continue
        slots.append(name)
        if value in lists:
            if before.endswith(" = "):  # so a condition with one value is asked
                text[-1] = before.removesuffix("= ")
                text.append("= ANY (%s::bigint[])")
            elif before.endswith(" IN (") and sql[end : end + 1] == ")":
                text[-1] = before.removesuffix("IN (")
                text.append("= ANY (%s::bigint[]")
            else:
                raise NotOnce("a list of keys stands where none can")
            continue
        text.append("%s")
    text.append(sql[end:])
    return "".join(text), slots


def _literal(value: Any) -> str:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        return str(cursor.mogrify("%s", [value]).decode())


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
