"""The mail behind the stories: raw messages as they came in, and rows of what has left long ago."""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from hashlib import sha256

from django.utils.crypto import get_random_string

from channels_in.kinds.email.compose import message_id_of, recipients_of
from channels_in.models import Inbound, MailReference, Outbound
from helpdesk.demo.company import Company
from tickets.content import Content
from tickets.models import Direction, Message, MessageKind

_PASSED = {"trusted": True, "spf": "pass", "dkim": "pass", "dmarc": "pass", "state": "passed"}
_SENT = Outbound.Status.DELIVERED


class Post:
    """Collects the rows; ``store`` writes them all at once."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.inbound: list[Inbound] = []
        self.outbound: list[Outbound] = []
        self.references: list[MailReference] = []
        self._ids: dict[int, str] = {}

    def received(self, message: Message, content: Content, brand: str, *, answers: Message | None) -> None:
        """The raw mail that ``message`` came in."""
        inbox = self.company.inboxes[brand]
        sender = content.sender or {"name": "", "address": ""}
        domain = sender["address"].rpartition("@")[2]
        external_id = f"{get_random_string(20).lower()}@{domain}"
        answered = self._ids.get(answers.pk) if answers else None
        ours = inbox.address.rpartition("@")[2]
        raw = _raw(message, content, external_id, answered)
        rule, outcome = ("message_id", "matched") if answered else ("none", "no_clue")
        self.inbound.append(
            Inbound(
                inbox=inbox,
                external_id=external_id,
                content_hash=sha256(raw).hexdigest(),
                raw=raw,
                size=len(raw),
                via=Inbound.Via.SMTP,
                envelope_from=sender["address"],
                envelope_to=[inbox.address],
                received_at=message.created_at,
                status=Inbound.Status.DONE,
                trace=[{"rule": rule, "outcome": outcome}],
                verdict={**_PASSED, "authserv": f"mx.{ours}", "dkim_domains": [domain]},
                message=message,
                ticket_id=message.ticket_id,
                attempts=1,
                settled_at=message.created_at + timedelta(seconds=1),
            )
        )
        self._refer(message, external_id, ours=False)

    def sent(self, message: Message, brand: str) -> None:
        """The row of a message of ours that has reached its reader."""
        if message.channel != "email":
            return
        inbox = self.company.inboxes[brand]
        external_id = message_id_of(message, inbox)
        left = message.created_at + timedelta(seconds=11)
        to, cc = recipients_of(message)
        self.outbound.append(
            Outbound(
                message=message,
                inbox=inbox,
                external_id=external_id,
                recipients=[person.address for person in [*to, *cc]],
                status=_SENT,
                not_before=left,
                handed_over_at=left,
                sent_at=left,
                attempts=1,
                server_words=f"250 2.0.0 Ok: queued as {get_random_string(10, '0123456789ABCDEF')}",
            )
        )
        self._refer(message, external_id, ours=True)

    def automatic(self) -> None:
        """What rules have written to customers has left too."""
        known = {row.message.pk for row in self.outbound}
        brands = {brand.pk: slug for slug, brand in self.company.brands.items()}
        written = Message.objects.filter(kind=MessageKind.SYSTEM, direction=Direction.OUT)
        for message in written.exclude(pk__in=known).select_related("ticket"):
            self.sent(message, brands[message.ticket.brand_id])

    def _refer(self, message: Message, external_id: str, *, ours: bool) -> None:
        self._ids[message.pk] = external_id
        self.references.append(
            MailReference(external_id=external_id, message=message, ticket_id=message.ticket_id, is_ours=ours)
        )

    def store(self) -> None:
        rows: Sequence[tuple[type, list]] = (
            (Inbound, self.inbound), (Outbound, self.outbound), (MailReference, self.references),
        )  # fmt: skip
        for model, made in rows:
            model._default_manager.bulk_create(made, batch_size=500)  # type: ignore[attr-defined]
            made.clear()


def _raw(message: Message, content: Content, external_id: str, answered: str | None) -> bytes:
    sender = content.sender or {"name": "", "address": "nobody@example.org"}
    mail = EmailMessage()
    mail["From"] = formataddr((sender["name"], sender["address"]))
    mail["To"] = content.to[0]["address"]
    subject = " ".join(content.subject.split())
    mail["Subject"] = f"Re: {subject}" if answered else subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{external_id}>"
    if answered:
        mail["In-Reply-To"] = mail["References"] = f"<{answered}>"
    mail.set_content("\n\n".join(part for part in (content.text, content.quoted_text) if part))
    if content.html:
        mail.add_alternative(content.html, subtype="html")
    for file in content.files:
        kind, _slash, subtype = file.content_type.partition("/")
        mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=file.name)
    return mail.as_bytes()
