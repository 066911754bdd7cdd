"""Services of a brand that customers may ask for, and finding them."""

import re
from collections.abc import Iterable

from django.db.models import Q

from common.text import fold
from tickets.models import Brand, Service

MOST = 500
_WORD = re.compile(r"\w+")


def services_of(brand: Brand) -> list[Service]:
    """What the catalogue shows, the brand's own and those of all brands, in the administrator's order."""
    rows = Service.objects.filter(Q(brand=brand) | Q(brand=None), is_public=True, is_active=True)
    return list(rows[:MOST])


def search(services: Iterable[Service], query: str) -> list[Service]:
    """Those in whose words each word of the query begins one, those named so first.

    Endings may differ: of a longer word all but the last two letters must fit, as Russian declines.
    """
    wanted = [_stem(word) for word in _WORD.findall(fold(query))]
    ranked = []
    for place, service in enumerate(services):
        names = _words(" ".join(service.labels.values()))
        all_words = names + _words(" ".join([*service.descriptions.values(), service.keywords]))
        if all(_begins(stem, all_words) for stem in wanted):
            named = sum(_begins(stem, names) for stem in wanted)
            ranked.append((-named, place, service))
    return [service for _named, _place, service in sorted(ranked, key=lambda row: row[:2])]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _stem(word: str) -> str:
    return word[:-2] if len(word) > 5 else word


def _begins(stem: str, words: list[str]) -> bool:
    return any(word.startswith(stem) for word in words)
