"""What happened on a ticket, in order, in the reader's language."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value, prefetch_related_objects
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from common.statements import Prepared
from journal.actor import ActorKind
from journal.models import Entry
from tickets import events, undelivered
from tickets.commands.posting import family_ids
from tickets.conditions.dynamic import choice_label, custom_fields
from tickets.models import CustomField, Link, Message, Priority, Ticket
from tickets.timeline_names import named

# Entries that show as their message, not as a line of their own.
_AS_MESSAGE = {
    e.kind
    for e in (
        events.MessageReceived,
        events.AutomaticReceived,
        events.ReplyPosted,
        events.AutomaticPosted,
        events.NotePosted,
    )
}
MAX_ENTRIES = 2000
RECENT = 60  # messages and lines of a long conversation that a page shows before it is asked for more
_ENOUGH = RECENT + 20  # messages among which those of the last ``RECENT`` are, and of a few more


@dataclass(frozen=True)
class Item:
    """A message, or one line of history."""

    at: datetime
    message: Message | None = None
    text: str = ""
    actor_name: str = ""
    kind: str = ""
    entry_id: int = 0
    actor_key: str = ""  # which part of the product, e.g. "rule:12"; empty for people


def conversation(ticket: Ticket) -> QuerySet[Message]:
    """All messages of the ticket and of what was merged into it, oldest first."""
    return _messages(family_ids(ticket.pk)).prefetch_related("attachments")


def said(family: Collection[int], *, lately: bool = False) -> tuple[list[Message], int]:
    """``conversation`` of a ticket and all that was merged into it, if one knows them already, and how many
    messages come before these: with ``lately`` as many come as the last ``RECENT`` items may be made of."""
    ids = list(family)
    alone, among = (_LATELY_ALONE, _LATELY) if lately else (_SAID_ALONE, _SAID)
    messages = alone.all(ticket=ids[0]) if len(ids) == 1 else among.all(family=ids)
    before = 0
    if lately and messages:
        before = vars(messages[0])["in_all"] - len(messages)
        messages.reverse()
    prefetch_related_objects(messages, "attachments")
    return messages, before


def _messages(family: Collection[int]) -> QuerySet[Message]:
    return (
        Message.objects.filter(ticket_id__in=family)
        .select_related("author_contact__survivor", "author_user", "side_thread__contact__survivor")
        .order_by("created_at", "pk")
    )


def _lately(family: Collection[int]) -> QuerySet[Message]:
    """The last of them, newest first, each with how many there are ``in_all``."""
    count = Message.objects.filter(ticket_id__in=family).order_by().annotate(of=Value(1))
    in_all = Subquery(count.values("of").annotate(in_all=Count("*")).values("in_all"))
    return _messages(family).reverse().annotate(in_all=in_all)[:_ENOUGH]


_SAID: Prepared[Message] = Prepared(_messages, family=list)
_LATELY: Prepared[Message] = Prepared(_lately, family=list)
# Most tickets stand alone: for one key PostgreSQL keeps its plan, for a list it makes it anew each time.
_SAID_ALONE: Prepared[Message] = Prepared(lambda ticket: _messages([ticket]), ticket=int)
_LATELY_ALONE: Prepared[Message] = Prepared(lambda ticket: _lately([ticket]), ticket=int)
_HAPPENED: Prepared[Entry] = Prepared(
    lambda ticket: (
        Entry.objects.filter(stream_type="ticket", stream_id=ticket)
        .exclude(kind__in=sorted(_AS_MESSAGE))
        .order_by("-sequence")[:MAX_ENTRIES]
    ),
    ticket=int,
)


def timeline(ticket: Ticket, messages: Iterable[Message] | None = None) -> list[Item]:
    """Messages and lines of history in time order, in a fixed number of queries."""
    found = list(conversation(ticket) if messages is None else messages)
    items = [Item(message.created_at, message=message, kind="message") for message in found]
    entries = _HAPPENED.all(ticket=ticket.pk)
    names = Names(entries)
    for entry in entries:
        text = "" if _is_the_same(entry, ticket, names) else describe(entry, names)
        if text:
            items.append(
                Item(
                    entry.happened_at,
                    text=text,
                    actor_name=names.actor(entry),
                    kind=entry.kind,
                    entry_id=entry.pk,
                    actor_key=entry.actor_name if entry.actor_kind == ActorKind.SYSTEM else "",
                )
            )
    # At the same instant the message comes before what followed from it, except the opening.
    items.sort(
        key=lambda item: (item.at, item.kind != "ticket_opened", item.kind != "message", item.entry_id)
    )
    return items


def _is_the_same(entry: Entry, ticket: Ticket, names: "Names") -> bool:
    """Whether an entry tells of the requester taking part in their own ticket, under another address."""
    if entry.kind not in {events.ParticipantAdded.kind, events.ParticipantRemoved.kind}:
        return False
    return names.people.get(entry.data["contact_id"]) == ticket.requester.person_id


Namer = Callable[[set[str]], dict[str, str]]
_namers: dict[str, Namer] = {}


def register_actor(prefix: str, namer: Namer) -> None:
    """Let an upper app name its actors: ``Actor.system("rule:12")`` has the prefix "rule".

    ``namer`` gets the set of what follows the colon and gives names by it, in the reader's language.
    """
    _namers[prefix] = namer


Loader = Callable[[set[int]], dict[int, str]]
_loaders: dict[str, Loader] = {}


def register_names(key: str, loader: Loader) -> None:
    """Let an upper app name what its events mention under ``key``, all of a timeline's in one query."""
    _loaders[key] = loader


