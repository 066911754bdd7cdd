"""Listening to the journal, and to whoever gives notices."""

from channels_in.kinds.chat.announce import on_news
from journal.registry import subscribe_live
from live.nudges import nudge, nudge_notices, tell_visitor
from notifications.announce import on_notices

subscribe_live(nudge)
on_notices(nudge_notices)
on_news(tell_visitor)
