"""One mail on its way through intake: what is known of it."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from channels_in import verdict
from channels_in.directory import Directory
from channels_in.kinds.email.parsing import Address, ParsedMail
from channels_in.models import Inbound, Inbox
from channels_in.settled import Settled, Unusable
from channels_in.writers import People, Writer, usable, writer_of
from common.html import count_remote, sanitise
from people.models import User
from tickets.content import Content, FileContent


@dataclass
class Case:
    """A parsed mail with its inbox, writer and verdict. ``trace`` grows with each decision."""

    inbound: Inbound
    inbox: Inbox
    directory: Directory
    mail: ParsedMail
    trace: list[dict[str, Any]] = field(default_factory=list)
    no_answer: list[str] = field(default_factory=list)

    def note(self, rule: str, outcome: str, **detail: Any) -> None:
        self.trace.append({"rule": rule, "outcome": outcome, **detail})

    def told(self, settled: Settled) -> Settled:
        """``settled`` with every decision on the way, and what is known about the sender."""
        settled.trace = self.trace
        if "writer" in vars(self):
            settled.verdict = self.verdict | {"no_answer": self.no_answer, "address": self.writer.address}
        return settled

    @property
    def received_at(self) -> datetime:
        return self.inbound.received_at

    @cached_property
    def writer(self) -> Writer:
        """Raises ``Unusable`` where nobody is named."""
        found = writer_of(self.mail, envelope_from=self.inbound.envelope_from, directory=self.directory)
        if found is None and self.mail.automatic is not None:
            # A report without a sender is a mail server's, which has this address (RFC 5321, 4.5.1).
            daemon = f"mailer-daemon@{self.inbox.address.rpartition('@')[2].lower()}"
            found = Writer(daemon, "", daemon)
        if found is None:
            raise Unusable("no-sender", "no usable address in From, Sender, Reply-To or the envelope")
        return found

    @cached_property
    def verdict(self) -> dict[str, Any]:
        return verdict.read(
            self.mail.authentication_results, self.inbox.authserv_ids, self.writer.header_from
        )

    @cached_property
    def has_failed(self) -> bool:
        return verdict.has_failed(self.verdict)

    @cached_property
    def recipients(self) -> list[str]:
        """Every address the mail was sent to, by its headers and its envelope."""
        return list(dict.fromkeys([*self.mail.recipients_all, *map(str, self.inbound.envelope_to)]))

    @cached_property
    def addressees(self) -> list[tuple[str, str]]:
        """(address, name) of those in To and Cc that are neither ours nor the writer."""
        own = {self.writer.address, self.writer.header_from}
        found: dict[str, str] = {}
        for person in [*self.mail.to, *self.mail.cc]:
            address = usable(person.address)
            if address and address not in own and not self.directory.is_own(address):
                found.setdefault(address, person.name)
        return list(found.items())

    @cached_property
    def people(self) -> People:
        forwarded = self.mail.forwarded.sender if self.mail.forwarded else None
        more = [forwarded.address] if forwarded else []
        writers = [self.writer.address, self.writer.header_from]
        return People([*writers, *more, *(address for address, _name in self.addressees[:200])])

    @cached_property
    def agent(self) -> User | None:
        """The colleague whose own address the mail comes from."""
        return None if self.writer.by_reply_to else self.people.user(self.writer.address)

    @cached_property
    def content(self) -> Content:
        """The mail as a message: new text visible, history folded, HTML sanitised, every file."""
        mail = self.mail
        html = sanitise(mail.reply_html) if mail.reply_html else ""
        quoted_html = sanitise(mail.quoted_html) if mail.quoted_html else ""
        return Content(
            text=mail.reply_text,
            quoted_text=mail.quoted_text,
            html=html,
            quoted_html=quoted_html,
            remote_images=count_remote(html) + count_remote(quoted_html),
            subject=mail.subject,
            sender={"name": self.writer.name, "address": self.writer.address},
            to=_people(mail.to),
            cc=_people(mail.cc),
            files=files_of(mail),
        )


def files_of(mail: ParsedMail) -> list[FileContent]:
    return [
        FileContent(one.name, one.content_type, one.content, one.inline, one.content_id or "")
        for one in mail.attachments
    ]


def _people(addresses: list[Address]) -> list[dict[str, str]]:
    return [{"name": one.name, "address": one.address} for one in addresses[:1000]]
