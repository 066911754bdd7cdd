"""The cache, forgiving: with the broker gone a page is slower, never broken."""

from time import monotonic
from typing import Any

import redis
import structlog
from django.core.cache.backends.redis import RedisCache

log = structlog.get_logger(__name__)

_PAUSE = 5.0  # seconds without asking a server that has just failed


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache that treats an unreachable server as an empty one.

    After a failure the server is left alone for five seconds, so that a frozen broker costs
    one socket timeout, not one for each key of a page.
    """

    _dead_until = 0.0

    def _try(self, call: Any, default: Any) -> Any:
        if monotonic() < ForgivingRedisCache._dead_until:
            return default
        try:
            return call()
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            ForgivingRedisCache._dead_until = monotonic() + _PAUSE
            log.warning("cache.unreachable", error=str(error))
            return default

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), None)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        # True: "it was not there". Rate limits then let the request through.
        return bool(self._try(lambda: super(ForgivingRedisCache, self).add(*args, **kwargs), True))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._try(lambda: super(ForgivingRedisCache, self).incr(*args, **kwargs), 1))

    def count(self, windows: dict[str, int], by: int = 1) -> list[int]:
        """Count in several windows (key: its seconds, from the first time on), asking the server once.

        With the server away each has only this.
        """
        return list(self._try(lambda: self._count(windows, by), [by] * len(windows)))

    def _count(self, windows: dict[str, int], by: int) -> list[int]:
        client: redis.Redis = self._cache.get_client(None, write=True)  # type: ignore[attr-defined]
        pipeline = client.pipeline(transaction=False)
        for key, seconds in windows.items():
            name = self.make_and_validate_key(key)
            pipeline.set(name, 0, ex=seconds, nx=True)
            pipeline.incrby(name, by)
        return [int(so_many) for so_many in pipeline.execute()[1::2]]

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(lambda: super(ForgivingRedisCache, self).delete(*args, **kwargs), False))

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(ForgivingRedisCache, self).get_many(*args, **kwargs), {})

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(ForgivingRedisCache, self).set_many(*args, **kwargs), [])
