"""Who has a ticket open, and who is replying: a hash a ticket in Valkey, forgotten by itself.

A page says where it is when that changes and every 20 seconds; 45 seconds of silence mean it has gone.
"""

import json
import time
import zlib
from typing import Any

import redis.asyncio
import structlog
from django.conf import settings
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

LIFE = 45  # seconds
DOINGS = ("viewing", "replying")
PREFIX = "otklik:presence"

Who = list[dict[str, Any]]


def _key(ticket_id: int) -> str:
    return f"{PREFIX}:{ticket_id}"


class Presence:
    """One connection a consumer's event loop; every call is forgiving, presence is never worth an error."""

    def __init__(self) -> None:
        self.client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True
        )

    async def say(self, ticket_id: int, *, page: str, user_id: int, name: str, doing: str) -> Who:
        """Note what a page of somebody's does, and return who is there now."""
        value = json.dumps({"id": user_id, "name": name, "doing": doing, "at": time.time()})
        try:
            async with self.client.pipeline(transaction=False) as pipe:
                pipe.hset(_key(ticket_id), page, value)
                pipe.expire(_key(ticket_id), LIFE * 2)
                pipe.hgetall(_key(ticket_id))
                answers = await pipe.execute()
        except (RedisError, OSError) as error:
            log.debug("presence.unreachable", error=str(error))
            return []
        return _people(answers[-1])

    async def leave(self, ticket_id: int, *, page: str) -> Who:
        """Forget a page, and return who is left."""
        try:
            async with self.client.pipeline(transaction=False) as pipe:
                pipe.hdel(_key(ticket_id), page)
                pipe.hgetall(_key(ticket_id))
                answers = await pipe.execute()
        except (RedisError, OSError) as error:
            log.debug("presence.unreachable", error=str(error))
            return []
        return _people(answers[-1])

    async def close(self) -> None:
        await self.client.aclose()


def _people(pages: dict[str, str]) -> Who:
    """Each person once, replying before viewing; silent pages left out."""
    people: dict[int, dict[str, Any]] = {}
    for value in pages.values():
        row = json.loads(value)
        if time.time() - row["at"] > LIFE:
            continue
        known = people.get(row["id"])
        if known is None or row["doing"] == "replying":
            tone = zlib.crc32(row["name"].encode()) % 12
            people[row["id"]] = {"id": row["id"], "name": row["name"], "doing": row["doing"], "tone": tone}
    return sorted(people.values(), key=lambda person: person["id"])
