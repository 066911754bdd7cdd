"""Of a kit's style sheet what our pages can use.

A kit has thousands of classes, a product uses dozens. A rule goes when its selector needs a class whose name
stands nowhere in our templates, scripts and code; what names elements, attributes and variables stays, and so
does whatever a name that we put together (``"btn-" ~ kind``) could become.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

WORD = re.compile(r"[A-Za-z_][\w-]*")
SUFFIXES = {".html", ".js", ".py"}
NOT_OURS = {"node_modules", "var", "tests", "bench", "docs", "scripts", "locale", "vendor", "migrations"}
_CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
_EITHER = re.compile(r":(?:not|is|where|has)\([^()]*\)")  # what stands in there need not all be so
_AT_WITH_RULES = ("@media", "@supports", "@layer", "@container")


def words(root: Path) -> frozenset[str]:
    """Every word of our sources that could be a class; those ending in "-" are beginnings of classes."""
    return frozenset(word for path in sources(root) for word in WORD.findall(path.read_text("utf-8")))


def sources(root: Path) -> Iterator[Path]:
    """The files in which classes are named."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in NOT_OURS and not each.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if Path(name).suffix in SUFFIXES)


def subset(css: str, known: Iterable[str]) -> str:
    """The rules of ``css`` that elements with classes of ``known`` can meet. Its comments hold no braces."""
    known = frozenset(known)
    beginnings = tuple(word for word in known if word.endswith("-") and len(word) > 3)
    return "".join(_kept(css, known, beginnings))


def _kept(css: str, known: frozenset[str], beginnings: tuple[str, ...]) -> Iterator[str]:
    for head, body in _rules(css):
        if body is None:
            yield head
        elif head.lstrip().startswith(_AT_WITH_RULES):
            if inner := "".join(_kept(body, known, beginnings)).strip():
                yield f"{head}{{{inner}}}"
        elif head.lstrip().startswith("@"):
            yield f"{head}{{{body}}}"
        elif kept := [each for each in _selectors(head) if _can_be(each, known, beginnings)]:
            yield f"{','.join(kept)}{{{body}}}"


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """(what stands before the braces, what stands in them), or (a statement without braces, None)."""
    start = depth = opened = 0
    quote = ""
    at = 0
    while at < len(css):
        one = css[at]
        if one == "\\":
            at += 1
        elif quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one == "{":
            opened = at if depth == 0 else opened
            depth += 1
        elif one == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened], css[opened + 1 : at]
                start = at + 1
        elif one == ";" and depth == 0:
            yield css[start : at + 1], None
            start = at + 1
        at += 1
    if css[start:].strip():
        yield css[start:], None


def _selectors(head: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    found, depth, start = [], 0, 0
    for at, one in enumerate(head):
        if one in "([":
            depth += 1
        elif one in ")]":
            depth -= 1
        elif one == "," and depth == 0:
            found.append(head[start:at])
            start = at + 1
    return [*found, head[start:]]


def _can_be(selector: str, known: frozenset[str], beginnings: tuple[str, ...]) -> bool:
    bare = selector
    while (shorter := _EITHER.sub("", bare)) != bare:
        bare = shorter
    return all(name in known or name.startswith(beginnings) for name in _CLASS.findall(bare))
