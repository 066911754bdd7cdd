"""How often somebody has done something lately: counters in the cache, a window at a time.

With the cache gone nobody is held up: what these limits keep away is a nuisance, never a loss.
"""

import hashlib
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Rate:
    """At most ``most`` in ``seconds``."""

    most: int
    seconds: int


def count(scope: str, who: str, seconds: int, *, by: int = 1) -> int:
    """Count one more (or ``by``); how many there have been in this window, which begins with the first."""
    key = _key(scope, who)
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key, by)
    except ValueError:  # the window ended between the two
        return by


def so_far(scope: str, who: str) -> int:
    """How many there have been, without counting."""
    return int(cache.get(_key(scope, who)) or 0)


def take(scope: str, who: str, *rates: Rate) -> bool:
    """Count one more; False if that is more than any of ``rates`` allows."""
    # Every window counts, also after one of them is full.
    counted = [count(f"{scope}/{rate.seconds}", who, rate.seconds) for rate in rates]
    return all(so_many <= rate.most for so_many, rate in zip(counted, rates, strict=True))


def forget(scope: str, who: str, *rates: Rate) -> None:
    """Begin anew: a code that was right clears what wrong ones had counted."""
    for rate in rates:
        cache.delete(_key(f"{scope}/{rate.seconds}", who))


def _key(scope: str, who: str) -> str:
    """Whoever reads the cache finds no addresses in it."""
    return f"rate:{scope}:{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:32]}"
