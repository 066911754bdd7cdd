"""Where a mail belongs. The rules, in this order, first match wins:

1. a Message-ID we signed, in In-Reply-To or References, newest first;
2. a plus-address we signed, in any recipient header or the envelope;
3. a foreign Message-ID we have stored, if the sender takes part in that ticket;
4. a ticket number in the subject (#1042), if the sender takes part in that ticket.

A token is enough of itself; what anybody can guess or copy (3, 4) counts only from somebody who takes part:
requester, participant, contact of a side thread, or a verified agent. A sender whose DMARC failed never joins
a ticket. Brands never mix. A merged ticket is followed to its survivor; where a ticket cannot take the
message (deleted, spam, solved too long ago), a new one follows it up. Signs that were not enough are kept as
"possibly belongs to". Every step is written to a trace of codes; ``channels_in.explain`` finds the words.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels_in.kinds.email import tokens
from channels_in.models import MailReference
from people.querysets import family_ids
from tickets.models import Category, Message, Participant, SideThread, Ticket

REOPEN_FOR = timedelta(days=30)  # a ticket solved longer ago is followed up instead
MOST_IDS = 100  # of a References chain, the newest
MOST_NUMBERS = 5
MOST_POSSIBLE = 3

Trace = list[dict[str, Any]]

_NUMBER = re.compile(r"(?:^|[\s\[(:])#([1-9]\d{0,11})(?!\d)")
_OURS = re.compile(r"<?\s*t(\d{1,12})(?:s\d+)?\.m\d+\.[^\s@]+@")
_OUR_PLUS = re.compile(r"\+t(\d{1,12})(?:s\d+)?\.[^\s@]+@")


@dataclass(frozen=True)
class Clues:
    """What a mail says about where it belongs."""

    ids: list[str]  # In-Reply-To and References, newest first, without <>
    recipients: list[str]
    subject: str

    @classmethod
    def of(
        cls, *, in_reply_to: Iterable[str], references: Iterable[str], recipients: Iterable[str], subject: str
    ) -> "Clues":
        """In-Reply-To names the parent; References runs from the oldest to the newest (RFC 5322, 3.6.4)."""
        newest_first = [*reversed(list(in_reply_to)), *reversed(list(references))]
        ids = [one.strip().strip("<>") for one in newest_first]
        return cls(
            list(dict.fromkeys(filter(None, ids)))[:MOST_IDS], list(dict.fromkeys(recipients)), subject
        )


@dataclass(frozen=True)
class Party:
    """Who writes: ``contact_id`` where the address is known, ``user_id`` where it is an agent's.

    ``failed``: DMARC says the address is forged. ``believed``: the address alone may count as taking part;
    for an agent that needs a proof, DKIM or DMARC.
    """

    contact_id: int | None = None
    user_id: int | None = None
    failed: bool = False
    believed: bool = True


@dataclass
class Found:
    """``ticket`` takes the message; else a new one does, linked to ``follow_up`` and ``possibly``."""

    ticket: Ticket | None = None
    home: int | None = None  # the ticket that was answered: ``ticket``, or one merged into it
    side_thread: SideThread | None = None
    answered: int | None = None  # the message this one answers
    newcomer: bool = False  # came with a token and takes no part so far
    follow_up: Ticket | None = None
    possibly: list[int] = field(default_factory=list)
    trace: Trace = field(default_factory=list)

    @property
    def matched(self) -> bool:
        return self.ticket is not None or self.follow_up is not None


@dataclass(frozen=True)
class _Candidate:
    rule: str
    ticket: Ticket
    strong: bool
    side_thread: SideThread | None = None
    answered: int | None = None


def find_thread(clues: Clues, party: Party, *, brand_id: int, at: datetime) -> Found:
    """Apply the rules for a mail to an inbox of ``brand_id`` that came in ``at``. Reads only."""
    found = Found()
    for candidate in _candidates(clues, brand_id, found.trace):
        if _admit(candidate, party, found, at):
            return found
    if not found.trace:
        found.trace.append({"rule": "none", "outcome": "no_clue"})
    found.possibly = list(dict.fromkeys(found.possibly))[:MOST_POSSIBLE]
    return found


def _candidates(clues: Clues, brand_id: int, trace: Trace) -> Iterator[_Candidate]:
    """Tickets the clues point to, in the order of the rules; lazily, so that rules not needed ask nothing."""
    refs = [(ref, one) for one in clues.ids if (ref := tokens.parse_message_id(one))]
    yield from _signed("message_id", [ref for ref, _one in refs], brand_id, trace)
    signed = {one for _ref, one in refs}
    _note_forged("message_id", [one for one in clues.ids if one not in signed], _OURS, trace)

    addressed = [(ref, one) for one in clues.recipients if (ref := tokens.parse_plus_address(one))]
    yield from _signed("address", [ref for ref, _one in addressed], brand_id, trace)
    plus = {one for _ref, one in addressed}
    _note_forged("address", [one for one in clues.recipients if one not in plus], _OUR_PLUS, trace)

    yield from _referenced([one for one in clues.ids if one not in signed], brand_id)
    yield from _numbered(clues.subject, brand_id, trace)


def _signed(rule: str, refs: list[tokens.Ref], brand_id: int, trace: Trace) -> Iterator[_Candidate]:
    if not refs:
        return
    tickets = Ticket.objects.in_bulk({ref.ticket_id for ref in refs})
    sides = _side_threads({ref.side_thread_id for ref in refs if ref.side_thread_id})
    moved = _homes({ref.message_id for ref in refs if ref.message_id})
    for ref in dict.fromkeys(refs):
        ticket = tickets.get(ref.ticket_id)
        side = sides.get(ref.side_thread_id) if ref.side_thread_id else None
        key = side.key if side else ticket.thread_key if ticket and not ref.side_thread_id else None
        if ticket is None or key is None or key.lower() != ref.key:
            trace.append({"rule": rule, "outcome": "unknown", "ticket": ref.ticket_id})
            continue
        # A message that was split off has taken its conversation along.
        home = moved.get(ref.message_id) if ref.message_id else None
        if home is not None and home != ticket.pk and side is None:
            ticket = Ticket.objects.get(pk=home)
        if ticket.brand_id != brand_id:
            trace.append({"rule": rule, "outcome": "other_brand", "ticket": ticket.pk})
            continue
        yield _Candidate(rule, ticket, True, side, ref.message_id)


def _side_threads(ids: set[int]) -> dict[int, SideThread]:
    return SideThread.objects.in_bulk(ids) if ids else {}


def _homes(message_ids: set[int]) -> dict[int, int]:
    """The ticket that each message is in now."""
    return (
        dict(Message.objects.filter(pk__in=message_ids).values_list("pk", "ticket_id")) if message_ids else {}
    )


def _note_forged(rule: str, values: Iterable[str], pattern: re.Pattern[str], trace: Trace) -> None:
    """Write down what looks like a token of ours and is none: altered, or signed with a lost key."""
    for value in values:
        if match := pattern.search(value.lower()):
            trace.append({"rule": rule, "outcome": "forged", "ticket": int(match[1])})


def _referenced(ids: list[str], brand_id: int) -> Iterator[_Candidate]:
    if not ids:
        return
    rows = MailReference.objects.filter(external_id__in=ids, message__ticket__brand_id=brand_id)
    rows = rows.select_related("message__ticket", "message__side_thread").order_by("-message_id")[:MOST_IDS]
    position = {one: index for index, one in enumerate(ids)}
    for row in sorted(rows, key=lambda row: position[row.external_id]):
        message = row.message
        yield _Candidate("reference", message.ticket, False, message.side_thread, message.pk)


def _numbered(subject: str, brand_id: int, trace: Trace) -> Iterator[_Candidate]:
    numbers = list(dict.fromkeys(int(number) for number in _NUMBER.findall(subject)))[:MOST_NUMBERS]
    if not numbers:
        return
    tickets = Ticket.objects.filter(brand_id=brand_id).in_bulk(numbers)
    for number in numbers:
        if number in tickets:
            yield _Candidate("subject", tickets[number], False)
        else:
            trace.append({"rule": "subject", "outcome": "unknown", "ticket": number})


def _admit(candidate: _Candidate, party: Party, found: Found, at: datetime) -> bool:
    """Whether the candidate decides; then ``found`` says how. Else the trace says why not."""
    step: dict[str, Any] = {"rule": candidate.rule, "ticket": candidate.ticket.pk}
    found.trace.append(step)
    ticket = _survivor(candidate.ticket)
    if ticket.pk != candidate.ticket.pk:
        step["into"] = ticket.pk
    if party.failed:
        step["outcome"] = "failed_sender"
        found.possibly.append(ticket.pk)
        return False
    side = candidate.side_thread
    part = _part(party, ticket, candidate.ticket, side)
    if not candidate.strong:
        if part is None or not party.believed:
            step["outcome"] = "stranger" if part is None else "unproven"
            found.possibly.append(ticket.pk)
            return False
        # What an outsider writes goes to the outsider's thread, and what the customer writes never does.
        side = part if isinstance(part, SideThread) else None if part == "customer" else side
    if refusal := refusal_of(ticket, at):
        step["outcome"] = refusal
        found.follow_up = ticket
        return True
    step["outcome"] = "matched"
    found.ticket = ticket
    found.home = candidate.ticket.pk
    found.side_thread = side
    found.answered = candidate.answered
    found.newcomer = part is None
    if side is not None:
        step["side_thread"] = side.pk
    elif found.newcomer:
        step["newcomer"] = True
    return True


def _survivor(ticket: Ticket) -> Ticket:
    """Where merges lead; a ring, which should not exist, ends at its first repeat."""
    seen = {ticket.pk}
    while ticket.merged_into_id is not None and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        ticket = Ticket.objects.get(pk=ticket.merged_into_id)
    return ticket


def refusal_of(ticket: Ticket, at: datetime) -> str:
    """Why the ticket takes no more messages, as a code; empty if it does."""
    if ticket.deleted_at is not None:
        return "deleted"
    if ticket.is_spam:
        return "spam"
    done_at = ticket.closed_at or ticket.resolved_at
    if ticket.category >= Category.RESOLVED and done_at is not None and done_at < at - REOPEN_FOR:
        return "solved_long_ago"
    return ""


def _part(party: Party, ticket: Ticket, original: Ticket, side: SideThread | None) -> SideThread | str | None:
    """How the sender takes part: as "agent", as "customer", through a side thread, or not (None)."""
    if party.user_id is not None:
        return "agent"
    if party.contact_id is None:
        return None
    # The person, under whichever of their addresses.
    contacts = family_ids(party.contact_id)
    if {ticket.requester_id, original.requester_id} & set(contacts):
        return "customer"
    if side is not None and side.contact_id in contacts:
        return side
    both = {ticket.pk, original.pk}
    if Participant.objects.filter(ticket_id__in=both, contact_id__in=contacts).exists():
        return "customer"
    return SideThread.objects.filter(ticket_id__in=both, contact_id__in=contacts).order_by("-pk").first()
