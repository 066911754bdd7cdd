"""A linear, iterative tokeniser for HTML from outside: no tree, so that nesting and size cannot hurt.

It is good enough to read text and to find containers; what reaches a browser always goes through
``common.html.sanitise`` afterwards.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
RAW = frozenset("script style title textarea xmp iframe noembed noframes plaintext".split())

# A tag whose attributes are well quoted; possessive, so that a failure costs one pass at most.
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+)>"
)
# The same with a quote left open: ends at the next bracket.
_LOOSE_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>[^<>]*+)>?")
_MARKUP = re.compile(r"<[a-zA-Z/!?]")
_ATTRIBUTE = re.compile(r"([^\s=/>\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")


class Token(NamedTuple):
    kind: str  # "open", "close", "text", "other"
    name: str
    attributes: str
    start: int
    end: int


def tokens(html: str) -> Iterator[Token]:
    """Tags and the text between them, in order and without gaps; comments and raw elements are "other"."""
    position, end = 0, len(html)
    loose = False
    last_comment_end = html.rfind("-->")
    while position < end:
        markup = _MARKUP.search(html, position)
        if markup is None:
            yield Token("text", "", "", position, end)
            return
        start = markup.start()
        if start > position:
            yield Token("text", "", "", position, start)
        if html.startswith(("<!", "<?"), start):
            stop = _declaration_end(html, start, last_comment_end)
            yield Token("other", "", "", start, stop)
            position = stop
            continue
        match = None if loose else _TAG.match(html, start)
        if match is None and (match := _LOOSE_TAG.match(html, start)):
            # One failure may have read to the end of the document: pay for that only once.
            loose = True
        if match is None:
            yield Token("text", "", "", start, start + 1)
            position = start + 1
            continue
        name = match["name"].lower()
        kind = "close" if match["close"] else "open"
        position = match.end()
        yield Token(kind, name, match["attributes"], start, position)
        if kind == "open" and name in RAW:
            stop = _raw_end(html, name, position)
            if stop > position:
                yield Token("other", name, "", position, stop)
            position = stop


def _declaration_end(html: str, start: int, last_comment_end: int) -> int:
    if html.startswith("<!--", start):
        if last_comment_end < start + 4:
            # A comment without an end would hide all that follows; we read on.
            return min(start + 4, len(html))
        return html.find("-->", start + 4) + 3
    stop = html.find(">", start)
    return stop + 1 if stop >= 0 else len(html)


def _raw_end(html: str, name: str, position: int) -> int:
    closing = re.compile(rf"</{name}", re.IGNORECASE).search(html, position)
    return closing.start() if closing else len(html)


def attributes(source: str) -> dict[str, str]:
    """Attributes of a tag by lower-case name, entities resolved; the first of equal names counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source[:20000]):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found
