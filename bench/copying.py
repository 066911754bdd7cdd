"""Rows into tables by COPY, and indexes put aside while they come."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: Any) -> str:
    """One value in COPY's text format (PostgreSQL manual, "COPY", text format)."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(int(value))  # of an enumeration too
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder).translate(_ESCAPES)


def copy(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append ``rows`` to the model's table; ``columns`` are the database's names."""
    lines = "".join("\t".join([_field(value) for value in row]) + "\n" for row in rows)
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {model._meta.db_table} ({names}) FROM STDIN", io.StringIO(lines))


def copy_objects(model: type[Model], objects: Sequence[Model]) -> None:
    """Append unsaved model instances that already have their keys."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    copy(
        model,
        [field.column for field in fields],
        ([getattr(item, field.attname) for field in fields] for item in objects),
    )


def set_sequences(models: Iterable[type[Model]]) -> None:
    """Let the next row get the number after the last copied one."""
    with connection.cursor() as cursor:
        for model in models:
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), max({key})) FROM {table} "
                f"HAVING max({key}) IS NOT NULL"
            )


@contextmanager
def indexes_aside(models: Sequence[type[Model]]) -> Iterator[None]:
    """Drop the indexes of these tables that no constraint needs, and build them again afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT quote_ident(indexname), indexdef FROM pg_indexes
             WHERE tablename = ANY(%s) AND schemaname = current_schema()
               AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)
            """,
            [[model._meta.db_table for model in models]],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _name, definition in indexes:
            cursor.execute(definition)


@contextmanager
def unchecked() -> Iterator[None]:
    """Without foreign-key triggers, where the role may do so: a test proves that the seed keeps the keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        superuser = cursor.fetchone()[0]
        if superuser:
            cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            if superuser:
                cursor.execute("RESET session_replication_role")
