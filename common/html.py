"""HTML from outside: sanitising, remote images held back, and plain text in both directions. Pure.

What ``sanitise`` returns loads nothing and runs nothing: no script, no event handler, no ``javascript:`` or
``data:`` URL, no style that fetches or covers the page. Images by ``cid:`` keep that reference for
``replace_cids``; images from elsewhere become ``data-remote-src`` until ``restore_remote`` is asked for.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape, unescape

import nh3

from common.html_text import to_text
from common.html_tokens import VOID, tokens

__all__ = [
    "count_remote",
    "linkify",
    "replace_cids",
    "restore_remote",
    "sanitise",
    "simplify",
    "text_to_html",
    "to_text",
    "too_complex",
]

TAGS = set(
    "a abbr address b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div"
    " dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section"
    " small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr".split()
)
DROPPED_WITH_CONTENT = set(
    "script style title noscript template iframe object embed applet xmp svg math".split()
)
GLOBAL_ATTRIBUTES = {"style", "dir", "lang", "align", "valign", "width", "height", "bgcolor", "title"}
ATTRIBUTES = {
    "*": GLOBAL_ATTRIBUTES,
    "a": {"href"},
    "img": {"src", "alt", "data-remote-src"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "col": {"span"},
    "colgroup": {"span"},
}
SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
CODE = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
REMOTE_IMAGE = re.compile(r"https?://", re.IGNORECASE)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]+")

CSS_PROPERTIES = re.compile(
    r"(?:background|background-color|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width|radius))?"
    r"|border-collapse|border-spacing|caption-side|clear|color|direction|display|empty-cells|float"
    r"|font(?:-(?:family|size|style|variant|weight))?|height|letter-spacing|line-height"
    r"|list-style(?:-(?:type|position))?|margin(?:-(?:top|right|bottom|left))?|max-height|max-width|min-height"
    r"|min-width|overflow-wrap|padding(?:-(?:top|right|bottom|left))?|table-layout"
    r"|text-(?:align|decoration|indent|transform)|vertical-align|white-space|width|word-(?:break|spacing|wrap))"
)
# Anything that fetches, computes or escapes; a backslash could spell any of it.
CSS_FORBIDDEN = re.compile(
    r"[\\<>{}@]|/\*|url|image|expression|javascript|var\s*\(|attr\s*\(|env\s*\(|element\s*\("
)

# More than any honest mail has; beyond it tree building is slow enough to be an attack, so text is shown.
MOST_TAGS, MOST_AMPERSANDS, DEEPEST = 60_000, 100_000, 150
MOST_WORDS = 1_000_000
ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*+>?")
RAW_ELEMENT = re.compile(r"<(style|script)\b[^<>]*+>[^<]*+</\1", re.IGNORECASE)
FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
DEEPEST_FORMATTING = 30

# nh3 writes a canonical form: every "<" in text and values escaped, every value in double quotes.
WEB_SOURCE = re.compile(r' src="(http[^"]*)"')
CANONICAL_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')


def sanitise(html: str) -> str:
    """A fragment that is safe to show inside a page of ours, in a sandbox all the same."""
    html = UNPRINTABLE.sub("", html)
    if too_complex(html):
        return simplify(html)
    clean = _cleaner.clean(_flatten(html))
    if "<img" not in clean:
        return clean
    return CANONICAL_IMAGE.sub(_hold_back, clean)


def too_complex(html: str) -> bool:
    """Whether the source has more markup than any honest mail."""
    return html.count("<") > MOST_TAGS or html.count("&") > MOST_AMPERSANDS


def simplify(html: str) -> str:
    """The words of a source that is too complex to look at closely, up to a million characters."""
    words = ANY_TAG.sub(" ", RAW_ELEMENT.sub(" ", html)).replace("<", " ")
    return text_to_html(unescape(words[:MOST_WORDS]))


def _hold_back(tag: re.Match[str]) -> str:
    """Move a web address out of ``src``; if one was held back before, that one counts."""
    new = "" if ' data-remote-src="' in tag[1] else r' data-remote-src="\1"'
    return WEB_SOURCE.sub(new, tag[0])


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """What is left of an attribute. nh3 keeps the value if its filter raises, so this one must not."""
    try:
        return _filtered(name, value)
    except Exception:
        return None


def _filtered(name: str, value: str) -> str | None:
    if name == "style":
        return filter_css(value) or None
    if name == "href":
        return _safe_link(value)
    if name == "src":
        return _image_source(value)
    if name == "data-remote-src":
        return value if REMOTE_IMAGE.match(value) else None
    # A title or alt is no address, yet nothing that looks like code needs to be in it.
    return None if CODE.match(CONTROL.sub("", value)) else value


def _safe_link(value: str) -> str | None:
    value = value.strip()
    return value if SAFE_LINK.match(value) else None


def _image_source(value: str) -> str | None:
    """A reference into the mail itself, or a web address in the one spelling ``_hold_back`` looks for."""
    value = CONTROL.sub("", value)
    if value.startswith("//"):
        value = "https:" + value
    scheme, mark, rest = value.partition(":")
    scheme = scheme.lower()
    if mark and scheme == "cid" and rest:
        return f"cid:{rest}"
    return f"{scheme}:{rest}" if scheme in ("http", "https") and rest.startswith("//") else None


@lru_cache(maxsize=4096)
def filter_css(style: str) -> str:
    """The declarations of a style attribute that only format; the rest is dropped."""
    kept = []
    for declaration in style[:10_000].split(";"):
        name, mark, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if value.count("'") % 2 or value.count('"') % 2:
            # A semicolon inside quotes: what is left of the value is no value.
            continue
        if mark and value and CSS_PROPERTIES.fullmatch(name) and not CSS_FORBIDDEN.search(value.lower()):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED_WITH_CONTENT,
    attributes=ATTRIBUTES,
    attribute_filter=_keep_attribute,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def _flatten(html: str) -> str:
    """Leave out tags nested deeper than any honest mail: tree building is quadratic in depth."""
    if html.count("<") <= DEEPEST:
        return html
    out, start = [], 0
    depth, formatting = 0, 0
    for token in tokens(html):
        if (
            token.kind not in ("open", "close")
            or token.name in VOID
            or token.name in ("p", "li", "html", "body")
        ):
            continue
        step = 1 if token.kind == "open" else -1
        if token.name in FORMATTING:
            too_deep = max(formatting, formatting + step) > DEEPEST_FORMATTING
            formatting = max(0, formatting + step)
        else:
            too_deep = max(depth, depth + step) > DEEPEST
            depth = max(0, depth + step)
        if too_deep:
            out.append(html[start : token.start])
            start = token.end
    out.append(html[start:])
    return "".join(out)


def count_remote(html: str) -> int:
    """How many remote images ``sanitise`` held back in this result of it."""
    return sum(' data-remote-src="' in tag for tag in CANONICAL_IMAGE.findall(html))


def restore_remote(html: str, rewrite: Callable[[str], str] | None = None) -> str:
    """Give held-back images their address again; ``rewrite`` may lead it through a proxy."""

    def show(tag: re.Match[str]) -> str:
        return re.sub(
            r' data-remote-src="([^"]*)"',
            lambda found: f' src="{_through(rewrite, found[1])}"',
            tag[0],
        )

    return CANONICAL_IMAGE.sub(show, html)


def _through(rewrite: Callable[[str], str] | None, value: str) -> str:
    return escape(rewrite(unescape(value))) if rewrite else value


def replace_cids(html: str, resolve: Callable[[str], str | None]) -> str:
    """Put addresses for ``cid:`` images; ``resolve`` takes the content id, None leaves the image empty."""

    def show(tag: re.Match[str]) -> str:
        def address(found: re.Match[str]) -> str:
            url = resolve(unescape(found[1]))
            return f' src="{escape(url)}"' if url else ""

        return re.sub(r' src="cid:([^"]*)"', address, tag[0])

    return CANONICAL_IMAGE.sub(show, html)


LINK_ATTRIBUTES = 'rel="noopener noreferrer nofollow" target="_blank"'
LINK = re.compile(
    r"(?P<web>\bhttps?://[^\s<>\"'«»]{1,2000}|\bwww\.[^\s<>\"'«»]{1,2000})"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
)


# HTML whose meaning hangs on its layout; the rest reads best as text of ours.
_LAYOUT = re.compile(r"<(img|table|center|font|video|audio|svg|style)\b|background|cid:", re.IGNORECASE)
# Foreign HTML lives under a policy of its own: no script, no form, no font, nothing from elsewhere unless the
# reader asked. allow-same-origin lets our page measure its height; without scripts it gives the mail nothing.
_FRAME = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src 'self' data:{images}; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def needs_frame(html: str) -> bool:
    """Whether it is shown in a frame of its own."""
    return bool(_LAYOUT.search(html))


def frame_policy(*, images: bool) -> str:
    """The Content-Security-Policy of such a frame; ``images``: those from elsewhere may be fetched."""
    return _FRAME.format(images=" https: http:" if images else "")


def linkify(text: str) -> str:
    """Escaped HTML of one run of text with its web and mail addresses as links."""
    out, position = [], 0
    for match in LINK.finditer(text):
        shown = match[0].rstrip(".,;:!?")
        while shown.endswith(")") and shown.count(")") > shown.count("("):
            shown = shown[:-1].rstrip(".,;:!?")
        target = f"mailto:{shown}" if match["mail"] else shown if "://" in shown else f"https://{shown}"
        out.append(escape(text[position : match.start()]))
        out.append(f'<a href="{escape(target)}" {LINK_ATTRIBUTES}>{escape(shown)}</a>')
        position = match.start() + len(shown)
    out.append(escape(text[position:]))
    return "".join(out)


def text_to_html(text: str) -> str:
    """Paragraphs for blank lines, ``<br>`` for line ends, links for addresses; nothing else is markup."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    return "".join(f"<p>{linkify(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip())
