"""A message of ours as a mail: what of the ticket goes into which header and part."""

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels_in.kinds.email import tokens
from channels_in.kinds.email.letter import Letter, Part, Person, build, is_recipient, to_ascii
from channels_in.models import Inbox
from channels_in.protocol import SendError
from tickets import signatures
from tickets.files import path_of
from tickets.models import Attachment, Direction, Message
from tickets.portal_links import request_url

_QUOTED_MESSAGES = 10  # how far back a quoted history goes
_QUOTED_CHARACTERS = 50_000


def message_id_of(message: Message, inbox: Inbox) -> str:
    """The signed Message-ID of a message of ours, the same however often it is asked for."""
    side = message.side_thread
    return tokens.message_id(
        ticket_id=message.ticket_id,
        message_id=message.pk,
        key=side.key if side else message.ticket.thread_key,
        domain=to_ascii(f"x@{settings.MESSAGE_ID_DOMAIN or inbox.address.rpartition('@')[2]}")[2:],
        side_thread_id=side.pk if side else None,
    )


def compose(message: Message, inbox: Inbox, *, external_id: str = "") -> bytes:
    """The mail, ready for the server. ``SendError`` if it can never be one, ``OSError`` for a lost file."""
    to, cc = recipients_of(message)
    earlier = list(_earlier(message))
    references = _references(earlier)
    images, files = _files(message)
    brand = message.ticket.brand
    with translation.override(message.ticket.language or brand.language):
        signature = _signature(message)
        quotes = inbox.quote_history and not message.is_automatic
        history = _history(earlier, _zone(brand.time_zone)) if quotes else ""
        letter = Letter(
            message_id=external_id or message_id_of(message, inbox),
            date=message.created_at,
            sender=Person(inbox.address, _sender_name(message, inbox)),
            to=to,
            cc=cc,
            reply_to=_reply_to(message, inbox),
            subject=_subject(message, earlier),
            text=_text(message, signature, history),
            html=_html(message, signature, history),
            in_reply_to=_answered(earlier, references),
            references=references,
            automatic="auto-replied" if message.is_automatic else "",
            inline=images,
            files=files,
        )
    try:
        return build(letter)
    except ValueError as error:
        raise SendError(str(error), permanent=True, status_code="5.1.3") from error


def recipients_of(message: Message) -> tuple[list[Person], list[Person]]:
    """To and Cc as they were written; where nobody was, the requester, or whom the side thread is with.

    What is no address is left out here and reported by ``channels_in.outgoing``, which plans the message.
    """
    to, cc = _valid(message.to), _valid(message.cc)
    if not to and not cc:
        contact = message.side_thread.contact if message.side_thread else message.ticket.requester
        to = _valid([{"name": contact.name, "address": contact.address}])
    known = {person.address.lower() for person in to}
    return to, [person for person in cc if person.address.lower() not in known]


def _valid(people: Iterable[dict[str, str]]) -> list[Person]:
    found = (Person(str(one.get("address") or "").strip(), str(one.get("name") or "")) for one in people)
    return [person for person in found if is_recipient(person.address)]


def _earlier(message: Message) -> Iterable[Message]:
    """The conversation before this message, oldest first: the customer's, or the side thread's own."""
    return (
        Message.objects.filter(
            ticket=message.ticket_id, side_thread=message.side_thread_id, withdrawn_at=None, pk__lt=message.pk
        )
        .exclude(direction=Direction.INTERNAL)
        .select_related("author_user", "author_contact")
        .prefetch_related("mail_references")
        .order_by("created_at", "pk")
    )


def _references(earlier: list[Message]) -> list[str]:
    """The whole chain, oldest first. Our own message's reference and a reply to it stand in their order."""
    return [found.external_id for message in earlier for found in message.mail_references.all()]


def _answered(earlier: list[Message], references: list[str]) -> str:
    """What we answer: the newest message received, or else our own last one."""
    for message in reversed(earlier):
        if message.direction == Direction.IN and not message.is_automatic:
            for found in message.mail_references.all():
                return found.external_id
    return references[-1] if references else ""


