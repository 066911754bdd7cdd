"""How often somebody has done something lately: counters in the cache, a window at a time.

With the cache gone nobody is held up: what these limits keep away is a nuisance, never a loss.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches

from common.cache import ForgivingRedisCache


@dataclass(frozen=True)
class Rate:
    """At most ``most`` in ``seconds``."""

    most: int
    seconds: int


def count(scope: str, who: str, seconds: int, *, by: int = 1) -> int:
    """Count one more (or ``by``); how many there have been in this window, which begins with the first."""
    return _count({_key(scope, who): seconds}, by)[0]


def _count(windows: dict[str, int], by: int = 1) -> list[int]:
    """Count in several windows (key: seconds), in one go where the cache can."""
    if isinstance(counting := caches[DEFAULT_CACHE_ALIAS], ForgivingRedisCache):
        return counting.count(windows, by)
    for key, seconds in windows.items():
        cache.add(key, 0, timeout=seconds)
    return [cache.incr(key, by) for key in windows]


def so_far(scope: str, who: str) -> int:
    """How many there have been, without counting."""
    return int(cache.get(_key(scope, who)) or 0)


def take(scope: str, who: str, *rates: Rate) -> bool:
    """Count one more; False if that is more than any of ``rates`` allows."""
    # Every window counts, also after one of them is full.
    counted = _count(_windows(scope, who, rates))
    return all(so_many <= rate.most for so_many, rate in zip(counted, rates, strict=True))


def give_back(scope: str, who: str, *rates: Rate) -> None:
    """What was taken turned out to be nothing."""
    _count(_windows(scope, who, rates), -1)


def _windows(scope: str, who: str, rates: Iterable[Rate]) -> dict[str, int]:
    return {_key(f"{scope}/{rate.seconds}", who): rate.seconds for rate in rates}


def forget(scope: str, who: str, *rates: Rate) -> None:
    """Begin anew: a code that was right clears what wrong ones had counted."""
    for rate in rates:
        cache.delete(_key(f"{scope}/{rate.seconds}", who))


def _key(scope: str, who: str) -> str:
    """Whoever reads the cache finds no addresses in it."""
    return f"rate:{scope}:{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:32]}"
