"""What becomes of one mail. In this order:

quarantine (it breaks a limit, or names no sender), blocked sender, the same mail through another inbox of the
brand, our own mail come back, a delivery report, then a person's or a machine's message: into its ticket
(``channels_in.threading``) or into a new one.

Automatic mail: into its ticket as a system message that reopens nothing. Without a ticket, an auto-reply is
discarded (it answers nothing we know of, and is nobody's request), and a machine's own mail (a shop, an
alarm) opens a ticket without an acknowledgement. A form that passes on what
somebody typed counts as that person.

Everything here happens in the caller's transaction, contacts before tickets.
"""

from django.db import connection

from channels_in import blocking
from channels_in.agents import receive_forward, receive_from_agent
from channels_in.bounces import is_report, receive_report
from channels_in.case import Case
from channels_in.kinds.email import tokens
from channels_in.machines import is_null_sender, kind_of
from channels_in.models import Inbound, MailReference
from channels_in.opening import append, open_new, remember
from channels_in.settled import Settled, Unusable
from channels_in.threading import Clues, Found, Party, find_thread
from channels_in.verdict import passes_for_participant

_ADVISORY = 0x696E746B  # "intk": our advisory locks among others'


def receive(case: Case) -> Settled:
    """Decide and act; the verbs run in the open transaction. Raises ``Unusable`` for quarantine."""
    mail = case.mail
    if mail.error:
        code, _colon, words = mail.error.partition(":")
        raise Unusable(code.strip()[:40], words.strip())
    if (twin := _twin(case)) is not None:
        case.note("twin", "duplicate", inbound=twin.pk, ticket=twin.ticket_id)
        return Settled(
            Inbound.Status.DUPLICATE,
            message_id=twin.message_id,
            ticket_id=twin.ticket_id,
            detail=str(twin.pk),
        )
    writer = case.writer
    if writer.by_reply_to:
        case.note("writer", "reply_to", address=writer.address, instead_of=writer.header_from)
    if _is_own_copy(case):
        case.note("own", "came_back")
        return Settled.discarded("own-message")
    settled = receive_report(case) if is_report(case) else None
    settled = settled or _receive_unless_blocked(case)
    if settled.message is not None:
        remember(case, settled.message)
    return settled


def _receive_unless_blocked(case: Case) -> Settled:
    writer = case.writer
    for address in dict.fromkeys([writer.address, writer.header_from]):
        if (block := blocking.blocked_by(address)) is not None:
            blocking.count_hit(block)
            case.note("blocked", "discarded", pattern=block.pattern)
            return Settled.discarded("blocked", block.pattern)
    case.no_answer = _reasons_not_to_answer(case)
    return _receive_message(case, _find(case))


def _find(case: Case) -> Found:
    """Ask the rules of threading, with what is known of the writer."""
    mail, writer = case.mail, case.writer
    clues = Clues.of(
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        recipients=case.recipients,
        subject=mail.subject,
    )
    contact = case.people.known(writer.address)
    # An address from Reply-To is hearsay; an agent's needs a proof, since it speaks in their name.
    believed = not writer.by_reply_to and passes_for_participant(case.verdict)
    if case.agent is not None:
        believed = believed and case.verdict["state"] == "passed"
    party = Party(
        contact_id=contact.pk if contact else None,
        user_id=case.agent.pk if case.agent else None,
        failed=case.has_failed,
        believed=believed,
    )
    found = find_thread(clues, party, brand_id=case.inbox.brand_id, at=case.received_at)
    case.trace.extend(found.trace)
    return found


def _receive_message(case: Case, found: Found) -> Settled:
    kind = kind_of(
        case.mail, case.inbound, by_reply_to=case.writer.by_reply_to, has_ticket=found.ticket is not None
    )
    if kind:
        case.note("automatic", kind, reasons=case.mail.automatic.reasons if case.mail.automatic else [])
        if case.agent is not None and kind == "auto-reply":
            # A colleague's absence notice, in answer to a notice of ours: nothing for the customer's ticket.
            return Settled.discarded("auto-reply-of-agent")
        if found.ticket is None and kind == "auto-reply":
            return Settled.discarded("auto-reply-without-ticket")
    elif case.agent is not None and not case.has_failed:
        if found.ticket is not None:
            return receive_from_agent(case, found, case.agent)
        forward = receive_forward(case, found, case.agent)
        if forward is not None:
            return forward
    if found.ticket is not None:
        return append(case, found, found.ticket, automatic_kind=kind)
    return open_new(case, found, automatic_kind=kind)


def _reasons_not_to_answer(case: Case) -> list[str]:
    """Why no automatic answer may follow, as codes; empty if one may (RFC 3834, 2)."""
    mail, writer = case.mail, case.writer
    reasons = list(mail.no_auto_answer)
    if mail.automatic is not None:
        reasons += [mail.automatic.kind, *mail.automatic.reasons]
    if case.directory.is_own(writer.address) or case.directory.is_own(writer.header_from):
        reasons.append("own-address")
    if mail.message_id and tokens.parse_message_id(mail.message_id):
        reasons.append("own-message-id")
    if is_null_sender(case.inbound):
        reasons.append("null-sender")
    if case.has_failed:
        reasons.append("failed-sender")
    return list(dict.fromkeys(reasons))


def _is_own_copy(case: Case) -> bool:
    """A message of this brand that we sent ourselves, come back through a list, an alias or a copy to us."""
    ref = tokens.parse_message_id(case.mail.message_id or "")
    if ref is None or ref.message_id is None or not case.directory.is_own(case.writer.header_from):
        return False
    ours = MailReference.objects.filter(
        message_id=ref.message_id, is_ours=True, message__ticket__brand_id=case.inbox.brand_id
    )
    return ours.exists()


def _twin(case: Case) -> Inbound | None:
    """The same mail, settled already through another inbox of this brand.

    The lock makes two workers with two copies act one after the other.
    """
    siblings = case.directory.siblings(case.inbox)
    if not siblings:
        return None
    key = int(case.inbound.content_hash[:8], 16) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ADVISORY, key])
    return (
        Inbound.objects.filter(
            content_hash=case.inbound.content_hash,
            external_id=case.inbound.external_id,
            inbox_id__in=siblings,
            status__in=[Inbound.Status.DONE, Inbound.Status.DISCARDED],
        )
        .only("pk", "message_id", "ticket_id")
        .order_by("pk")
        .first()
    )
