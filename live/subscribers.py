"""Listening to the journal, to whoever gives notices, and to what becomes of messages."""

from channels_in.announce import on_delivery
from channels_in.kinds.chat.announce import on_news
from journal.registry import subscribe_live
from live.nudges import nudge, nudge_delivery, nudge_notices, tell_visitor
from notifications.announce import on_notices

subscribe_live(nudge)
on_notices(nudge_notices)
on_delivery(nudge_delivery)
on_news(tell_visitor)
