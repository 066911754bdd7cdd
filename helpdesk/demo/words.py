"""Filling the stories' placeholders. Pure; the format is described in content/README.md."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([^{}]*))?\}")


@dataclass(frozen=True)
class Person:
    """Whom a text speaks to, or of."""

    name: str
    first_name: str
    gender: str


@dataclass(frozen=True)
class Filler:
    """One ticket's values: an order number stays the same from the first message to the last."""

    values: dict[str, str]
    articles: dict[str, str]
    language: str
    zone: ZoneInfo

    @classmethod
    def draw(cls, company: dict[str, Any], language: str, zone: ZoneInfo, lots: random.Random) -> "Filler":
        """Draw a value for each placeholder; those of a group belong together."""
        values = {name: lots.choice(choices) for name, choices in company["placeholders"][language].items()}
        for group in company["placeholder_groups"][language].values():
            values |= lots.choice(group)
        quotes = "«{}»" if language == "ru" else "“{}”"
        articles = {one["key"]: quotes.format(one["title"]) for one in company["articles"]}
        return cls(values, articles, language, zone)

    def fill(self, text: str, *, to: Person, agent: Person, organization: str, at: datetime) -> str:
        """The text with every placeholder replaced; one that nobody knows is a mistake in the content."""

        def replace(found: re.Match[str]) -> str:
            name, argument = found[1], found[2]
            match name:
                case "g":
                    return _by_gender(argument, to.gender)
                case "ag":
                    return _by_gender(argument, agent.gender)
                case "article":
                    return self.articles[argument]
                case "day":
                    day = at.astimezone(self.zone) + timedelta(days=int(argument))
                    return format_date(day, "d MMMM", locale=self.language)
                case "first_name":
                    return to.first_name
                case "full_name":
                    return to.name
                case "agent_first_name":
                    return agent.first_name
                case "org":
                    return organization or to.name
            return self.values[name]

        return _PLACEHOLDER.sub(replace, text)


def _by_gender(argument: str, gender: str) -> str:
    masculine, _bar, feminine = argument.partition("|")
    return feminine if gender == "f" else masculine
