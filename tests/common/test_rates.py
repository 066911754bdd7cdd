"""Counting how often somebody has done something lately."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from common import rates
from common.cache import ForgivingRedisCache
from common.rates import Rate

MINUTE, HOUR = Rate(3, 60), Rate(5, 3600)


def test_each_window_counts_for_itself() -> None:
    assert [rates.take("t-say", "katya", MINUTE, HOUR) for _ in range(4)] == [True, True, True, False]
    rates.forget("t-say", "katya", MINUTE)  # the minute is over
    assert [rates.take("t-say", "katya", MINUTE, HOUR) for _ in range(2)] == [True, False]
    assert rates.take("t-say", "pyotr", MINUTE, HOUR)


def test_what_was_given_back_was_never_taken() -> None:
    for _ in range(10):
        assert rates.take("t-again", "katya", MINUTE)
        rates.give_back("t-again", "katya", MINUTE)
    assert rates.so_far("t-again/60", "katya") == 0


def test_a_window_ends_by_itself() -> None:
    rates.take("t-ends", "katya", MINUTE, HOUR)
    key = rates._key("t-ends/60", "katya")
    client = cache._cache.get_client(None)  # type: ignore[attr-defined]  # Django's own
    assert 55 < client.ttl(cache.make_key(key)) <= 60
    rates.take("t-ends", "katya", MINUTE, HOUR)  # the second does not make it longer
    assert client.ttl(cache.make_key(key)) <= 60


def test_without_the_cache_nobody_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForgivingRedisCache, "_dead_until", float("inf"))
    assert all(rates.take("t-dead", "katya", MINUTE) for _ in range(20))
