"""Texts that look like those of a helpdesk: Zipf's law over the words of the demonstration company.

The vocabulary is what the demonstration's stories say, most frequent first, in Russian and in English;
behind it stands a long tail of invented names and part numbers, each of which a few messages mention.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).resolve().parent.parent / "helpdesk" / "demo" / "content"
_WORD = re.compile(r"[^\W\d_]+")
_BLANK = re.compile(r"\{[^}]*\}")  # the stories' place-holders

GREETING = {"ru": "Здравствуйте!", "en": "Hello,"}
_THANKS = {"ru": "Спасибо, {name}", "en": "Thank you, {name}"}

# Rare words: a root and a number. 20,000 of them, so that at 300,000 messages one is in about five.
RARE_WORDS = 20_000
_ROOTS = (
    "вармол", "гендрис", "дольмет", "жуковин", "зертан", "каплин", "лемтор", "мургаб", "норвик", "пельтон",
    "bramwick", "corvane", "dunmere", "elstrop", "farlow", "grundel", "haskin", "jorvale", "kesby", "lundy",
)  # fmt: skip


def rare_word(number: int) -> str:
    """The ``number``-th rare word, e.g. ``мургаб417``."""
    return f"{_ROOTS[number % len(_ROOTS)]}{number // len(_ROOTS):03d}"


@cache
def vocabulary(language: str) -> tuple[list[str], list[float]]:
    """Words of a language by falling frequency, and Zipf's cumulative weights: 1 / (rank + 2)."""
    counter: Counter[str] = Counter()
    for path in sorted(CONTENT.glob("*.json")):
        for text in _strings(json.loads(path.read_text(encoding="utf-8"))):
            for word in _WORD.findall(_BLANK.sub(" ", text)):
                if ("а" <= word[0].lower() <= "ё") == (language == "ru"):
                    counter[word.lower()] += 1
    words = [word for word, _count in counter.most_common()]
    return words, list(accumulate(1 / (rank + 2) for rank in range(1, len(words) + 1)))


def _strings(node: Any, key: str = "") -> list[str]:
    """What people say in the stories: texts and subjects, not the keys and tags beside them."""
    if isinstance(node, str):
        return [node] if key in {"text", "subjects", "subject", "note"} else []
    if isinstance(node, dict):
        return [found for name, child in node.items() for found in _strings(child, name)]
    if isinstance(node, list):
        return [found for child in node for found in _strings(child, key)]
    return []


class Writer:
    """Writes reproducible texts from one stream of random numbers."""

    def __init__(self, lots: random.Random) -> None:
        self._lots = lots

    def sentence(self, language: str, words: int) -> str:
        chosen = self._lots.choices(vocabulary(language)[0], cum_weights=vocabulary(language)[1], k=words)
        return " ".join(chosen).capitalize()

    def subject(self, language: str) -> str:
        lots = self._lots
        number = f" №{lots.randrange(10_000, 99_999)}" if lots.random() < 0.3 else ""
        return self.sentence(language, lots.randrange(3, 9)) + number

    def message(self, language: str, name: str) -> str:
        """About 60 words; every twentieth about 300. Three of ten mention a rare word."""
        lots = self._lots
        length = 300 if lots.random() < 0.05 else int(lots.lognormvariate(3.9, 0.5)) + 5
        parts = [GREETING[language]] if lots.random() < 0.6 else []
        while length > 0:
            words = min(length, lots.randrange(6, 16))
            parts.append(self.sentence(language, words) + ".")
            length -= words
        if lots.random() < 0.3:
            parts.append(f"{rare_word(lots.randrange(RARE_WORDS))}.")
        parts.append(_THANKS[language].format(name=name))
        return " ".join(parts)
