"""Reports about mail of ours (RFC 3464): tied to the message they are about, shown there, never a ticket.

What a report says is believed only if it names a message that we signed, and only about people whom that
message went to: anybody can write a report, and must not be able to mark strangers' addresses as dead.
"""

import re
from collections.abc import Iterable

from channels_in.case import Case
from channels_in.commands import delivery_failed
from channels_in.fingerprint import external_id_of
from channels_in.kinds.email import tokens
from channels_in.kinds.email.compose import recipients_of
from channels_in.machines import is_certain
from channels_in.models import MailReference, Outbound
from channels_in.settled import Settled
from channels_in.survivors import on_survivor
from journal.actor import Actor
from people.commands.contacts import clear_bounce, mark_bounced, resolve_contact
from people.models import Contact
from tickets import commands
from tickets.models import Message

INTAKE = Actor.system("intake")
_ACTION = re.compile(rb"^action:\s*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_FINAL = re.compile(
    rb"^(?:final|original)-recipient:\s*[^;\s]+\s*;\s*<?([^\s>]+)", re.IGNORECASE | re.MULTILINE
)
_ORIGINALS = frozenset({"text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers"})
_MOST = 200
_STATUS = Outbound.Status


def is_report(case: Case) -> bool:
    """A report of delivery, whether failed, delayed or done. A person may forward one: that is no report."""
    mail = case.mail
    if mail.bounce is not None or mail.automatic is None:
        return mail.bounce is not None
    return mail.automatic.kind == "bounce" or any(
        one.content_type.endswith("delivery-status") for one in mail.attachments
    )


def receive_report(case: Case) -> Settled | None:
    """Show the report on the message it is about. Without one it is discarded, and counted.

    None for what only sounds like a report ("Delivery failed!") and is about nothing of ours.
    """
    outbound = _find(case)
    if outbound is None:
        case.note("report", "no_message")
        return Settled.discarded("bounce-without-message") if is_certain(case.mail, case.inbound) else None
    message = outbound.message
    case.note("report", "matched", ticket=message.ticket_id, message=message.pk)
    contact = _reporter(case)
    report = on_survivor(
        message.ticket_id,
        lambda ticket_id: commands.receive_message(
            ticket_id,
            content=case.content,
            contact=contact,
            actor=INTAKE,
            channel="email",
            automatic_kind="bounce",
            side_thread=message.side_thread,
        ),
    )
    _apply(case, outbound, report)
    return Settled.done(report)


def _reporter(case: Case) -> Contact:
    """A mailer-daemon as a contact. All of them on one host are one; a nameless one is of our own host."""
    address = case.writer.address
    return case.people.known(address) or resolve_contact("email", address, name=case.writer.name)


def _find(case: Case) -> Outbound | None:
    """The message the report is about, of this brand: by our signed ids, stored ones, or our address."""
    mail = case.mail
    bounce = mail.bounce
    first = [bounce.original_message_id or ""] if bounce else []
    first += [external_id_of(one.content) for one in mail.attachments if one.content_type in _ORIGINALS]
    ids = [*filter(None, first), *reversed(mail.in_reply_to), *reversed(mail.references)]
    signed = [
        ref.message_id for one in ids[:_MOST] if (ref := tokens.parse_message_id(one)) and ref.message_id
    ]
    sent = Outbound.objects.filter(inbox__brand_id=case.inbox.brand_id).select_related(
        "message__ticket__requester", "message__side_thread__contact", "inbox"
    )
    for signed_id in signed:
        if found := sent.filter(message_id=signed_id).first():
            return found
    # Signed with a key that is lost: our own ids are stored too. The id is random enough not to be guessed.
    stored = MailReference.objects.filter(
        external_id__in=[one.strip("<>") for one in ids[:_MOST]], is_ours=True
    )
    if known := stored.values_list("message_id", flat=True).first():
        return sent.filter(message_id=known).first()
    later = bounce.original_in_reply_to if bounce else []
    refs = [tokens.parse_message_id(one) for one in later[:_MOST]]
    refs += [tokens.parse_plus_address(one) for one in case.recipients]
    people = {one.lower() for one in bounce.recipients} if bounce else set()
    for ref in refs:
        if ref is None:
            continue
        # Only the conversation is known: the last message in it to one of those the report names.
        recent = sent.filter(message__ticket_id=ref.ticket_id).order_by("-message_id")[:10]
        if found := next((one for one in recent if people & _went_to(one.message)), None):
            return found
    return None


def _went_to(message: Message) -> set[str]:
    to, cc = recipients_of(message)
    return {person.address.lower() for person in [*to, *cc]}


def _apply(case: Case, outbound: Outbound, report: Message) -> None:
    """Write what the report says to the message: bounced, delivered, or only delayed."""
    actions, told = _actions(case)
    bounce = case.mail.bounce
    named = {one.lower() for one in bounce.recipients} if bounce else set()
    recipients = sorted((named | told) & _went_to(outbound.message))
    row = Outbound.objects.select_for_update(no_key=True).get(pk=outbound.pk)
    if actions and actions <= {"delivered", "relayed", "expanded"}:
        if row.status == _STATUS.SENT and "delivered" in actions:
            row.status = _STATUS.DELIVERED
            row.save(update_fields=["status"])
            for address in recipients:
                clear_bounce(address)
        case.note("report", "delivered", recipients=recipients)
        return
    code = bounce.status if bounce else ""
    words = (bounce.diagnostic or bounce.reason if bounce else "") or case.mail.subject
    row.server_words, row.status_code, row.bounce = words[:4000], code[:16], report
    if "delayed" in actions and "failed" not in actions:
        row.save(update_fields=["server_words", "status_code", "bounce"])
        case.note("report", "delayed", recipients=recipients, code=code)
        return
    permanent = bool(bounce and bounce.permanent)
    first_time = row.status != _STATUS.BOUNCED
    row.status = _STATUS.BOUNCED
    # Whom to try again: these only, not those who got it.
    still = set(row.recipients) | set(recipients) if not first_time else set(recipients)
    row.recipients = sorted(still) or sorted(_went_to(outbound.message))
    row.claimed_until = None
    row.save(update_fields=["server_words", "status_code", "bounce", "status", "recipients", "claimed_until"])
    case.note("report", "bounced", recipients=recipients, code=code, permanent=permanent)
    if permanent:
        for address in recipients:
            mark_bounced(address, reason=f"{code} {words}".strip(), at=case.received_at)
    if first_time:
        delivery_failed(
            outbound.message,
            recipients,
            words=words,
            status_code=code,
            permanent=permanent,
            actor=INTAKE,
        )


def _actions(case: Case) -> tuple[set[str], set[str]]:
    """The actions and recipients in the machine-readable part (RFC 3464, 2.3)."""
    parts: Iterable[bytes] = (
        one.content for one in case.mail.attachments if one.content_type.endswith("delivery-status")
    )
    text = b"\n".join(part[:65_536] for part in parts)
    actions = {found.decode("ascii").lower() for found in _ACTION.findall(text)}
    return actions, {found.decode("utf-8", "replace").lower() for found in _FINAL.findall(text)}
