"""Telegram counts text in UTF-16 units: a character outside the basic plane is two. Pure."""

from bisect import bisect_left, bisect_right


def length(text: str) -> int:
    """UTF-16 units of a text."""
    return len(text) + sum(character > "\uffff" for character in text)


class Units:
    """Leads from places counted in UTF-16 units to places in a Python string."""

    def __init__(self, text: str) -> None:
        self.length = length(text)
        self._starts = None if self.length == len(text) else _starts(text)

    def start(self, unit: int) -> int:
        """The index of the character that this unit begins, or is within."""
        unit = min(max(unit, 0), self.length)
        return unit if self._starts is None else bisect_right(self._starts, unit) - 1

    def end(self, unit: int) -> int:
        """The index behind the character that ends before this unit, or has it within."""
        unit = min(max(unit, 0), self.length)
        return unit if self._starts is None else bisect_left(self._starts, unit)

    def unit(self, index: int) -> int:
        """At which unit the character with this index begins."""
        return index if self._starts is None else self._starts[index]


def _starts(text: str) -> list[int]:
    """At which unit each character begins, and where the text ends."""
    starts, unit = [], 0
    for character in text:
        starts.append(unit)
        unit += 2 if character > "\uffff" else 1
    return [*starts, unit]
