"""Readable plain text of HTML: paragraphs, lists, tables, links, quotes. Linear in the size of the input."""

import re
from html import unescape

from common.html_tokens import RAW, attributes, tokens

PARAGRAPH = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote figure".split())
BLOCK = PARAGRAPH | frozenset(
    "address article aside body center dd details div dt fieldset figcaption footer form header hr html"
    " legend li main nav section summary tbody tfoot thead tr caption".split()
)
CELLS = frozenset(("td", "th"))
DEEPEST_QUOTE = 6
# HTML's own white space, without the no-break space.
SPACE = re.compile(r"[ \t\r\n\f]+")


class _Writer:
    """Collects lines; asks for line ends lazily, so that neighbouring blocks share them."""

    def __init__(self, deepest_quote: int) -> None:
        self.deepest_quote = deepest_quote
        self.lines: list[str] = []
        self.line: list[str] = []
        self.blank_wanted = False
        self.quote = self.last_quote = 0
        self.prefix = ""

    def text(self, words: str) -> None:
        if not self.line:
            words = words.lstrip(" ")
        elif self.line[-1].endswith(" "):
            words = words.removeprefix(" ")
        if words:
            self.line.append(words)

    def end_line(self) -> None:
        if not self.line:
            return
        content = "".join(self.line).rstrip(" ")
        self.line = []
        if content:
            if self.blank_wanted and self.lines:
                # The blank line before and after a quote is not part of it.
                self.lines.append(">" * min(self.quote, self.last_quote))
            self.blank_wanted = False
            self.last_quote = self.quote
            self.lines.append(self._quoted(self.prefix + content))
            self.prefix = " " * len(self.prefix)

    def break_line(self) -> None:
        if self.line:
            self.end_line()
        else:
            self.lines.append(self._quoted(""))

    def paragraph(self) -> None:
        self.end_line()
        self.blank_wanted = True

    def _quoted(self, content: str) -> str:
        return f"{'>' * self.quote} {content}".rstrip() if self.quote else content


def to_text(html: str, *, links: bool = True, quote_marks: bool = True) -> str:
    """Plain text of an HTML document or fragment.

    Addresses of links follow in angle brackets where the text does not show them; list items get a mark,
    cells are parted by tabs, quotes get ``>`` unless ``quote_marks`` is off. Scripts,
    styles and the head's title are left out.
    """
    writer = _Writer(DEEPEST_QUOTE if quote_marks else 0)
    lists: list[int | None] = []
    anchors: list[tuple[str, int]] = []
    in_pre = 0
    for token in tokens(html):
        if token.kind == "text":
            words = html[token.start : token.end]
            words = unescape(words) if "&" in words else words
            if in_pre:
                _preformatted(writer, words)
            else:
                writer.text(SPACE.sub(" ", words))
        elif token.kind == "other":
            continue
        elif token.kind == "open":
            name = token.name
            if name == "br":
                writer.break_line()
            elif name in CELLS:
                if writer.line:
                    writer.line.append("\t")
            elif name == "a" and links:
                anchors.append((attributes(token.attributes).get("href", "").strip(), len(writer.lines)))
                writer.line.append("")
                anchors[-1] = (anchors[-1][0], len(writer.line))
            elif name == "img":
                alt = attributes(token.attributes).get("alt", "")
                if 0 < len(alt) <= 8 and not alt.isascii():
                    # Mail programs send emoji as images.
                    writer.text(alt)
            elif name in BLOCK:
                _open_block(writer, name, token.attributes, lists)
                in_pre += name == "pre"
            elif name in RAW:
                continue
        elif token.name == "a" and anchors:
            href, start = anchors.pop()
            shown = "".join(writer.line[start:]).strip()
            if _worth_showing(href, shown):
                writer.line.append(f" <{href}>")
        elif token.name in BLOCK:
            if token.name in ("ul", "ol") and lists:
                lists.pop()
            if token.name == "pre":
                in_pre = max(0, in_pre - 1)
            writer.paragraph() if token.name in PARAGRAPH else writer.end_line()
            if token.name == "blockquote":
                writer.quote = max(0, writer.quote - 1)
            if token.name in ("li", "ul", "ol"):
                writer.prefix = ""
    writer.end_line()
    return re.sub(r"\n(?:[ \t\xa0]*\n){2,}", "\n\n", "\n".join(writer.lines)).strip("\n")


def _open_block(writer: _Writer, name: str, source: str, lists: list[int | None]) -> None:
    if name in PARAGRAPH and not (name in ("ul", "ol") and lists):
        writer.paragraph()
    else:
        writer.end_line()
    if name == "blockquote":
        writer.quote = min(writer.deepest_quote, writer.quote + 1)
    elif name == "ul":
        lists.append(None)
    elif name == "ol":
        start = attributes(source).get("start", "1")
        lists.append(int(start) if start.isdecimal() and len(start) < 6 else 1)
    elif name == "li":
        indent = "  " * min(8, max(0, len(lists) - 1))
        number = lists[-1] if lists else None
        writer.prefix = f"{indent}- " if number is None else f"{indent}{number}. "
        if lists and number is not None:
            lists[-1] = number + 1
    elif name == "hr":
        writer.lines.append("---")


def _preformatted(writer: _Writer, words: str) -> None:
    first, *rest = words.replace("\r\n", "\n").split("\n")
    if first:
        writer.line.append(first)
    for line in rest:
        writer.break_line()
        if line:
            writer.line.append(line)


def _worth_showing(href: str, shown: str) -> bool:
    """Whether a link's address tells more than its text: a web address the reader does not see already."""
    if not href.lower().startswith(("http://", "https://")) or len(href) > 500 or not shown:
        return False
    bare = re.sub(r"^https?://(www\.)?", "", href.lower()).rstrip("/")
    return re.sub(r"^https?://(www\.)?", "", shown.lower()).rstrip("/") != bare
