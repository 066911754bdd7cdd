"""Text as we store, search and abbreviate it."""

import re
from functools import lru_cache

_SPACES = re.compile(r"\s+")
_YO = str.maketrans("ёЁ", "еЕ")
_INNER = str.maketrans("«»“”", "„“‘’")


def storable(text: str) -> str:
    """Without NUL, which PostgreSQL's text cannot hold, nor lone surrogates, which UTF-8 cannot."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def number(text: str | None) -> int | None:
    """A key or a count as it stands in an address or a form; None for what is none, or no bigint can hold."""
    fits = text is not None and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if text is not None and fits else None


def one_line(text: str, limit: int) -> str:
    """White space folded to single blanks, cut at ``limit`` characters with an ellipsis."""
    line = _SPACES.sub(" ", text[: limit * 4]).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def within_quotes(text: str) -> str:
    """As it stands within quotation marks, Russian or English ones: its own become the inner ones."""
    return text.translate(_INNER)


@lru_cache(maxsize=128)  # fifty rules ask for words of the same text
def fold(text: str) -> str:
    """For comparing what people type: ё as е, lower case, single blanks."""
    return _SPACES.sub(" ", text).strip().lower().translate(_YO)
