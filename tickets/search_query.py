"""What somebody typed into the search box, as plain data: words, phrases and operators. Pure.

    возврат "холодная вода" -черновик from:vera status:open,new -tag:"важный клиент"

Values separated by commas are alternatives; everything else must hold together. A leading ``-`` turns a part
round. What looks like an operator and is none is searched for as words, and said. ``write`` is the inverse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from common.text import fold

# By the name used inside: what people may write. The first is what we write ourselves, in English.
OPERATORS: dict[str, tuple[str, ...]] = {
    "from": ("from", "от"),
    "to": ("to", "assignee", "кому", "исполнитель"),
    "status": ("status", "статус"),
    "tag": ("tag", "метка", "тег"),
    "team": ("team", "группа", "команда"),
    "priority": ("priority", "приоритет"),
    "channel": ("channel", "канал"),
    "brand": ("brand", "бренд"),
    "organization": ("organization", "org", "организация", "компания"),
    "subject": ("subject", "тема"),
    "before": ("before", "до"),
    "after": ("after", "после"),
    "is": ("is", "это"),
    "has": ("has", "есть"),
}
ALIASES = {alias: name for name, aliases in OPERATORS.items() for alias in aliases}
MOST_FILTERS = 20

_OPERATOR = re.compile(r"([^\W\d_]{2,24}):")
# What stands before a colon in mails and addresses, and is never meant as an operator.
_ORDINARY = frozenset({"re", "fw", "fwd", "aw", "tr", "http", "https", "mailto", "tel", "ftp"})
_CLOSING = {'"': '"', "«": "»", "“": "”", "„": "“"}
_ESCAPED = re.compile(r'\\(["\\])')
_BARE_VALUE = re.compile(r"[^\s,]+")
_BARE = re.compile(r"\S+")


@dataclass(frozen=True)
class Term:
    """A word, or what is left of one by splitting at blanks; or a phrase, which stood in quotes."""

    text: str
    phrase: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Filter:
    """An operator with its alternatives; ``spans`` says where each stands in the text, quotes included."""

    operator: str
    values: tuple[str, ...]
    negated: bool = False
    spans: tuple[tuple[int, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Problem:
    """What could not be understood. ``hint`` is the nearest that would be, to stand at ``span`` instead."""

    kind: Literal["operator", "empty", "value", "many_people", "many", "only_negated"]
    text: str
    operator: str = ""
    hint: str = ""
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Query:
    terms: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def plain(self) -> str:
        """What is looked for in so many words: for names and addresses."""
        return " ".join(term.text for term in self.terms if not term.negated)


@dataclass(frozen=True)
class Unfinished:
    """What is being typed at the end: a word that may become an operator, or a value of ``operator``.

    ``before`` is the text that stays when it is completed.
    """

    before: str
    operator: str | None
    typed: str


def parse(text: str) -> Query:
    """The query of a text; any text is one."""
    terms: list[Term] = []
    filters: list[Filter] = []
    problems: list[Problem] = []
    for part, problem in _parts(text):
        if problem:
            problems.append(problem)
        if isinstance(part, Term):
            terms.append(part)
        elif part is not None and len(filters) < MOST_FILTERS:
            filters.append(part)
        elif part is not None:
            problems.append(Problem("many", part.operator, span=part.spans[0]))
    return Query(tuple(terms), tuple(filters), tuple(problems))


def write(query: Query) -> str:
    """A text that ``parse`` reads as this query."""
    parts = []
    for term in query.terms:
        text = quoted(term.text, always=True) if term.phrase else term.text
        parts.append(f"-{text}" if term.negated else text)
    for one in query.filters:
        values = ",".join(quoted(value) for value in one.values)
        parts.append(f"{'-' if one.negated else ''}{OPERATORS[one.operator][0]}:{values}")
    return " ".join(parts)


def quoted(value: str, *, always: bool = False) -> str:
    """A value as it stands in a query: in quotes where a blank, a comma or a quote would end it."""
    if value and not always and value[0] not in _CLOSING and _BARE_VALUE.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unfinished(text: str) -> Unfinished:
    """What stands before the caret."""
    at, operator, began = 0, None, len(text)
    while at < len(text):
        at = _skip(text, at)
        began, operator = at, None
        if at == len(text):
            break
        if _negates(text, at):
            at = began = at + 1
        if name := _known(text, at):
            operator = name
            at = began = text.index(":", at) + 1
            for _value, start, end in _values(text, at):
                began, at = start, end
            if text[at : at + 1] == ",":
                at += 1
                began = at
        elif text[at] in _CLOSING:
            _value, at = _quoted(text, at)
        else:
            at = _end(text, at)
    typed = text[began:]
    if typed[:1] in _CLOSING:  # in the middle of a quoted value; a phrase has nothing to complete
        value, end = _quoted(text, began)
        closed = end - began > 1 and text[end - 1] == _CLOSING[typed[0]]
        typed = "" if closed or operator is None else value
        if closed or operator is None:
            return Unfinished(text, None, "")
    return Unfinished(text[:began], operator, typed)


def nearest(typed: str, known: list[str]) -> str:
    """The one of ``known`` that was probably meant; empty if none is near."""
    folded = {fold(name): name for name in reversed(known)}
    found = get_close_matches(fold(typed)[:60], folded, n=1, cutoff=0.55)
    return folded[found[0]] if found else ""


def _parts(text: str) -> Iterator[tuple[Term | Filter | None, Problem | None]]:
    at = _skip(text, 0)
    while at < len(text):
        negated = _negates(text, at)
        start = at + negated
        if text[start] in _CLOSING:
            value, at = _quoted(text, start)
            if value.strip():
                yield Term(value, phrase=True, negated=negated), None
        elif name := _known(text, start):
            at = text.index(":", start) + 1
            values = list(_values(text, at))
            written = text[start:at]
            at = max([at, *(end for _value, _start, end in values)])
            while text[at : at + 1] == ",":
                at += 1
            spans = tuple((first, last) for value, first, last in values if value.strip())
            wanted = tuple(value for value, _first, _last in values if value.strip())
            if wanted:
                yield Filter(name, wanted, negated, spans), None
            else:
                yield None, Problem("empty", written, name, span=(start, at))
        else:
            at = _end(text, start)
            yield Term(text[start:at], negated=negated), _unknown(text, start)
        at = _skip(text, at)


def _unknown(text: str, at: int) -> Problem | None:
    """What looks like an operator and is none."""
    found = _OPERATOR.match(text, at)
    if not found or found[1].lower() in _ORDINARY or text[found.end() : found.end() + 2] in {"", "//"}:
        return None
    if text[found.end()].isspace():  # "Dear all: …"
        return None
    return Problem("operator", found[1], hint=nearest(found[1], list(ALIASES)), span=found.span(1))


def _known(text: str, at: int) -> str | None:
    found = _OPERATOR.match(text, at)
    return ALIASES.get(fold(found[1])) if found else None


def _values(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """(value, start, end) of each alternative after the colon."""
    while at < len(text) and not text[at].isspace():
        if text[at] == ",":
            at += 1
            continue
        start = at
        if text[at] in _CLOSING:
            value, at = _quoted(text, at)
        else:
            found = _BARE_VALUE.match(text, at)
            value, at = (found[0], found.end()) if found else ("", at + 1)
        yield value, start, at
        if text[at : at + 1] != ",":
            return


def _quoted(text: str, at: int) -> tuple[str, int]:
    """What stands in the quotes that open at ``at``, to the end if they never close; and what follows."""
    closing = _CLOSING[text[at]]
    end = at + 1
    while end < len(text) and text[end] != closing:
        end += 2 if closing == '"' and text[end] == "\\" and text[end + 1 : end + 2] in {'"', "\\"} else 1
    value = text[at + 1 : end]
    return (_ESCAPED.sub(r"\1", value) if closing == '"' else value), min(end + 1, len(text))


def _negates(text: str, at: int) -> bool:
    following = text[at + 1 : at + 2]
    return text[at] == "-" and (following.isalnum() or following in _CLOSING) and following != ""


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _end(text: str, at: int) -> int:
    found = _BARE.match(text, at)
    return found.end() if found else at + 1


def corrected(text: str, problem: Problem) -> str:
    """The text as it would be with the hint taken."""
    start, end = problem.span
    hint = quoted(problem.hint) if problem.kind == "value" else problem.hint
    return text[:start] + hint + text[end:]
