"""Answers to a form's questions, as a message keeps them: with the words they were asked in.

[{"key", "kind", "labels": {"en", "ru"}, "value", "choices": {value: labels}, "fills"}]: readable whatever
becomes of the form. ``value`` is text, a list of texts, a number, an ISO date or True.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """One answer in the reader's language."""

    key: str
    kind: str
    label: str
    words: str
    fills: str

    @property
    def is_long(self) -> bool:
        return self.kind == "long_text" or "\n" in self.words


def shown(answers: Iterable[Answer]) -> list[Shown]:
    """In the order they were asked."""
    return [
        Shown(
            str(answer.get("key", "")),
            str(answer.get("kind", "")),
            in_reader_language(answer.get("labels") or {}),
            words_of(answer),
            str(answer.get("fills") or ""),
        )
        for answer in answers
    ]


def words_of(answer: Answer) -> str:
    """A value as people read it."""
    value, choices = answer.get("value"), answer.get("choices") or {}
    if value is True:
        return _("yes")
    if isinstance(value, list):
        return ", ".join(_choice(str(one), choices) for one in value)
    if isinstance(value, int | float):
        return number_format(value, use_l10n=True, force_grouping=True)
    if answer.get("kind") == "date" and (day := _day(str(value))) is not None:
        return date_format(day, "DATE_FORMAT")
    return _choice(str(value), choices)


def as_text(answers: Iterable[Answer]) -> str:
    """All of them as plain text: what describes the matter first, then a line for each of the others."""
    described, lines = [], []
    for one in shown(answers):
        if one.fills == "details":
            described.append(one.words)
        elif one.fills != "subject":
            lines.append(f"{one.label}:\n{one.words}" if one.is_long else f"{one.label}: {one.words}")
    return "\n\n".join([*described, "\n".join(lines)]).strip()


def in_reader_language(labels: Mapping[str, str]) -> str:
    language = (get_language() or "en").split("-")[0]
    return labels.get(language) or labels.get("en") or next(iter(labels.values()), "")


def blacked_out(answers: Iterable[Answer], text: str, bar: str) -> list[Any]:
    """The same answers without ``text``. A number or a day that reads like it goes as a whole."""
    found = []
    for answer in answers:
        changed = _replaced(answer, text, bar)
        if text in words_of(changed) or text in str(changed.get("value")):
            changed |= {"value": bar, "kind": "text", "choices": {}}
        found.append(changed)
    return found


def _replaced(part: Any, text: str, bar: str) -> Any:
    if isinstance(part, str):
        return part.replace(text, bar)
    if isinstance(part, Mapping):
        return {
            _replaced(key, text, bar): one if key in {"key", "kind", "fills"} else _replaced(one, text, bar)
            for key, one in part.items()
        }
    if isinstance(part, list):
        return [_replaced(one, text, bar) for one in part]
    return part


def _choice(value: str, choices: Mapping[str, Mapping[str, str]]) -> str:
    return in_reader_language(choices[value]) if value in choices else value


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None