class Names:
    """The names of everything the entries mention, in one query but for what upper apps name."""

    def __init__(self, entries: list[Entry]) -> None:
        data = [entry.data for entry in entries]
        users = {entry.actor_id for entry in entries if entry.actor_kind == ActorKind.USER}
        contacts = {entry.actor_id for entry in entries if entry.actor_kind == ActorKind.CONTACT}
        users |= _collect(data, "old_assignee_id", "new_assignee_id", "user_id")
        contacts |= _collect(data, "contact_id") | _field_values(data, "requester_id", "requester")
        found, self.people = named(
            {
                "user": users,
                "contact": contacts,
                "organization": _field_values(data, "organization"),
                "team": _collect(data, "old_team_id", "new_team_id", "from_team_id", "to_team_id"),
                "status": _collect(data, "old_status_id", "new_status_id"),
                "topic": _field_values(data, "topic"),
                "service": _field_values(data, "service"),
                "problem": _collect(data, "problem_id", "instead_of"),
            }
        )
        self.users, self.contacts, self.teams = found["user"], found["contact"], found["team"]
        self.organizations, self.statuses = found["organization"], found["status"]
        self.topics, self.services, self.problems = found["topic"], found["service"], found["problem"]
        self.fields: Mapping[str, CustomField] = custom_fields() if _collect(data, "key") else {}
        self.parts = self._parts(
            {entry.actor_name for entry in entries if entry.actor_kind == ActorKind.SYSTEM}
        )

        self._others = {key: loader(ids) for key, loader in _loaders.items() if (ids := _collect(data, key))}

    def other(self, key: str, pk: int | None) -> str:
        """What an upper app calls this (``register_names``)."""
        return self._others.get(key, {}).get(pk or 0, "—")

    @staticmethod
    def _parts(keys: set[str]) -> dict[str, str]:
        """What the parts of the product that acted are called, where an app gives them names."""
        found: dict[str, str] = {}
        for prefix, namer in _namers.items():
            ids = {key.partition(":")[2] for key in keys if key.startswith(f"{prefix}:")}
            if ids:
                found |= {f"{prefix}:{key}": name for key, name in namer(ids).items()}
        return found

    def actor(self, entry: Entry) -> str:
        if entry.actor_kind == ActorKind.USER:
            return self.users.get(entry.actor_id or 0, _("Somebody who has left"))
        if entry.actor_kind == ActorKind.CONTACT:
            return self.contacts.get(entry.actor_id or 0, _("Customer"))
        return self.parts.get(entry.actor_name, _("Otklik"))

    def user(self, pk: int | None) -> str:
        return self.users.get(pk or 0, _("somebody who has left"))

    def contact(self, pk: int | None) -> str:
        return self.contacts.get(pk or 0, _("somebody"))

    def team(self, pk: int | None) -> str:
        return self.teams.get(pk or 0, "—") if pk else _("no team")

    def status(self, pk: int | None) -> str:
        return self.statuses.get(pk or 0, "—")


def _collect(data: list[dict[str, Any]], *keys: str) -> set[Any]:
    return {row[key] for row in data for key in keys if row.get(key) is not None}


