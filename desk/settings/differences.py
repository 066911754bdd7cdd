"""What differs between two versions of a thing, in the reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """``what`` is a part of it; ``old`` and ``new`` are empty where it was, or is, not there."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        """``Condition: Priority is high → Priority is high or urgent``."""
        return f"{self.what}: {self.old or '—'} → {self.new or '—'}"


def differing(*lines: tuple[str, str, str]) -> list[Difference]:
    """Of (what, old, new) those that differ."""
    return [Difference(what, old, new) for what, old, new in lines if old != new]


def without(these: Sequence[T], those: Sequence[T]) -> list[T]:
    """What is in ``these`` more often than in ``those``."""
    rest = list(those)
    found = []
    for one in these:
        if one in rest:
            rest.remove(one)
        else:
            found.append(one)
    return found


@dataclass(frozen=True)
class Part:
    """``what`` a part of a thing is called, and what it says in one version."""

    what: str
    words: str


def between(old: Mapping[str, Part], new: Mapping[str, Part], within: str = "") -> list[Difference]:
    """Of the parts of two versions, by keys that stay the same, those that differ.

    ``within``: the larger part that all of them belong to.
    """
    order = [*new, *(key for key in old if key not in new)]
    before = f"{within} · " if within else ""
    return differing(
        *(
            (
                before + (new.get(key) or old[key]).what,
                old[key].words if key in old else "",
                new[key].words if key in new else "",
            )
            for key in order
        )
    )
