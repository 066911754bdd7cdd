"""What happened, from the journal: acts of people and customers in order, and what they do to copies."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, When

from journal.models import Entry
from people.models import Contact, Organization
from routing.simulation import verbs
from routing.simulation.copies import Copy
from routing.simulation.seeing import would_be_thanks
from routing.simulation.world import Refused, World
from tickets.models import Category

CHUNK = 2000
# What one act has recorded comes this close together; whoever reacts sees all of it.
_TOGETHER = timedelta(milliseconds=100)

_KINDS = [
    "ticket_opened", "message_received", "automatic_received", "reply_posted", "reply_withdrawn",
    "automatic_posted", "note_posted", "thanks_undone", "status_changed", "ticket_assigned", "team_changed",
    "field_changed", "attribute_changed", "tag_added", "tag_removed", "ticket_snoozed", "ticket_woken",
    "spam_marked", "spam_unmarked", "ticket_deleted", "ticket_restored", "ticket_merged", "ticket_unmerged",
    "merge_received", "merge_undone", "messages_split", "ticket_escalated", "rule_requested",
    # Only to know what they caused,
    "rule_time_reached", "action_due", "rule_reply_requested",
    # and that a person did something.
    "participant_added", "participant_removed", "follower_added", "follower_removed", "summary_written",
    "expert_called", "expert_released", "ticket_linked", "ticket_unlinked",
]  # fmt: skip

# Those opened since the start; those that were open then, which have been worked on since or are open now;
# those on which a time rule can still come due (what it counts from is no later than the ticket's activity or
# what colleagues did, see ``timers.reach``); those of which anything was heard since, for a change of
# priority or a tag is no activity; and whatever is merged into these, for its messages count there. A union,
# since a long list of tickets inside an OR is searched anew for each of them.
_PICKED = """
    WITH RECURSIVE found(id) AS (
        (SELECT id FROM tickets_ticket
          WHERE opened_at <= %(end)s AND (opened_at >= %(start)s OR category < 50
              OR active_at >= %(since)s OR touched_at >= %(since)s)
         UNION
         SELECT stream_id FROM journal_entry
          WHERE stream_type = 'ticket' AND kind = ANY(%(kinds)s) AND recorded_at >= %(start)s
            AND happened_at BETWEEN %(start)s - interval '5 minutes' AND %(end)s)
        UNION
        SELECT merged.id FROM tickets_ticket merged JOIN found ON merged.merged_into_id = found.id
    )
    SELECT id FROM found
"""
# When an entry was heard of: at once, which is when it was recorded; what was written down long after it
# happened (an import) is heard of when it happened. Never before what stands before it.
_ENTRIES = f"""
    WITH picked AS ({_PICKED})
    SELECT entry.id, stream_id, kind, data, actor_kind, actor_id, actor_name, cause_id, happened_at, heard_at
      FROM (
        SELECT id, stream_id, kind, data, actor_kind, actor_id, actor_name, cause_id, happened_at,
               max(CASE WHEN recorded_at - happened_at BETWEEN interval '0' AND interval '5 minutes'
                        THEN recorded_at ELSE happened_at END)
               OVER (PARTITION BY stream_id ORDER BY sequence) AS heard_at
          FROM journal_entry
         WHERE stream_type = 'ticket' AND kind = ANY(%(kinds)s) AND id <= %(last)s
           AND stream_id IN (SELECT id FROM picked)
      ) AS entry
     WHERE heard_at <= %(end)s
     ORDER BY heard_at, id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the journal. ``is_ours``: a rule or assignment did it, or it followed from that."""

    id: int
    ticket_id: int
    kind: str
    data: dict[str, Any]
    actor: tuple[str, int | None, str]
    at: datetime
    heard_at: datetime
    is_ours: bool


@dataclass(slots=True)
class Act:
    """The entries of one ticket that came together; ``at`` is the last one's instant."""

    ticket_id: int
    at: datetime
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Period:
    """``last`` is the last entry there was when the replay was asked for.

    A time rule may come due on what was last active after ``since``, not later than the start.
    """

    start: datetime
    end: datetime
    since: datetime
    last: int

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "since": self.since,
            "last": self.last,
            "kinds": _KINDS,
        }