def _field_values(data: list[dict[str, Any]], *fields: str) -> set[Any]:
    return {row[side] for row in data if row.get("field") in fields for side in ("old", "new")} - {None}


def describe(entry: Entry, names: Names) -> str:
    """One sentence for an entry, without its author; empty for what needs none."""
    writer = _SENTENCES.get(entry.kind)
    return writer(entry.data, names) if writer else ""


def _assigned(data: dict[str, Any], names: Names) -> str:
    if data["new_assignee_id"] is None:
        return _("Back in the queue, no longer with %(name)s") % {"name": names.user(data["old_assignee_id"])}
    return _("Assigned to %(name)s") % {"name": names.user(data["new_assignee_id"])}


def _status(data: dict[str, Any], names: Names) -> str:
    return _("Status: %(old)s → %(new)s") % {
        "old": names.status(data["old_status_id"]),
        "new": names.status(data["new_status_id"]),
    }


def _team(data: dict[str, Any], names: Names) -> str:
    return _("Team: %(old)s → %(new)s") % {
        "old": names.team(data["old_team_id"]),
        "new": names.team(data["new_team_id"]),
    }


def _field(data: dict[str, Any], names: Names) -> str:
    old, new = data["old"], data["new"]
    match data["field"]:
        case "priority":
            return _("Priority: %(old)s → %(new)s") % {"old": Priority(old).label, "new": Priority(new).label}
        case "topic":
            return _("Topic: %(new)s") % {"new": names.topics.get(new, "—")}
        case "service":
            return _("Service: %(new)s") % {"new": names.services.get(new, "—")}
        case "requester":
            return _("Requester: %(old)s → %(new)s") % {"old": names.contact(old), "new": names.contact(new)}
        case "organization":
            return _("Organisation: %(old)s → %(new)s") % {
                "old": names.organizations.get(old, "—"),
                "new": names.organizations.get(new, "—"),
            }
        case "subject":
            return _("Subject was “%(old)s”") % {"old": old}
    return ""


def _attribute(data: dict[str, Any], names: Names) -> str:
    row = names.fields.get(data["key"])
    label, new = (row.label if row else data["key"]), data["new"]
    if row and row.kind == CustomField.Kind.FLAG and new is not None:
        new = _("yes") if new else _("no")
    if row and row.kind == CustomField.Kind.CHOICE:
        new = choice_label(row, new)
    return _("%(field)s: %(new)s") % {"field": label, "new": "—" if new is None else new}


def _escalated(data: dict[str, Any], names: Names) -> str:
    return _("Passed to %(team)s, line %(line)d: %(reason)s") % {
        "team": names.team(data["to_team_id"]),
        "line": data["line"],
        "reason": data["reason"],
    }


def _called(data: dict[str, Any], names: Names) -> str:
    name = names.user(data["user_id"])
    if not data["question"]:
        return _("%(name)s was called in") % {"name": name}
    return _("%(name)s was called in: %(question)s") % {"name": name, "question": data["question"]}


def _snoozed(data: dict[str, Any], names: Names) -> str:
    until = parse_datetime(data["until"])
    words = date_format(localtime(until), "SHORT_DATETIME_FORMAT") if until else "—"
    return _("Snoozed until %(until)s") % {"until": words}


def _scheduled(data: dict[str, Any], names: Names) -> str:
    due = parse_datetime(data["due_at"])
    words = date_format(localtime(due), "SHORT_DATETIME_FORMAT") if due else "—"
    return _("A reply is set to leave %(due)s") % {"due": words}


def _kept_back(data: dict[str, Any], names: Names) -> str:
    match data["why"]:
        case "overtaken":
            return _("The reply set for later is kept back: the customer has written")
        case "refused":
            return _("The reply set for later is kept back: %(reason)s") % {"reason": data["reason"] or "—"}
        case "dropped":
            return _("The reply set for later was thrown away")
    return _("The reply set for later was taken back")


def _linked(data: dict[str, Any], names: Names) -> str:
    sentence = {
        Link.Kind.POSSIBLY: _("Possibly belongs to #%(number)d"),
        Link.Kind.SPLIT: _("Split from #%(number)d"),
        Link.Kind.FOLLOW_UP: _("Follow-up of #%(number)d"),
    }.get(data["link_kind"], _("Linked to #%(number)d"))
    return sentence % {"number": data["other_id"]}


