"""Listening to the journal, and to whoever gives notices."""

from journal.registry import subscribe_live
from live.nudges import nudge, nudge_notices
from notifications.announce import on_notices

subscribe_live(nudge)
on_notices(nudge_notices)
