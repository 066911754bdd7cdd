"""Listening to the journal."""

from journal.registry import subscribe_live
from live.nudges import nudge

subscribe_live(nudge)
