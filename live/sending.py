"""Telling several groups at once.

``group_send`` waits for the broker's answer to each. A word in a chat concerns half a dozen groups: they go
out together, in one exchange.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from channels.layers import get_channel_layer

Event = dict[str, Any]


async def send_all(events: Iterable[tuple[str, Event]]) -> None:
    """Tell (group, event) pairs in their order. Raises what the broker's client raises."""
    layer = get_channel_layer()._get_layer()  # that of this event loop
    shards: dict[Any, list[tuple[str, bytes]]] = defaultdict(list)
    for group, event in events:
        channel = layer._get_group_channel_name(group)
        shards[layer._get_shard(channel)].append((channel, layer.channel_layer.serialize(event)))
    for shard, messages in shards.items():
        async with shard._lock:
            shard._ensure_redis()
            pipeline = shard._redis.pipeline(transaction=False)
            for channel, message in messages:
                pipeline.publish(channel, message)
            await pipeline.execute()
