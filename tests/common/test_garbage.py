"""What a process leaves out of its search for garbage, and what it still finds."""

from __future__ import annotations

import subprocess
import sys

MADE = """
import gc, weakref
from common import garbage

class Ring:
    def __init__(self):
        self.me = self

def lost():
    ring = Ring()
    return weakref.ref(ring)

"""


def said(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", MADE + program], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_what_lives_is_left_out_once_and_later_garbage_is_found() -> None:
    told = said(
        "garbage.settle(after=0)\n"
        "gc.collect(0); gc.collect(1); print(gc.get_freeze_count())\n"
        "gc.collect(); first = gc.get_freeze_count(); print(first > 1000)\n"
        "ring = lost(); kept = [[] for _ in range(500)]; gc.collect()\n"
        "print(ring() is None, gc.get_freeze_count() <= first)\n"
    )
    assert told == ["0", "True", "True", "True"]


def test_nothing_is_left_out_before_the_time() -> None:
    told = said(
        "garbage.settle(after=3600)\n"
        "ring = lost(); gc.collect(); print(ring() is None, gc.get_freeze_count())\n"
    )
    assert told == ["True", "0"]
