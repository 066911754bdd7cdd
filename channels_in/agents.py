"""Mail from colleagues: a reply sent from their own mail program, a customer's mail passed on.

It speaks in their name, so an address alone is never enough. Where our relay checks senders, DKIM or DMARC
must have passed: customers hold tokens of their tickets too, and must not be able to write as an agent. Where
it does not, a token is the only proof there is. What cannot go out becomes a private note that says why;
nothing is lost.
"""

from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext as _

from channels_in.case import Case, files_of
from channels_in.opening import moment_on, open_new
from channels_in.settled import Settled
from channels_in.survivors import on_survivor
from channels_in.threading import Found
from channels_in.writers import usable
from people.access import Permission, may
from people.models import User
from tickets import commands, errors
from tickets.content import Content
from tickets.models import Ticket


def receive_from_agent(case: Case, found: Found, agent: User) -> Settled:
    """A colleague's mail to a ticket goes out as their reply, or becomes their note.

    A note where they may not reply or do not see the ticket, where nothing proves that it is they, where they
    pass a mail on, and where somebody has written since the message they answer (the collision gate).
    """
    assert found.ticket is not None
    ticket = found.ticket
    content = _own_words(case, ticket, found)
    reason = _why_note(case, agent, ticket)
    if not reason:
        try:
            message = on_survivor(
                ticket.pk,
                # It happens now, when it goes out: of the past nothing is sent (``outgoing.plan``).
                lambda ticket_id: commands.post_reply(
                    ticket_id,
                    user=agent,
                    content=content,
                    based_on=found.answered,
                    side_thread=found.side_thread,
                ),
            )
        except errors.Collision as collision:
            reason = "collision"
            case.note("agent", "collision", newer=collision.newer)
        except errors.Empty:
            return Settled.discarded("empty-reply-of-agent")
        else:
            case.note("agent", "reply", user=agent.pk)
            return Settled.done(message)
    case.note("agent", "note", user=agent.pk, reason=reason)
    at = moment_on(ticket.pk, case.received_at)
    note = on_survivor(
        ticket.pk,
        lambda ticket_id: commands.post_note(
            ticket_id, user=agent, content=_explained(content, reason, agent), at=at
        ),
    )
    return Settled.done(note)


def receive_forward(case: Case, found: Found, agent: User) -> Settled | None:
    """A customer's mail that a colleague forwarded to the inbox: a ticket of that customer, with the
    colleague's own words as a note. None if it is no such forward, or if our relay checks senders and
    could not prove this one.
    """
    forwarded = case.mail.forwarded
    author = forwarded.sender if forwarded else None
    address = usable(author.address) if author else ""
    if forwarded is None or author is None or not address:
        return None
    if case.directory.is_own(address) or case.people.user(address) is not None:
        return None
    if not may(agent, Permission.NOTE) or (case.verdict["trusted"] and case.verdict["state"] != "passed"):
        case.note("agent", "unproven", user=agent.pk)
        return None
    case.no_answer.append("forwarded-by-agent")
    content = Content(
        text=forwarded.text,
        subject=forwarded.subject or case.mail.subject,
        sender={"name": author.name, "address": address},
        to=[{"name": agent.name, "address": case.writer.address}],
        files=files_of(case.mail),
    )
    settled = open_new(case, found, requester=(address, author.name), content=content)
    case.note("agent", "forwarded", user=agent.pk, address=address)
    words = _words_on_top(case)
    if words and settled.ticket_id is not None:
        commands.post_note(settled.ticket_id, user=agent, content=Content(text=words), at=case.received_at)
    return settled


def _words_on_top(case: Case) -> str:
    """What the colleague wrote above the forwarded mail; nothing where all of it is the forwarded mail."""
    forwarded = case.mail.forwarded
    words = case.mail.reply_without_signature.strip()
    text = forwarded.text.strip() if forwarded else ""
    return "" if text and text in words else words


def _why_note(case: Case, agent: User, ticket: Ticket) -> str:
    if not may(agent, Permission.REPLY):
        return "may_not_reply"
    if case.mail.forwarded is not None:
        return "passed_on"
    if case.verdict["state"] != "passed":
        # The token proves nothing about who it is: customers hold tokens too.
        return "unproven"
    if not Ticket.objects.visible_to(agent).filter(pk=ticket.pk).exists():
        return "does_not_see"
    return ""


def _own_words(case: Case, ticket: Ticket, found: Found) -> Content:
    """The colleague's words alone: what they quote is our own notice to them, which may hold private notes.

    To whom: the requester (or the side thread's partner), and whom the colleague put in copy themselves.
    """
    own = case.content
    contact = found.side_thread.contact if found.side_thread else ticket.requester
    to = {"name": contact.name, "address": contact.address}
    copied = [
        {"name": name, "address": one}
        for one, name in case.addressees
        if one != contact.address and case.people.user(one) is None
    ]
    return replace(own, quoted_text="", quoted_html="", subject="", sender=None, to=[to], cc=copied)


def _explained(content: Content, reason: str, agent: User) -> Content:
    """The same as a note that says first why it was not sent, in its author's language."""
    with translation.override(agent.language):
        words = {
            "may_not_reply": _("Not sent to the customer: your role may not reply. Your mail:"),
            "does_not_see": _("Not sent to the customer: this ticket belongs to another team. Your mail:"),
            "unproven": _("Not sent to the customer: nothing proves who wrote this mail. It says:"),
            "passed_on": _("Not sent to the customer: a forwarded mail is kept as a note. Your mail:"),
            "collision": _(
                "Not sent to the customer: somebody wrote after the message you answered. Your mail:"
            ),
        }[reason]
    return replace(content, text=f"{words}\n\n{content.text}", html="", to=[], cc=[])