def period(start: datetime, end: datetime, since: datetime) -> Period:
    last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first()
    return Period(start, end, since, last or 0)


@dataclass(frozen=True)
class Known:
    """What opening a ticket does not tell: (language, is a test) by ticket; tiers; whose a contact is."""

    tickets: dict[int, tuple[str, bool]]
    tiers: dict[int, str]
    contacts: dict[int, int | None]


def known(span: Period) -> tuple[Known, int]:
    """With the number of entries that there are to read."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, language, is_test FROM tickets_ticket WHERE id IN ({_PICKED})",  # noqa: S608
            span.parameters,
        )
        tickets = {pk: (language, is_test) for pk, language, is_test in cursor.fetchall()}
        cursor.execute(
            f"SELECT count(*) FROM journal_entry WHERE stream_type = 'ticket' AND kind = ANY(%(kinds)s) "  # noqa: S608
            f"AND id <= %(last)s AND stream_id IN ({_PICKED})",
            span.parameters,
        )
        number: int = cursor.fetchone()[0]
    moved = Entry.objects.filter(
        stream_type="ticket", stream_id__in=tickets, kind="field_changed", data__field="requester"
    )
    ids = {data["new"] for data in moved.values_list("data", flat=True)}
    contacts: dict[int, int | None] = dict(
        Contact.objects.filter(pk__in=ids).values_list(
            "pk", Case(When(survivor=None, then="organization_id"), default="survivor__organization_id")
        )
    )
    return Known(tickets, dict(Organization.objects.values_list("pk", "tier")), contacts), number


def facts(span: Period) -> Iterator[Fact]:
    """All entries in the order in which they were heard of, through a server-side cursor."""
    ours: set[int] = set()
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ENTRIES, span.parameters)
        while rows := cursor.fetchmany(CHUNK):
            for pk, ticket_id, kind, data, actor_kind, actor_id, actor_name, cause, at, heard_at in rows:
                is_ours = cause in ours or (actor_kind == "system" and _is_ours(kind, actor_name))
                if is_ours:
                    ours.add(pk)
                told = json.loads(data) if isinstance(data, str) else data
                yield Fact(
                    pk, ticket_id, kind, told, (actor_kind, actor_id, actor_name), at, heard_at, is_ours
                )


def _is_ours(kind: str, name: str) -> bool:
    """A rule, assignment, or the end of a snooze, which comes by itself."""
    return name.startswith(("rule:", "assignment:")) or (kind == "ticket_woken" and name == "snooze")


def acts(found: Iterator[Fact]) -> Iterator[Act]:
    """Facts of one ticket that came together are one act, heard of when its last one was."""
    gathering: dict[int, Act] = {}
    for fact in found:
        over = [act for act in gathering.values() if fact.heard_at - act.at > _TOGETHER]
        for act in sorted(over, key=_heard_at):
            yield gathering.pop(act.ticket_id)
        act = gathering.get(fact.ticket_id) or Act(fact.ticket_id, fact.heard_at)
        gathering[fact.ticket_id] = act
        act.at = fact.heard_at
        act.facts.append(fact)
    yield from sorted(gathering.values(), key=_heard_at)


def _heard_at(act: Act) -> datetime:
    return act.at


# --- acts on copies -----------------------------------------------------------------------------


class Past:
    """Lets acts happen again."""

    def __init__(self, world: World, known: Known) -> None:
        self.world = world
        self.known = known

    def happen(self, act: Act, *, whole: bool) -> None:
        """Do to its copy what the act did; what rules did only while ``whole``, before the replay begins.

        What a verb does by itself (a message opens a ticket again) it does here too, so that its entry is
        passed over: whether it happens depends on how the copy is now.
        """
        implied: tuple[str, int | None, str] | None = None
        opened = False
        moved_by: tuple[str, int | None, str] | None = None
        for fact in act.facts:
            copy = self.world.copies.get(fact.ticket_id)
            if copy is None:
                if fact.kind == "ticket_opened":
                    self._open(fact)
                continue
            before = copy.was["category"]
            self._note(copy, fact)
            if fact.is_ours and not whole:
                continue
            if fact.actor[0] != "system":
                copy.person_at = fact.heard_at
            opens = fact.kind == "status_changed" and fact.data["new_category"] == Category.OPEN
            if opens and (implied == fact.actor or (opened and fact.data["old_category"] == Category.NEW)):
                implied, opened = None, False
                continue
            if fact.kind in {"team_changed", "ticket_assigned"} and moved_by == fact.actor:
                continue  # whom assignment then gave it to is another's doing
            with suppress(Refused):
                self._do(copy, fact, before)
            if fact.kind in {"message_received", "thanks_undone"}:
                implied = fact.actor
            elif fact.kind == "reply_posted" and fact.data.get("side_thread_id") is None:
                opened = True
                if not _sets_status(act, fact) and copy.merged_into is None:
                    verbs.open_replied(self.world, copy, fact.at)
            elif fact.kind == "ticket_escalated":
                moved_by = fact.actor

    def _open(self, fact: Fact) -> None:
        world, data = self.world, fact.data
        language, is_test = self.known.tickets.get(fact.ticket_id, ("", False))
        copy = Copy(
            fact.ticket_id,
            data["brand_id"],
            data["channel"],
            data["direction"],
            data["subject"],
            language,
            data["requester_id"],
            data["organization_id"],
            data["tier"] if data["organization_id"] else None,
            data["team_id"],
            data["assignee_id"],
            data["status_id"],
            data["category"],
            data["priority"],
            data["topic_id"],
            data["service_id"],
            fact.at,
            is_test,
            fact.heard_at < world.start,
        )
        copy.was = {
            "team": copy.team,
            "assignee": copy.assignee,
            "status": copy.status,
            "category": copy.category,
            "priority": copy.priority,
            "topic": copy.topic,
            "service": copy.service,
            "tags": {},
            "attributes": {},
        }
        if fact.actor[0] != "system":
            copy.person_at = fact.heard_at
        world.copies[copy.id] = copy
        world.touch(copy)
        world.emit(copy, "ticket_opened", data, fact.at)

    def _note(self, copy: Copy, fact: Fact) -> None:
        """What really happened, for the comparison."""
        was, data = copy.was, fact.data
        match fact.kind:
            case "status_changed":
                was["status"], was["category"] = data["new_status_id"], data["new_category"]
            case "ticket_assigned":
                was["assignee"] = data["new_assignee_id"]
            case "team_changed":
                was["team"] = data["new_team_id"]
            case "field_changed":
                if data["field"] in was:
                    was[data["field"]] = data["new"]
            case "attribute_changed":
                was["attributes"].pop(data["key"], None)
                if data["new"] is not None:
                    was["attributes"][data["key"]] = data["new"]
            case "tag_added":
                was["tags"][data["name"].lower()] = data["name"]
            case "tag_removed":
                was["tags"].pop(data["name"].lower(), None)

    def _do(self, copy: Copy, fact: Fact, was_category: int) -> None:
        world, data, at = self.world, fact.data, fact.at
        match fact.kind:
            case "message_received":
                verbs.receive(world, copy, data, at, is_thanks=self._is_thanks(copy, data, was_category))
            case "thanks_undone":
                verbs.undo_thanks(world, copy, data, at)
            case "reply_posted":
                verbs.reply(world, copy, data, at)
            case "automatic_received" | "automatic_posted" | "note_posted":
                verbs.add_message(world, copy, fact.kind, data, at)
            case "reply_withdrawn":
                verbs.withdraw_reply(world, copy, data, at)
            case "status_changed":
                verbs.set_status(world, copy, data["new_status_id"], at)
            case "ticket_assigned":
                verbs.assign(world, copy, data["new_assignee_id"], at)
            case "team_changed":
                verbs.set_team(world, copy, data["new_team_id"], at)
            case "field_changed":
                self._set_field(copy, data, at)
            case "attribute_changed":
                verbs.write_attribute(world, copy, data["key"], data["new"], verbs.begin(world, copy, at))
            case "tag_added":
                verbs.add_tag(world, copy, data["name"], at)
            case "tag_removed":
                verbs.remove_tag(world, copy, data["name"], at)
            case "ticket_snoozed":
                verbs.snooze(world, copy, datetime.fromisoformat(data["until"]), at)
            case "ticket_woken":
                verbs.wake(world, copy, at)
            case "ticket_escalated":
                verbs.escalate(world, copy, data["to_team_id"], at)
            case "rule_requested":
                world.emit(copy, fact.kind, data, verbs.begin(world, copy, at))
            case _:
                self._hide(copy, fact)

    def _is_thanks(self, copy: Copy, data: dict[str, Any], was_category: int) -> bool:
        """As ``receive_message`` would have judged, the copy being as it is."""
        if data.get("side_thread_id") is not None or copy.category < Category.RESOLVED:
            return False
        if was_category >= Category.RESOLVED:
            return bool(data.get("is_thanks"))
        return would_be_thanks(data["message_id"])

    def _set_field(self, copy: Copy, data: dict[str, Any], at: datetime) -> None:
        if data["field"] == "requester":
            at = verbs.begin(self.world, copy, at)
            if copy.requester == data["new"]:
                return
            old, copy.requester = copy.requester, data["new"]
            copy.organization = self.known.contacts.get(copy.requester)
            copy.tier = self.known.tiers.get(copy.organization) if copy.organization else None
            self.world.touch(copy)
            self.world.emit(copy, "field_changed", {"field": "requester", "old": old, "new": data["new"]}, at)
        elif data["field"] == "organization":
            at = verbs.begin(self.world, copy, at)
            if copy.organization == data["new"]:
                return
            before, copy.organization = copy.organization, data["new"]
            copy.tier = self.known.tiers.get(copy.organization) if copy.organization else None
            self.world.touch(copy)
            news = {"field": "organization", "old": before, "new": data["new"]}
            self.world.emit(copy, "field_changed", news, at)
        elif data["field"] in {"priority", "topic", "service", "subject"}:
            verbs.set_field(self.world, copy, data["field"], data["new"], at)

    def _hide(self, copy: Copy, fact: Fact) -> None:
        """Out of sight and back, merges and splits."""
        world, data = self.world, fact.data
        match fact.kind:
            case "spam_marked" | "spam_unmarked":
                copy.is_spam = fact.kind == "spam_marked"
            case "ticket_deleted" | "ticket_restored":
                copy.deleted = fact.kind == "ticket_deleted"
            case "ticket_merged":
                copy.merged_into = data["into_id"]
                world.merged[data["into_id"]].add(copy.id)
            case "ticket_unmerged":
                copy.merged_into = None
                world.merged[data["from_id"]].discard(copy.id)
                copy.active_at = max(copy.active_at, fact.at)
                verbs.recount(world, copy)
            case "merge_received" | "merge_undone":
                if fact.kind == "merge_received":
                    copy.active_at = max(copy.active_at, fact.at)
                verbs.recount(world, copy)
            case "messages_split":
                verbs.split(world, copy, data["new_ticket_id"], data["message_ids"])
            case _:
                return
        world.touch(copy)
        world.emit(copy, fact.kind, data, fact.at)


def _sets_status(act: Act, reply: Fact) -> bool:
    """Whether a reply sets a status in the same act: then it does not open a new ticket by itself."""
    return any(
        one.kind == "status_changed"
        and one.id > reply.id
        and not one.is_ours
        and one.data["new_category"] != Category.OPEN
        for one in act.facts
    )
