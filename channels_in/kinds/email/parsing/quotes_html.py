"""Fold quoted history of an HTML mail by the containers and markers its mail program leaves.

Works on the source by positions, so that what is shown and what is folded are slices of one text. Outlook's
markers fold everything after them; Gmail, Yahoo, Proton, Apple, Thunderbird, Mail.ru and Yandex have a
container, and what the sender wrote below it stays.
"""

import re
from dataclasses import dataclass
from html import unescape

from channels_in.kinds.email.parsing import phrases as say
from channels_in.kinds.email.parsing.quotes import attribution_size, starts_history
from common.html import to_text
from common.html_text import BLOCK
from common.html_tokens import VOID, Token, attributes, tokens

CONTAINER_CLASS = re.compile(
    r"(?:^|[\s_])(?:gmail_quote(?:_container)?|gmail_extra_quote|yahoo_quoted|protonmail_quote|tutanota_quote"
    r"|moz-cite-prefix|zmail_extra|mailru-blockquote|quote-container|crm_quote|hs_reply|front-blockquote"
    r"|freshdesk_quote|ydp\w{0,12}yahoo_quoted|skiff_quote|mcntgmail_quote)(?=\s|$)",
    re.IGNORECASE,
)
MARKER_ID = re.compile(
    r"^(?:x_)*(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|stopSpelling|isForwardContent|isReplyContent"
    r"|mail-editor-reference-message-container|ms-outlook-mobile-reference-message"
    r"|reply-separator|zwchr|origbody|replySplit)$",
    re.IGNORECASE,
)
MARKER_CLASS = re.compile(
    r"(?:^|\s)(?:OutlookMessageHeader|ms-outlook-mobile-reference-message|zwchr)(?=\s|$)"
)
# Outlook on the desktop draws a line above the header block.
BORDER_TOP = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+[#\w]+\s+1(?:\.0)?pt|border-top:\s*#\w+\s+1px\s+solid", re.I
)
# A quick look before the careful one: without any of this there is nothing to fold.
HINT = re.compile(
    r"quote|blockquote|cite|RplyFwd|appendonsend|OLK_SRC|stopSpelling|border-top"
    r"|reference-message|zwchr|origbody"
    r"|[-_=]{2}|wrote|schrieb|пис|пише|:\s*(?:<|$)|From|От",
    re.IGNORECASE | re.MULTILINE,
)


# A mail with more quotes than this side by side is no talk between people.
MOST_BLOCKQUOTES = 500


@dataclass(frozen=True)
class Line:
    """A line as a reader sees it, and where its text begins in the source."""

    text: str
    start: int


def split(html: str) -> tuple[str, str | None]:
    """The source of the visible part and of the folded part; None if nothing is folded."""
    if not HINT.search(html):
        return html, None
    found = list(tokens(html))
    ranges = _merge(_ranges(html, found))
    if not ranges:
        return html, None
    visible = _outside(html, found, ranges)
    if not to_text(visible).strip() and "<img" not in visible.lower():
        return html, None
    return visible, "".join(html[start:stop] for start, stop in ranges)


def _ranges(html: str, found: list[Token]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    lines = _lines(html, found)
    texts = [line.text for line in lines]
    covered = 0
    for index, token in enumerate(found):
        if (
            token.kind != "open"
            or token.start < covered
            or (not token.attributes and token.name != "blockquote")
        ):
            continue
        named = attributes(token.attributes)
        if _is_marker(token, named, lines, texts):
            ranges.append((token.start, len(html)))
            break
        if _is_container(token, named, lines, texts):
            covered = _close_of(found, index)
            ranges.append((_introduction(lines, texts, token.start), covered))
    history = _history_start(lines, texts, ranges)
    if history is not None:
        ranges.append((history, len(html)))
    return ranges


def _is_marker(token: Token, named: dict[str, str], lines: list[Line], texts: list[str]) -> bool:
    if MARKER_ID.match(named.get("id", "").strip()) or MARKER_CLASS.search(named.get("class", "")):
        return True
    if "style" in named and BORDER_TOP.search(named["style"]):
        first = _line_at(lines, token.start)
        return first < len(lines) and say.field_kind(texts[first]) in ("from", "date")
    return False


def _is_container(token: Token, named: dict[str, str], lines: list[Line], texts: list[str]) -> bool:
    if CONTAINER_CLASS.search(named.get("class", "")):
        return True
    if token.name != "blockquote":
        return False
    if named.get("type", "").lower() == "cite" or "border-left" in named.get("style", "").replace(" ", ""):
        return True
    return _introduction(lines, texts, token.start) < token.start


def _introduction(lines: list[Line], texts: list[str], position: int) -> int:
    """Where the "On … wrote:" directly before ``position`` begins, else ``position``."""
    last = _line_at(lines, position) - 1
    while last >= 0 and not texts[last].strip():
        last -= 1
    for first in range(last, max(-1, last - 4), -1):
        size = attribution_size(texts, first)
        if size and first + size - 1 == last:
            return lines[first].start
    return position


def _line_at(lines: list[Line], position: int) -> int:
    """Index of the first line that begins at or after ``position``."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if lines[middle].start < position:
            low = middle + 1
        else:
            high = middle
    return low


def _history_start(lines: list[Line], texts: list[str], ranges: list[tuple[int, int]]) -> int | None:
    """Where an earlier message begins that only its words tell: a header block or a delimiter."""
    limit = min((start for start, _ in ranges), default=None)
    for index, line in enumerate(lines):
        if limit is not None and line.start >= limit:
            return None
        if starts_history(texts, index):
            return line.start
    return None


def _close_of(found: list[Token], index: int) -> int:
    """Position behind the element that opens at ``index``; the end of the source if it is never closed."""
    name, depth = found[index].name, 0
    for token in found[index:]:
        if token.name == name and token.kind == "open":
            depth += 1
        elif token.name == name and token.kind == "close":
            depth -= 1
            if depth == 0:
                return token.end
    return found[-1].end


def _merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _outside(html: str, found: list[Token], ranges: list[tuple[int, int]]) -> str:
    """What lies outside the ranges; a tag that a range opens or closes for the outside is kept."""
    out, position, index = [], 0, 0
    for start, stop in ranges:
        out.append(html[position:start])
        opened: list[str] = []
        while index < len(found) and found[index].start < start:
            index += 1
        while index < len(found) and found[index].end <= stop:
            token = found[index]
            if token.kind == "open" and token.name not in VOID:
                opened.append(token.name)
            elif token.kind == "close":
                if token.name in opened[-50:]:
                    while opened.pop() != token.name:
                        pass
                elif not opened:
                    out.append(f"</{token.name}>")
            index += 1
        position = stop
    out.append(html[position:])
    return "".join(out)


def _lines(html: str, found: list[Token]) -> list[Line]:
    lines: list[Line] = []
    words: list[str] = []
    start = -1
    for token in found:
        if token.kind == "text":
            piece = re.sub(r"\s+", " ", unescape(html[token.start : token.end]))
            if start < 0 and piece.strip():
                start = token.start
            if start >= 0:
                words.append(piece)
        elif (token.name in BLOCK or token.name == "br") and start >= 0:
            lines.append(Line("".join(words).strip(), start))
            words, start = [], -1
        elif token.name == "br":
            lines.append(Line("", token.start))
    if start >= 0:
        lines.append(Line("".join(words).strip(), start))
    return lines
