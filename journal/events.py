"""Events: frozen dataclasses of ids and raw values, registered under a stable kind."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform


@dataclass(frozen=True)
class Event:
    """What an entry says. The stream is the first field, ``<stream>_id``."""

    kind: ClassVar[str]
    stream_type: ClassVar[str]

    @property
    def stream_id(self) -> int:
        return int(getattr(self, f"{self.stream_type}_id"))

    def as_data(self) -> dict[str, Any]:
        """All fields but the stream's, which the entry has in a column."""
        data = asdict(self)
        del data[f"{self.stream_type}_id"]
        return data


E = TypeVar("E", bound=type[Event])
_kinds: dict[str, type[Event]] = {}


@dataclass_transform(frozen_default=True)
def event(stream: str) -> Callable[[E], E]:
    """Register an event class. Its kind is the class name in snake case and must never change."""

    def register(cls: E) -> E:
        made = dataclass(frozen=True)(cls)
        made.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        made.stream_type = stream
        if fields(made)[0].name != f"{stream}_id":
            raise TypeError(f"{cls.__name__}: the first field must be {stream}_id")
        if made.kind in _kinds:
            raise TypeError(f"two events of kind {made.kind}")
        _kinds[made.kind] = made
        return made  # type: ignore[return-value]  # dataclass() gives the class it was given

    return register


def changed(**pairs: tuple[Any, Any]) -> dict[str, list[Any]]:
    """``changes`` of an event: of (old, new) those that differ."""
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new}


def known() -> Mapping[str, type[Event]]:
    """All registered events by their kind."""
    return _kinds


def load(kind: str, stream_id: int, data: dict[str, Any]) -> Event:
    """Rebuild the event of a stored entry. Fields it has since lost are dropped; new ones need defaults."""
    cls = _kinds[kind]
    known = {field.name for field in fields(cls)}
    values = {name: value for name, value in data.items() if name in known}
    return cls(**{f"{cls.stream_type}_id": stream_id}, **values)
