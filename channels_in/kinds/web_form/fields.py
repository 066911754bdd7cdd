"""What a form asks, as plain data. Pure: no Django, no clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Labels = Mapping[str, str]  # language → words


class Kind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    DATE = "date"
    FILE = "file"
    CONSENT = "consent"
    EMAIL = "email"
    PHONE = "phone"


# What the page itself posts; a field must not be called so.
RESERVED = frozenset(
    "token name email website proof script next service csrfmiddlewaretoken kept files send confirm".split()
)

MOST_TEXT, MOST_LONG_TEXT = 1_000, 100_000
USUAL_TEXT, USUAL_LONG_TEXT = 400, 20_000
MOST_NUMBER = 2_000_000_000
MOST_FILES = 20
USUAL_FILES = 10


@dataclass(frozen=True)
class Choice:
    value: str
    labels: Labels


@dataclass(frozen=True)
class Condition:
    """Asked only where an earlier field has one of ``values``; without values: where it is filled in."""

    key: str
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limits:
    """What a value may be. None, False or empty: the usual."""

    length: int | None = None  # characters
    least: float | None = None
    most: float | None = None
    whole: bool = False
    not_past: bool = False
    not_future: bool = False
    count: int | None = None  # of choices, or of files
    endings: frozenset[str] = frozenset()  # of files, lower case without the dot

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Limits":
        """From what is stored of them; what is unknown is left out."""
        known = {
            name: stored[name] for name in cls.__dataclass_fields__ if stored.get(name) not in (None, "")
        }
        if "endings" in known:
            known["endings"] = frozenset(known["endings"])
        return cls(**known)


@dataclass(frozen=True)
class Field:
    """One question. ``fills`` says what else of the ticket its answer becomes; forms do not care."""

    key: str
    kind: Kind
    labels: Labels
    help: Labels = field(default_factory=dict)
    required: bool = False
    choices: tuple[Choice, ...] = ()
    limits: Limits = Limits()
    condition: Condition | None = None
    fills: str = ""
    fills_key: str = ""  # of the ticket's own field

    @property
    def values(self) -> list[str]:
        return [choice.value for choice in self.choices]

    @property
    def most_characters(self) -> int:
        usual = USUAL_LONG_TEXT if self.kind == Kind.LONG_TEXT else USUAL_TEXT
        return self.limits.length or usual

    @property
    def most_files(self) -> int:
        return self.limits.count or USUAL_FILES
