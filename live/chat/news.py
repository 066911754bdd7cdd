"""What the groups of visitors are told of what happened to their sessions. Facts, no contents."""

from collections.abc import Iterable, Sequence
from typing import Any

from channels_in.kinds.chat.announce import News
from channels_in.kinds.chat.reception import places, seconds_a_place
from channels_in.models import ChatLine
from common import clock
from live.chat import groups

# Messages that say something else, or nothing, from now on.
CHANGES = frozenset({"message_redacted", "attachment_redacted", "reply_withdrawn"})


def compose(news: Sequence[News], changed_ids: Iterable[int]) -> list[tuple[str, dict[str, Any]]]:
    """(group, event) pairs: of several facts of one kind about a session only the last."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in news:
        group = groups.of_session(one.session_id)
        match one.what:
            case "lines":
                known = found.get((group, "lines"), {"seq": 0})
                found[group, "lines"] = {"type": "chat.lines", "seq": max(one.number, known["seq"])}
            case "marks":
                found[group, "marks"] = {"type": "chat.marks", "seq": one.number}
            case "queue":
                group = groups.of_queue(one.number)
                found[group, "queue"] = found.get((group, "queue")) or _queue(one.number)
            case _:
                found[group, "state"] = {"type": "chat.state"}
    for session_id, seqs in _lines_of(list(changed_ids)).items():
        found[groups.of_session(session_id), "again"] = {"type": "chat.again", "seqs": seqs}
    return [(group, event) for (group, _what), event in found.items()]


def _queue(widget_id: int) -> dict[str, Any]:
    """Asked once for all who wait: each of them finds their place in the order."""
    order, pace = list(places(widget_id)), seconds_a_place(widget_id, clock.now())
    return {"type": "chat.queue", "order": order, "pace": pace}


def _lines_of(message_ids: Sequence[int]) -> dict[int, list[int]]:
    if not message_ids:
        return {}
    found: dict[int, list[int]] = {}
    rows = ChatLine.objects.filter(message__in=message_ids).values_list("session_id", "seq")
    for session_id, seq in rows:
        found.setdefault(session_id, []).append(seq)
    return found