def _problem(data: dict[str, Any], names: Names) -> str:
    title = names.problems.get(data["problem_id"], "—")
    if data.get("instead_of") is None:
        return _("Caused by the problem “%(title)s”") % {"title": title}
    old = names.problems.get(data["instead_of"], "—")
    return _("Caused by the problem “%(title)s”, not by “%(old)s”") % {"title": title, "old": old}


def _failed(data: dict[str, Any], names: Names) -> str:
    code = data["status_code"]
    words = undelivered.reason(code, data["words"]) or code
    # A reason that names the addresses need not have them told twice.
    who = "" if code == undelivered.BOUNCED_BEFORE else ", ".join(data["recipients"])
    if not who:
        return _("Not delivered: %(words)s") % {"words": words}
    return _("Not delivered to %(who)s: %(words)s") % {"who": who, "words": words}


_SENTENCES: dict[str, Callable[[dict[str, Any], Names], str]] = {
    "ticket_opened": lambda d, n: _("Ticket opened"),
    "reply_withdrawn": lambda d, n: _("Reply withdrawn before it left"),
    "thanks_undone": lambda d, n: _("The thank-you counts as a question after all"),
    "status_changed": _status,
    "ticket_assigned": _assigned,
    "team_changed": _team,
    "field_changed": _field,
    "tag_added": lambda d, n: _("Tag added: %(name)s") % {"name": d["name"]},
    "tag_removed": lambda d, n: _("Tag removed: %(name)s") % {"name": d["name"]},
    "participant_added": lambda d, n: _("%(name)s takes part") % {"name": n.contact(d["contact_id"])},
    "participant_removed": lambda d, n: (
        _("%(name)s no longer takes part") % {"name": n.contact(d["contact_id"])}
    ),
    "follower_added": lambda d, n: _("%(name)s follows") % {"name": n.user(d["user_id"])},
    "follower_removed": lambda d, n: _("%(name)s no longer follows") % {"name": n.user(d["user_id"])},
    "reply_scheduled": _scheduled,
    "reply_kept_back": _kept_back,
    "ticket_snoozed": _snoozed,
    "ticket_woken": lambda d, n: _("The snooze is over"),
    "spam_marked": lambda d, n: _("Marked as spam"),
    "spam_unmarked": lambda d, n: _("Not spam"),
    "ticket_deleted": lambda d, n: _("Deleted"),
    "ticket_restored": lambda d, n: _("Restored"),
    "ticket_merged": lambda d, n: _("Merged into #%(number)d") % {"number": d["into_id"]},
    "ticket_unmerged": lambda d, n: _("Merge with #%(number)d undone") % {"number": d["from_id"]},
    "merge_received": lambda d, n: _("#%(number)d was merged into this ticket") % {"number": d["merged_id"]},
    "merge_undone": lambda d, n: _("#%(number)d was taken out again") % {"number": d["merged_id"]},
    "messages_split": lambda d, n: _("Messages moved to #%(number)d") % {"number": d["new_ticket_id"]},
    "ticket_linked": _linked,
    "ticket_unlinked": lambda d, n: _("Link to #%(number)d removed") % {"number": d["other_id"]},
    "problem_linked": _problem,
    "problem_unlinked": lambda d, n: (
        _("No longer caused by the problem “%(title)s”") % {"title": n.problems.get(d["problem_id"], "—")}
    ),
    "message_redacted": lambda d, n: _("Part of a message was blacked out"),
    "attachment_redacted": lambda d, n: _("A file was erased"),
    "side_thread_opened": lambda d, n: (
        _("Side conversation with %(name)s") % {"name": n.contact(d["contact_id"])}
    ),
    "delivery_failed": _failed,
    "delivery_retried": lambda d, n: _("Sending again"),
    "sender_confirmed": lambda d, n: _("The address was confirmed by mail"),
    "attribute_changed": _attribute,
    "summary_written": lambda d, n: _("Summary written") if d["text"] else _("Summary removed"),
    "ticket_escalated": _escalated,
    "expert_called": _called,
    "expert_released": lambda d, n: _("%(name)s has helped") % {"name": n.user(d["user_id"])},
}


def register_sentences(sentences: Mapping[str, Callable[[dict[str, Any], Names], str]]) -> None:
    """Let an upper app word the entries of its own events; the kind of an event is unique anyway."""
    _SENTENCES.update(sentences)
