"""Which sessions are connected to this process, told to the database by one statement now and then."""

import asyncio
from collections import Counter

import structlog

from channels_in.kinds.chat import sessions
from live.chat.database import ask

log = structlog.get_logger(__name__)

EVERY = 20.0  # seconds; a visitor counts as gone after sixty


class Keeper:
    """One for each event loop."""

    def __init__(self) -> None:
        self.open: Counter[int] = Counter()
        self.task: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def enter(self, session_id: int) -> None:
        loop = asyncio.get_running_loop()
        if self.loop is not loop:  # a loop of its own for each test
            self.loop, self.task, self.open = loop, None, Counter()
        self.open[session_id] += 1
        if self.task is None or self.task.done():
            self.task = loop.create_task(self._keep())

    def leave(self, session_id: int) -> bool:
        """Whether that was the last connection of this session here."""
        self.open[session_id] -= 1
        if self.open[session_id] > 0:
            return False
        del self.open[session_id]
        return True

    async def _keep(self) -> None:
        while self.open:
            await asyncio.sleep(EVERY)
            here = list(self.open)
            try:
                for start in range(0, len(here), 1000):
                    await ask(sessions.still_here, here[start : start + 1000])
            except Exception as error:  # the database is away: the next round tells it
                log.warning("chat.presence_not_kept", error=repr(error))


keeper = Keeper()
