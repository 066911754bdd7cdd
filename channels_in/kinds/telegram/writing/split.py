"""Cutting what is too long for one message: between words, and not through formatting. Pure."""

from bisect import bisect_left

import regex

from channels_in.kinds.telegram.parsing.utf16 import Units
from channels_in.kinds.telegram.writing.rich import Rich, Span

TEXT_LIMIT = 4096  # UTF-16 units
CAPTION_LIMIT = 1024

_PARAGRAPH = regex.compile(r"\n[^\S\n]*\n\s*")
_LINE = regex.compile(r"\n\s*")
_SPACE = regex.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")
_LONGEST_GRAPHEME = 64


def split(rich: Rich, *, limit: int = TEXT_LIMIT) -> list[Rich]:
    """The parts in order, none empty, none over ``limit`` UTF-16 units; no text at all gives no part.

    A paragraph's end is best, then a line's, then a blank. A word is cut only if it alone is too long, and
    formatting only where what it covers is.
    """
    text = rich.text
    units = Units(text)
    solid = _solid(rich.spans)
    parts = []
    start, unit = 0, 0
    while start < len(text):
        end = units.start(unit + limit) if units.length - unit > limit else len(text)
        cut = len(text) if end >= len(text) else _cut(text, start, end, solid)
        part = rich.part(start, cut)
        if part.text:
            parts.append(part)
        start = cut
        while start < len(text) and text[start].isspace():
            start += 1
        unit = units.unit(start)
    return parts


def _solid(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    """Stretches that formatting covers, one after the other; what overlaps is one."""
    merged: list[tuple[int, int]] = []
    for span in spans:
        if merged and span.start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], span.end))
        else:
            merged.append((span.start, span.end))
    return merged


def _is_free(place: int, solid: list[tuple[int, int]]) -> bool:
    """Whether a cut here goes through no formatting."""
    index = bisect_left(solid, (place, 0)) - 1
    return index < 0 or place >= solid[index][1]


def _cut(text: str, start: int, end: int, solid: list[tuple[int, int]]) -> int:
    """Where the part that begins at ``start`` and cannot go beyond ``end`` should end."""
    # One more character: a blank right behind the part is a good place, too.
    window = text[start : end + 1]
    half = len(window) // 2
    paragraphs, lines, blanks = (
        [start + found.start() for found in pattern.finditer(window) if found.start()]
        for pattern in (_PARAGRAPH, _LINE, _SPACE)
    )
    for places, least in ((paragraphs, half), (lines, half), (blanks, 0)):
        for place in reversed(places):
            if place - start >= least and _is_free(place, solid):
                return place
    # What is left is covered by formatting as a whole, or one long word.
    for places, least in ((lines, half), (blanks, 0)):
        inside = [place for place in places if place - start >= least]
        if inside:
            return inside[-1]
    return _between_graphemes(text, start, end)


def _between_graphemes(text: str, start: int, end: int) -> int:
    """As far as it goes without taking a letter from its accent, or a family of emoji apart."""
    begin = max(start, end - _LONGEST_GRAPHEME)
    starts = [found.start() for found in _GRAPHEME.finditer(text, begin, end + _LONGEST_GRAPHEME)]
    fitting = [place for place in starts if start < place <= end]
    return fitting[-1] if fitting else end
