"""The window's modules as one, for a phone on a slow line: one request instead of seven, and smaller.

Our modules only: imports of each other fall away, so their top-level names must differ (a test says so), and
what stands in the sources for people (comments on lines of their own, indentation) stays there.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings

# Each after those it imports from.
MODULES = ("dom.js", "link.js", "talk.js", "forms.js", "composer.js", "app.js")
FOLDER = Path(settings.BASE_DIR) / "static" / "chat"
_IMPORT = re.compile(r'^import [^"]*"\./[a-z]+\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_COMMENT = re.compile(r"^\s*//.*$\n?", re.MULTILINE)
_INDENTED = re.compile(r"^\s+", re.MULTILINE)
_IN_CSS = re.compile(r"\s*([{};,]|:(?= ))\s*")  # a selector's colon has no blank after it
_IN_JS = re.compile(r" (=>|={1,3}|!==|&&|\|\||\?|:|[<>]=) |(?<=\)) (?={)")  # none stands in a text


@dataclass(frozen=True)
class Packed:
    text: str

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.text.encode(), 9, mtime=0)

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def app() -> Packed:
    return _read(MODULES)


def loader() -> Packed:
    return _read(("loader.js",))


def style() -> Packed:
    return _read(("app.css",))


def _read(names: tuple[str, ...]) -> Packed:
    # In development a changed file counts at once.
    changed = max((FOLDER / name).stat().st_mtime_ns for name in names) if settings.DEBUG else 0
    return _pack(names, changed)


@lru_cache(maxsize=16)
def _pack(names: tuple[str, ...], _changed: int) -> Packed:
    text = "".join(_bare((FOLDER / name).read_text(encoding="utf-8")) for name in names)
    if names[0].endswith(".css"):
        return Packed(_IN_CSS.sub(r"\1", text).replace(";}", "}"))
    return Packed(_IN_JS.sub(r"\1", text))


def _bare(source: str) -> str:
    for pattern in (_IMPORT, _EXPORT, _COMMENT, _INDENTED):
        source = pattern.sub("", source)
    return source
