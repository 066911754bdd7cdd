"""The verbs: the only code that writes tickets. Keyword-only, idempotent, one event each.

They neither know requests nor check permissions: a screen fetches through the one door and asks
``people.access`` first. Compound acts (reply and resolve) compose verbs in one transaction.
"""

from tickets.commands.attributes import set_attribute
from tickets.commands.broadcasts import end_broadcast, resume_broadcast, start_broadcast, stop_broadcast
from tickets.commands.clocks import note_due
from tickets.commands.editing import edit_received
from tickets.commands.fields import (
    add_tag,
    assign,
    remove_tag,
    set_organization,
    set_priority,
    set_requester,
    set_service,
    set_status,
    set_subject,
    set_team,
    set_topic,
)
from tickets.commands.handing import call_in, escalate, release, set_summary
from tickets.commands.hiding import delete, mark_spam, restore, snooze, unmark_spam, wake
from tickets.commands.judging import confirm_solved, say_unsolved
from tickets.commands.later import drop_later, schedule_reply, take_back
from tickets.commands.linking import link, unlink
from tickets.commands.merging import merge, unmerge
from tickets.commands.opening import open_ticket
from tickets.commands.participants import add_participant, follow, remove_participant, unfollow
from tickets.commands.posting import open_side_thread, post_automatic, post_note, post_reply, withdraw_reply
from tickets.commands.problems import edit_problem, link_problem, open_problem, set_stage, unlink_problem
from tickets.commands.reading import mark_read, mark_unread
from tickets.commands.receiving import receive_message, undo_thanks
from tickets.commands.redacting import redact, redact_attachment
from tickets.commands.splitting import split
from tickets.commands.undoing import undo_status
from tickets.commands.views import (
    change_view,
    create_view,
    delete_view,
    hide_view,
    place_views,
    restore_view,
)

__all__ = [
    "add_participant",
    "add_tag",
    "assign",
    "call_in",
    "change_view",
    "confirm_solved",
    "create_view",
    "delete",
    "delete_view",
    "drop_later",
    "edit_problem",
    "edit_received",
    "end_broadcast",
    "escalate",
    "follow",
    "hide_view",
    "link",
    "link_problem",
    "mark_read",
    "mark_spam",
    "mark_unread",
    "merge",
    "note_due",
    "open_problem",
    "open_side_thread",
    "open_ticket",
    "place_views",
    "post_automatic",
    "post_note",
    "post_reply",
    "receive_message",
    "redact",
    "redact_attachment",
    "release",
    "remove_participant",
    "remove_tag",
    "restore",
    "restore_view",
    "resume_broadcast",
    "say_unsolved",
    "schedule_reply",
    "set_attribute",
    "set_organization",
    "set_priority",
    "set_requester",
    "set_service",
    "set_stage",
    "set_status",
    "set_subject",
    "set_summary",
    "set_team",
    "set_topic",
    "snooze",
    "split",
    "start_broadcast",
    "stop_broadcast",
    "take_back",
    "undo_status",
    "undo_thanks",
    "unfollow",
    "unlink",
    "unlink_problem",
    "unmark_spam",
    "unmerge",
    "wake",
    "withdraw_reply",
]
