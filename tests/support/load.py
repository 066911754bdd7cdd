"""How much longer things may take where others compete for the cores; on a quiet machine no longer."""

from __future__ import annotations

import os


def crowding() -> float:
    """Runnable processes a core, of the last minute; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def allowed(seconds: float) -> float:
    """What a promise of ``seconds`` comes to here and now."""
    return seconds * crowding()
