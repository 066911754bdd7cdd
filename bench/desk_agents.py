"""The agents of ``bench.desk``: one process, without Django. Says "ready", waits for a line, works, tells."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from typing import Any

from bench.desk_page import DeskPage

LIST_EVERY = 40.0  # seconds that a person stays in one list
SETTLING = 60.0  # at most, before they begin
TICKET_EVERY = 15.0  # and with one ticket


class Agents:
    def __init__(self, given: dict[str, Any], ports: tuple[int, int], count: int) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.views = given["views"]
        self.measuring = False
        self.pages = [
            DeskPage(ports, f"{given['cookie']}={key}", self.note) for key in given["sessions"][:count]
        ]

    def note(self, kind: str, seconds: float) -> None:
        if self.measuring or kind.startswith("error"):
            self.times[kind].append(seconds)

    async def enter(self) -> None:
        """Everybody has the first list open, and has got what a page asks for as it opens."""
        for page in self.pages:
            await page.view(self.views[0])
        until = time.monotonic() + SETTLING
        parts = [part for page in self.pages for part in page.parts.values()]
        while time.monotonic() < until and not all(  # noqa: ASYNC110  # nobody here could set an event
            part.is_quiet for part in parts
        ):
            await asyncio.sleep(0.2)

    async def work(self, seconds: float, busy: int) -> None:
        """Open tickets and lists at a human rate; one who works for ``busy`` people does so much more."""
        self.measuring = True
        for page in self.pages:
            page.heard.clear()
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(self._person(page, number, until, busy) for number, page in enumerate(self.pages))
        )
        self.measuring = False

    async def _person(self, page: DeskPage, number: int, until: float, busy: int) -> None:
        lots = random.Random(number)  # the same in every run
        # Nobody begins at the same moment, and some work all the time.
        await asyncio.sleep(lots.random() * TICKET_EVERY / busy)
        next_list = time.monotonic() + lots.random() * LIST_EVERY / busy
        while (now := time.monotonic()) < until:
            if now >= next_list or not page.rows:
                await page.view(lots.choice(self.views))
                next_list = time.monotonic() + LIST_EVERY / busy
            if page.rows:
                reading = asyncio.ensure_future(page.ticket(lots.choice(page.rows[:20])))
                await asyncio.sleep(TICKET_EVERY / busy * (0.7 + 0.6 * lots.random()))
                await reading
            else:
                await asyncio.sleep(1 / busy)


async def main(path: str, ports: tuple[int, int], count: int, seconds: float, busy: int) -> None:
    with open(path, encoding="utf-8") as file:  # noqa: ASYNC230  # before anything runs
        given = json.load(file)
    agents = Agents(given, ports, count)
    await agents.enter()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await agents.work(seconds, busy)
    await asyncio.sleep(1)
    heard = [one for page in agents.pages for one in page.heard]
    for page in agents.pages:
        await page.close()
    print(json.dumps({"times": agents.times, "heard": heard}), flush=True)


if __name__ == "__main__":
    asyncio.run(
        main(
            sys.argv[1],
            (int(sys.argv[2]), int(sys.argv[3])),
            int(sys.argv[4]),
            float(sys.argv[5]),
            int(sys.argv[6]),
        )
    )