def _sender_name(message: Message, inbox: Inbox) -> str:
    """The agent and the brand, as in Anna Petrova (Acme); the brand alone for what no person wrote."""
    brand = inbox.brand.name
    user = message.author_user
    return f"{user.name} ({brand})" if user is not None and user.name else brand


def _reply_to(message: Message, inbox: Inbox) -> Person | None:
    if not inbox.plus_addresses:
        return None
    side = message.side_thread
    address = tokens.plus_address(
        inbox.address,
        ticket_id=message.ticket_id,
        key=side.key if side else message.ticket.thread_key,
        side_thread_id=side.pk if side else None,
    )
    return Person(address, inbox.brand.name) if address else None


def _subject(message: Message, earlier: list[Message]) -> str:
    side = message.side_thread
    subject = message.subject or (side.subject if side else message.ticket.subject)
    if not subject:
        return _("Your request #%(number)d") % {"number": message.ticket_id}
    answers = bool(earlier) and not message.subject and not subject.lower().startswith(("re:", "отв:"))
    return f"Re: {subject}" if answers else subject


def _signature(message: Message) -> str:
    if not signatures.is_signed(message):
        return ""
    return signatures.sent(message.ticket, None if message.is_automatic else message.author_user)


def _portal_url(message: Message) -> str:
    """Where the customer finds the request; nothing for a supplier, and for a brand without a portal."""
    ticket = message.ticket
    if message.side_thread_id is not None or not ticket.brand.is_active:
        return ""
    return request_url(ticket.brand, ticket.pk)


def _text(message: Message, signature: str, history: str) -> str:
    parts = [message.text.rstrip()]
    if message.quoted_text:
        parts.append(message.quoted_text.rstrip())
    if signature:
        parts.append(f"-- \n{signature}")
    if url := _portal_url(message):
        parts.append(_("Your request in the portal:") + f"\n{url}")
    if history:
        parts.append(history)
    return "\n\n".join(parts)


def _html(message: Message, signature: str, history: str) -> str:
    """Only for what was written as HTML. A signature is plain text with line breaks."""
    if not message.html:
        return ""
    parts = [f"<div>{message.html}</div>"]
    if message.quoted_html:
        parts.append(f"<div>{message.quoted_html}</div>")
    if signature:
        parts.append(f'<div style="white-space:pre-wrap;color:#555">-- \n{escape(signature)}</div>')
    if url := _portal_url(message):
        words = escape(_("Your request in the portal:"))
        parts.append(
            f'<div style="margin-top:1em;color:#555">{words}<br>'
            f'<a href="{escape(url)}">{escape(url)}</a></div>'
        )
    if history:
        lines = escape(history).replace("\n", "<br>\n")
        parts.append(
            '<blockquote type="cite" style="margin:1em 0 0;padding-left:1em;border-left:2px solid #ccc">'
            f"{lines}</blockquote>"
        )
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>'


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _history(earlier: list[Message], zone: ZoneInfo) -> str:
    """The last messages, newest first, each line quoted with ``>``, under "On … wrote:"."""
    parts: list[str] = []
    room = _QUOTED_CHARACTERS
    for past in reversed(earlier[-_QUOTED_MESSAGES:]):
        if past.is_automatic or room <= 0:
            continue
        author = past.author_name or str(past.author_user or past.author_contact or "")
        when = date_format(localtime(past.created_at, zone), "DATETIME_FORMAT")
        quoted = "\n".join(f"> {line}" for line in past.text[:room].rstrip().splitlines())
        parts.append(_("On %(date)s, %(name)s wrote:") % {"date": when, "name": author} + f"\n{quoted}")
        room -= len(quoted)
    return "\n\n".join(parts)


def _files(message: Message) -> tuple[list[Part], list[Part]]:
    images: list[Part] = []
    files: list[Part] = []
    for attachment in Attachment.objects.filter(message=message, redacted_at=None).order_by("pk"):
        data = Path(path_of(attachment)).read_bytes()
        cid = attachment.content_id.strip("<> ")
        shown = attachment.is_inline and cid and f"cid:{cid}" in message.html
        part = Part(attachment.name, attachment.content_type, data, cid if shown else "")
        (images if shown else files).append(part)
    return images, files
