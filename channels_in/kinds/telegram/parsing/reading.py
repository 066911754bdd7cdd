"""Careful hands for JSON that anybody may have written: what has not the shape asked for is not there."""

from typing import Any

Json = dict[str, Any]

_BIGINT = 2**63


def table(source: Any, name: str) -> Json:
    """The object under ``name``; empty if there is none."""
    found = source.get(name) if isinstance(source, dict) else None
    return found if isinstance(found, dict) else {}


def rows(source: Any, name: str, *, most: int = 100) -> list[Json]:
    """The objects of the list under ``name``, at most so many."""
    found = source.get(name) if isinstance(source, dict) else None
    return [one for one in found[:most] if isinstance(one, dict)] if isinstance(found, list) else []


def words(source: Any, name: str) -> str:
    found = source.get(name) if isinstance(source, dict) else None
    return found if isinstance(found, str) else ""


def number(source: Any, name: str) -> int | None:
    """A whole number that a database can hold."""
    found = source.get(name) if isinstance(source, dict) else None
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if -_BIGINT <= found < _BIGINT else None


def decimal(source: Any, name: str) -> float | None:
    found = source.get(name) if isinstance(source, dict) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
