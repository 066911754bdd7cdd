"""Formatting of a message: Telegram's entities over UTF-16 units into sanitised HTML. Pure.

Entities of Telegram nest. What else is met may overlap anyhow, point past the end or into half a character:
every one of them gives well-formed HTML, and the text stays what it was.
Source: https://core.telegram.org/bots/api#messageentity
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from channels_in.kinds.telegram.parsing.reading import Json, number, table, words
from channels_in.kinds.telegram.parsing.utf16 import Units
from common.html import SAFE_LINK, sanitise

MOST = 200  # Telegram has 100 a message
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NAME = re.compile(r"@?\w{1,64}", re.ASCII)
_SIMPLE = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
# What a text shows by itself, without HTML.
_PLAIN = frozenset(("url", "email", "phone_number", "mention", "hashtag", "cashtag", "bot_command"))
_BLOCKS = frozenset(("pre", "blockquote"))


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    tag: str
    href: str = ""

    @property
    def opening(self) -> str:
        return f'<{self.tag} href="{escape(self.href)}">' if self.href else f"<{self.tag}>"

    @property
    def closing(self) -> str:
        return f"</{self.tag}>"


def to_html(text: str, entities: list[Json]) -> tuple[str, bool]:
    """The text as sanitised HTML, and whether that says more than the text itself does."""
    if not text:
        return "", False
    units = Units(text)
    text = text.encode("utf-8", "replace").decode("utf-8")  # JSON can hold half a character; one for one
    spans = []
    formatted = False
    for entity in entities[:MOST]:
        span = _span(text, units, entity)
        if span is not None:
            spans.append(span)
            formatted = formatted or words(entity, "type") not in _PLAIN
    return sanitise(_write(text, spans)), formatted


def _span(text: str, units: Units, entity: Json) -> _Span | None:
    offset, length = number(entity, "offset"), number(entity, "length")
    if offset is None or length is None or length <= 0 or offset >= units.length or offset + length <= 0:
        return None
    start, end = units.start(offset), units.end(offset + length)
    kind = words(entity, "type")
    if tag := _SIMPLE.get(kind):
        return _Span(start, end, tag)
    if address := _LINKS.get(kind):
        href = address(entity, text[start:end].strip())
        return _Span(start, end, "a", href) if SAFE_LINK.match(href) else None
    return None


def _url(_entity: Json, shown: str) -> str:
    return shown if _SCHEME.match(shown) else f"https://{shown}"


def _mention(_entity: Json, shown: str) -> str:
    return f"https://t.me/{shown.lstrip('@')}" if _NAME.fullmatch(shown) else ""


def _text_mention(entity: Json, _shown: str) -> str:
    """A link only where the person has a public name: others have no address."""
    return _mention(entity, words(table(entity, "user"), "username"))


# What makes no web, mail or telephone address makes no link.
_LINKS: dict[str, Callable[[Json, str], str]] = {
    "url": _url,
    "text_link": lambda entity, _shown: words(entity, "url"),
    "email": lambda _entity, shown: f"mailto:{shown}",
    "phone_number": lambda _entity, shown: "tel:" + re.sub(r"[^\d+]", "", shown),
    "mention": _mention,
    "text_mention": _text_mention,
}


def _write(text: str, spans: list[_Span]) -> str:
    """Tags round the text, closed and opened anew where spans overlap without nesting."""
    cuts = sorted({0, len(text), *(one.start for one in spans), *(one.end for one in spans)})
    starting: dict[int, list[_Span]] = {}
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        starting.setdefault(span.start, []).append(span)
    out: list[str] = []
    open_spans: list[_Span] = []
    for here, following in zip(cuts, [*cuts[1:], len(text)], strict=True):
        again = _close(out, open_spans, here)
        for span in [*again, *starting.get(here, [])]:
            if span.tag == "a" and any(one.tag == "a" for one in open_spans):
                continue  # HTML has no link within a link
            out.append(span.opening)
            open_spans.append(span)
        out.append(_escaped(text[here:following], in_pre=any(one.tag == "pre" for one in open_spans)))
    return _tidy("".join(out))


def _close(out: list[str], open_spans: list[_Span], here: int) -> list[_Span]:
    """Close what ends here with all that lies within it; returns what of that goes on."""
    first = next((place for place, one in enumerate(open_spans) if one.end <= here), None)
    if first is None:
        return []
    again = []
    while len(open_spans) > first:
        span = open_spans.pop()
        out.append(span.closing)
        if span.end > here:
            again.append(span)
    return again[::-1]


def _escaped(text: str, *, in_pre: bool) -> str:
    escaped = escape(text, quote=False)
    return escaped if in_pre else escaped.replace("\n", "<br>")


def _tidy(html: str) -> str:
    """A block begins a line by itself: a line end right behind it would show as an empty line."""
    for tag in _BLOCKS:
        html = html.replace(f"</{tag}><br>", f"</{tag}>")
    return html
