"""How much longer things may take on a machine that is slow or shared; on a quick, quiet one no longer."""

from __future__ import annotations

import os
import time

# What the loop below takes on the machines that the product's promises were measured on.
QUICK = 0.012
# For waiting until something happens, where how soon is not the question.
PATIENCE = 30.0


def crowding() -> float:
    """Runnable processes a core of the last minute, or how much slower than elsewhere it computes at this
    moment, whichever is more; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1), _slowness())


def allowed(seconds: float) -> float:
    """What a promise of ``seconds`` comes to here and now. A slow machine also stalls, a second and more."""
    times = crowding()
    return seconds * times + (2.0 if times > 1.5 else 0.0)


def _slowness() -> float:
    began = time.perf_counter()
    total = 0
    for number in range(200_000):
        total += number
    return (time.perf_counter() - began) / QUICK
