"""What becomes of a form that was sent: a ticket with its first message, in the caller's transaction.

Who is not signed in only claims an address: the ticket is there at once, but its sender counts as unproved
until they follow the link of the acknowledgement (``channels_in.kinds.web_form.confirming``).
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils import translation

from channels_in import blocking
from channels_in.conversing import contact_of
from channels_in.directory import Directory
from channels_in.kinds.web_form.submission import BrokenSubmissionError, Submission, decode
from channels_in.models import Inbound, Inbox, ServiceForm
from channels_in.protocol import Sender
from channels_in.settled import Settled, Unusable
from channels_in.survivors import on_survivor
from common.text import one_line
from journal.actor import Actor
from people.models import Contact, Team
from tickets import answers, commands
from tickets.content import Content
from tickets.errors import TicketError
from tickets.models import CustomField, Message, Service, Ticket, Topic

INTAKE = Actor.system("intake")
CLAIMED, PASSED = "claimed", "passed"
UNCONFIRMED = "unconfirmed"
_SUBJECT = 120  # characters of the first answer that become the subject


@dataclass
class _Sent:
    """A submission on its way, with every decision."""

    inbound: Inbound
    inbox: Inbox
    submission: Submission
    trace: list[dict[str, Any]] = field(default_factory=list)

    def note(self, rule: str, outcome: str, **detail: Any) -> None:
        self.trace.append({"rule": rule, "outcome": outcome, **detail})


def read(inbound: Inbound) -> Submission:
    """Raises ``Unusable``."""
    try:
        return decode(bytes(inbound.raw))
    except BrokenSubmissionError as error:
        raise Unusable("broken-form", str(error)) from error


def settle(inbound: Inbound, directory: Directory) -> Settled:
    """Decide and act; the verbs run in the open transaction. Raises ``Unusable`` for quarantine."""
    sent = _Sent(inbound, directory.inboxes[inbound.inbox_id], read(inbound))
    settled = _decide(sent)
    settled.trace = sent.trace
    settled.verdict = _verdict(inbound, sent.submission)
    return settled


def _decide(sent: _Sent) -> Settled:
    submission = sent.submission
    if submission.held and sent.inbound.verdict.get("state") is None:
        # The second time it was confirmed, or an administrator took it out by hand.
        sent.note("form", "held", signs=", ".join(submission.signs))
        return Settled.discarded(UNCONFIRMED)
    if submission.contact_id is None and (block := blocking.blocked_by(submission.email)) is not None:
        blocking.count_hit(block)
        sent.note("blocked", "discarded", pattern=block.pattern)
        return Settled.discarded("blocked", block.pattern)
    contact = _contact(sent)
    ticket = _open(sent, contact)
    message = commands.receive_message(
        ticket.pk,
        content=content_of(submission),
        contact=contact,
        actor=Actor.contact(contact),
        channel="form",
        at=sent.inbound.received_at,
    )
    sent.note("new", "opened", ticket=ticket.pk)
    return Settled.done(message)


def _verdict(inbound: Inbound, submission: Submission) -> dict[str, Any]:
    state = inbound.verdict.get("state")
    if state != PASSED:
        state = PASSED if submission.contact_id is not None else CLAIMED
    return {"state": state, "address": submission.email, "by": "form", "no_answer": []}


def _contact(sent: _Sent) -> Contact:
    submission = sent.submission
    if submission.contact_id is not None:
        contact = Contact.objects.select_related("organization").filter(pk=submission.contact_id).first()
        if contact is not None:
            return contact
        if not submission.email:
            raise Unusable("no-sender", "the contact is gone, and no address was given")
    sender = Sender(
        "email",
        submission.email,
        name=one_line(submission.name, 200),
        language=submission.language,
        is_verified=sent.inbound.verdict.get("state") == PASSED,
    )
    return contact_of(sender)


def _open(sent: _Sent, contact: Contact) -> Ticket:
    """The ticket, with what the answers fill of it."""
    submission, inbox = sent.submission, sent.inbox
    at = sent.inbound.received_at
    service = Service.objects.filter(pk=submission.service_id).first() if submission.service_id else None
    topic = Topic.objects.filter(pk=submission.topic_id).first() if submission.topic_id else None
    ticket = commands.open_ticket(
        brand=inbox.brand,
        channel="form",
        requester=contact,
        subject=_subject(submission, service),
        team=_team(service) or inbox.team,
        topic=topic if topic is None or topic.brand_id in {None, inbox.brand_id} else None,
        service=service,
        language=submission.language,
        actor=Actor.contact(contact),
        at=at,
    )
    for name in submission.tags:
        commands.add_tag(ticket.pk, name=name, actor=INTAKE, at=at)
    rows = {
        row.key: row for row in CustomField.objects.filter(key__in=list(submission.fields), is_active=True)
    }
    for key, value in submission.fields.items():
        try:
            commands.set_attribute(ticket.pk, field=rows[key], value=value, actor=INTAKE, at=at)
        except (KeyError, TicketError):  # the field has changed since: the answer still stands in the message
            sent.note("form", "field_not_filled", field=key)
    return ticket


def _team(service: Service | None) -> Team | None:
    row = ServiceForm.objects.filter(service=service).select_related("team").first() if service else None
    return row.team if row is not None else None


def _subject(submission: Submission, service: Service | None) -> str:
    """What the form asked for as a subject; else the service's name, else how the answers begin."""
    with translation.override(submission.language or None):
        if submission.subject:
            return submission.subject
        if service is not None:
            return service.label
        return one_line(answers.as_text(submission.answers), _SUBJECT)


def content_of(submission: Submission) -> Content:
    """The answers as a message, in the customer's words and language."""
    with translation.override(submission.language or None):
        text = answers.as_text(submission.answers)
    return Content(
        text=text,
        subject=submission.subject,
        sender={"name": submission.name, "address": submission.email},
        files=list(submission.files),
        answers=[dict(answer) for answer in submission.answers],
    )


def attach(inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
    """Put it into a ticket by hand: as a message of whoever sent it, or as its source where it is broken."""
    inbox = directory.inboxes[inbound.inbox_id]
    try:
        submission = read(inbound)
    except Unusable:
        source = bytes(inbound.raw)[:100_000].decode("utf-8", "replace")
        submission = Submission(key="", email=f"unknown@{inbox.brand.slug}.invalid")
        content = Content(text=source)
    else:
        content = content_of(submission)
    sent = _Sent(inbound, inbox, submission)
    contact = _contact(sent)
    message: Message = on_survivor(
        ticket_id,
        lambda survivor_id: commands.receive_message(
            survivor_id, content=content, contact=contact, actor=actor, channel="form", in_copy=False
        ),
    )
    sent.note("by_hand", "attached", ticket=message.ticket_id, actor=actor.id)
    settled = Settled.done(message)
    settled.trace = sent.trace
    settled.verdict = _verdict(inbound, submission)
    return settled
