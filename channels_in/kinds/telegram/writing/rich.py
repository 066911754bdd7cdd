"""Text with formatting as Telegram has it: entities over a plain text, made from our HTML. Pure.

We send entities, not markup: nothing needs escaping, and a cut is a matter of numbers.
Source of what may stand within what: https://core.telegram.org/bots/api#formatting-options
"""

from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from channels_in.kinds.telegram.parsing.utf16 import length
from common.html_text import SPACE
from common.html_tokens import Token, attributes, tokens

MOST_ENTITIES = 100  # of one message; Telegram ignores what is beyond
_INLINE = {
    **dict.fromkeys(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"), "bold"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "del", "strike"), "strikethrough"),
    **dict.fromkeys(("code", "tt", "kbd", "samp"), "code"),
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote figure".split())
_BLOCKS = _PARAGRAPHS | frozenset(
    "address article aside center dd details div dt figcaption footer form header li main nav section"
    " summary tbody tfoot thead tr caption".split()
)
_VERBATIM = frozenset(("pre", "code"))
_DEEPEST_LIST = 6


@dataclass(frozen=True)
class Span:
    """Formatting from one character to another, counted as Python does."""

    start: int
    end: int
    kind: str
    url: str = ""


@dataclass(frozen=True)
class Rich:
    text: str
    spans: tuple[Span, ...] = ()

    @property
    def length(self) -> int:
        """In UTF-16 units, as Telegram counts."""
        return length(self.text)

    def part(self, start: int, end: int) -> "Rich":
        """What lies between two characters, without white space at its ends; spans are cut to fit."""
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        end = max(start, end - (len(piece) - len(piece.rstrip())))
        return Rich(self.text[start:end], _fitted(self.text[start:end], self.spans, start))

    def entities(self) -> list[dict[str, Any]]:
        """For the Bot API: offsets and lengths in UTF-16 units, the outer before the inner."""
        found: list[dict[str, Any]] = []
        place = units = 0
        for span in self.spans[:MOST_ENTITIES]:
            units += length(self.text[place : span.start])
            place = span.start
            entity: dict[str, Any] = {
                "type": span.kind,
                "offset": units,
                "length": length(self.text[span.start : span.end]),
            }
            found.append(entity | ({"url": span.url} if span.url else {}))
        return found


def _fitted(text: str, spans: tuple[Span, ...], start: int) -> tuple[Span, ...]:
    """Those that touch ``text``, which begins at ``start``; without white space at their own ends."""
    found = []
    for span in spans:
        first, last = max(span.start - start, 0), min(span.end - start, len(text))
        words = text[first:last] if first < last else ""
        first += len(words) - len(words.lstrip())
        last -= len(words) - len(words.rstrip())
        if first < last:
            found.append(replace(span, start=first, end=last))
    return tuple(sorted(found, key=lambda one: (one.start, -one.end)))


def from_text(text: str) -> Rich:
    whole = Rich(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    return whole.part(0, len(whole.text))


def from_html(html: str) -> Rich:
    """Our own HTML as Telegram can show it: its subset as entities, lists as marks, blocks as lines."""
    builder = _Builder()
    for token in tokens(html.replace("\x00", "")):
        if token.kind == "text":
            source = html[token.start : token.end]
            builder.write(unescape(source) if "&" in source else source)
        elif token.kind == "open":
            builder.open(token)
        elif token.kind == "close":
            builder.close(token.name)
    return builder.finished()


class _Builder:
    """Collects text; line ends are written when more follows, so that neighbouring blocks share them."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.place = 0
        self.lines_wanted = 0
        self.at_line_start = True
        self.open_spans: list[tuple[str, Span]] = []
        self.spans: list[Span] = []
        self.lists: list[int | None] = []
        self.mark = ""

    @property
    def verbatim(self) -> bool:
        return any(span.kind in _VERBATIM for _name, span in self.open_spans)

    @property
    def in_pre(self) -> bool:
        return any(span.kind == "pre" for _name, span in self.open_spans)

    def write(self, words: str) -> None:
        if not self.in_pre:
            words = SPACE.sub(" ", words)
            if self.at_line_start or self.lines_wanted:
                words = words.lstrip(" ")
        if not words:
            return
        self._flush()
        self._add(words)

    def _flush(self) -> None:
        """Write the line ends, and the mark of a list item, that come before more text."""
        if self.lines_wanted and self.place:
            self._add("\n" * self.lines_wanted)
        self.lines_wanted = 0
        if self.mark:
            mark, self.mark = self.mark, ""
            self._add(mark)

    def _add(self, words: str) -> None:
        self.parts.append(words)
        self.place += len(words)
        self.at_line_start = words.endswith(("\n", " "))

    def open(self, token: Token) -> None:
        name = token.name
        if name == "br":
            self.lines_wanted = min(self.lines_wanted + 1, 3)
        elif name == "hr":
            self.lines(1)
            self.write("———")
            self.lines(1)
        elif name == "img":
            self.write(attributes(token.attributes).get("alt", "")[:100])
        elif name in ("td", "th") and not (self.at_line_start or self.lines_wanted):
            self._add("\t")
        elif name in _BLOCKS:
            self._open_block(token)
        kind = _INLINE.get(name)
        if kind and not self.verbatim and len(self.open_spans) < 100:
            nested = any(span.kind == kind and kind != "text_link" for _name, span in self.open_spans)
            url = _web(attributes(token.attributes).get("href", "")) if name == "a" else ""
            if not nested and (kind != "text_link" or url):
                self.open_spans.append((name, Span(self.place, self.place, kind, url)))
                return
        if kind:  # its closing tag must find something of its own
            self.open_spans.append((name, Span(self.place, self.place, "")))

    def _open_block(self, token: Token) -> None:
        name = token.name
        self.lines(2 if name in _PARAGRAPHS and not (name in ("ul", "ol") and self.lists) else 1)
        if name == "ul":
            self.lists.append(None)
        elif name == "ol":
            start = attributes(token.attributes).get("start", "1")
            self.lists.append(int(start) if start.isdecimal() and len(start) < 6 else 1)
        elif name == "li":
            indent = "  " * min(max(len(self.lists) - 1, 0), _DEEPEST_LIST)
            number = self.lists[-1] if self.lists else None
            self.mark = f"{indent}• " if number is None else f"{indent}{number}. "
            if self.lists and number is not None:
                self.lists[-1] = number + 1

    def lines(self, wanted: int) -> None:
        self.lines_wanted = max(self.lines_wanted, wanted)

    def close(self, name: str) -> None:
        if name in _BLOCKS:
            if name in ("ul", "ol") and self.lists:
                self.lists.pop()
            self.lines(2 if name in _PARAGRAPHS and not (name in ("ul", "ol") and self.lists) else 1)
            if name == "li":
                self.mark = ""
        for place in range(len(self.open_spans) - 1, -1, -1):
            if self.open_spans[place][0] == name:
                self._end(self.open_spans.pop(place)[1])
                return

    def _end(self, span: Span) -> None:
        if span.kind:
            self.spans.append(replace(span, end=self.place))

    def finished(self) -> Rich:
        while self.open_spans:
            self._end(self.open_spans.pop()[1])
        text = "".join(self.parts)
        whole = Rich(text, tuple(_nested(text, self.spans)))
        return whole.part(0, len(text))


def _web(href: str) -> str:
    """Telegram links to web addresses only."""
    href = href.strip()
    return href if href.lower().startswith(("http://", "https://")) and len(href) <= 2000 else ""


def _nested(text: str, spans: list[Span]) -> list[Span]:
    """Without what Telegram refuses: links that are their own text, overlaps, anything within code."""
    kept: list[Span] = []
    stack: list[Span] = []
    for found in _fitted(text, tuple(spans), 0):
        span = found
        if span.kind == "text_link" and span.url.rstrip("/") == text[span.start : span.end].rstrip("/"):
            continue
        while stack and stack[-1].end <= span.start:
            stack.pop()
        if stack and stack[-1].end < span.end:
            span = replace(span, end=stack[-1].end)
        if any(one.kind in _VERBATIM or one.kind == span.kind for one in stack):
            continue
        stack.append(span)
        kept.append(span)
    return kept
