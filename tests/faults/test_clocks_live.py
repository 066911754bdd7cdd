"""Clocks that fall due while two schedulers and two workers for timers run, and while they are killed.

Strict: each is told once, under the second it was due, and what is not due is not told. How late is a figure
of the machine (``make bench ARGS="--only clocks"``); here it must only not be absurd.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from bench.clocks import ask as ask_process
from bench.clocks import seed_arguments
from bench.routing import ask, percentile
from tests import session_services
from tests.support.stack import Stack, wait_until

pytestmark = [pytest.mark.slow]

TIMERS = ("timers", "timers-2", "scheduler", "scheduler-2")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    root = session_services.new_root(session_services.PREFIX)
    try:
        with Stack(root, (*TIMERS, "worker")) as running:
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


def seeded(stack: Stack, clocks: int, due: int, *, at_once: int, seconds: int) -> tuple[int, float]:
    """Clocks, of which ``due`` fall due some seconds from now: above which id they are, and from when on."""
    ((last,),) = ask(stack.services.database_url, "SELECT coalesce(max(id), 0) FROM sla_clock")
    numbers = seed_arguments(clocks, due, at_once=at_once, seconds=seconds, lead=8)
    return last, ask_process(stack.environment, "seed", *numbers)


def told(stack: Stack, after: int) -> list[tuple[int, datetime, datetime, datetime]]:
    """Clock, due, happened and recorded of each breach told of these clocks."""
    return ask(
        stack.services.database_url,
        """SELECT clock.id, clock.due_at, entry.happened_at, entry.recorded_at FROM sla_clock clock
             JOIN journal_entry entry ON entry.stream_type = 'ticket' AND entry.stream_id = clock.ticket_id
            WHERE clock.id > %s AND entry.kind = 'sla_breached'""",
        after,
    )


def wait_for(stack: Stack, after: int, due: int) -> list[float]:
    """Until all are told, and a while longer; checks what must hold and gives how late each was."""
    wait_until(lambda: len(told(stack, after)) >= due, 90, f"{due} were told", every=0.5)
    time.sleep(3)
    rows = told(stack, after)
    assert len({clock for clock, *_times in rows}) == len(rows) == due, "each once"
    assert all(happened == due_at for _clock, due_at, happened, _recorded in rows), "under its due time"
    left = ask(
        stack.services.database_url, "SELECT count(*) FROM sla_clock WHERE id > %s AND next_at < now()", after
    )
    assert left == [(0,)]
    return [(recorded - due_at).total_seconds() for _clock, due_at, _happened, recorded in rows]


def test_two_schedulers_and_two_workers_tell_each_once_beside_heavy_work(stack):
    """20,000 clocks run, 150 fall due within fifteen seconds, 50 of them in one and the same second."""
    load = subprocess.Popen([sys.executable, "-c", "while True: sum(n * n for n in range(100_000))"])
    try:
        after, begin = seeded(stack, 20_000, 150, at_once=50, seconds=15)
        assert begin > time.time(), "they run before they are due"
        late = wait_for(stack, after, 150)
    finally:
        load.kill()
        load.wait()
    p50, p99 = percentile(late, 0.5), percentile(late, 0.99)
    print(f"late by p50 {p50:.2f} s, p99 {p99:.2f} s, most {max(late):.2f} s")
    assert min(late) >= 0, "not a moment before"
    assert p99 < 20


def test_killed_in_the_middle_of_the_due_time_and_started_again(stack):
    after, begin = seeded(stack, 300, 300, at_once=150, seconds=12)
    time.sleep(max(begin + 4.2 - time.time(), 0))  # 150 have just fallen due, in one second
    for name in TIMERS:
        stack.kill(name)
    before = len(told(stack, after))
    time.sleep(max(begin + 8 - time.time(), 0))
    for name in TIMERS:
        stack.start(name)
    late = wait_for(stack, after, 300)
    print(f"{before} of 300 were told before the kill, the last {max(late):.1f} s after it was due")
    assert before < 300
