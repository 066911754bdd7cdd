"""A conversation as the customer's page draws it."""

from dataclasses import dataclass

from common.html import needs_frame
from common.text import one_line
from portal.place import Place
from tickets import customer_files, files
from tickets.conversations import said_to
from tickets.models import Attachment, Message, MessageKind, Ticket

MOST = 60  # messages of a page; earlier ones are asked for
ALL = 1000


@dataclass(frozen=True)
class File:
    """An attachment with the address it opens at for five minutes; ``fresh`` makes a new one."""

    row: Attachment
    place: Place

    @property
    def is_image(self) -> bool:
        return self.row.content_type in files.SHOWN

    @property
    def url(self) -> str:
        token = customer_files.token(self.row, self.place.customer)
        return self.place.to("portal_file", token, self.row.name)

    @property
    def fresh(self) -> str:
        return self.place.to("portal_attachment", self.row.pk)


@dataclass(frozen=True)
class Said:
    """One message."""

    message: Message
    place: Place

    @property
    def key(self) -> str:
        return f"message-{self.message.pk}"

    @property
    def version(self) -> str:
        """Changes whenever the message would look different."""
        gone = sum(1 for file in self.message.attachments.all() if file.redacted_at)
        return f"{self.message.redacted_at or ''}{gone}"

    @property
    def side(self) -> str:
        """mine, theirs (somebody else of the customer's side), ours, machine."""
        if self.message.kind == MessageKind.REPLY:
            return "ours"
        if self.message.kind == MessageKind.SYSTEM:
            return "machine"
        return "mine" if self.message.author_contact_id in self.place.customer.contact_ids else "theirs"

    @property
    def author(self) -> str:
        """Agents by their names, never by an address."""
        message = self.message
        if self.side == "ours":
            return (message.author_user.name if message.author_user else "") or self.place.brand.name
        if self.side == "machine":
            return self.place.brand.name
        contact = message.author_contact
        return (contact.name if contact else "") or message.author_name or "—"

    @property
    def html(self) -> str:
        """The visible part; of a message that is nothing but history, that."""
        message = self.message
        return message.html or ("" if message.text.strip() else message.quoted_html)

    @property
    def text(self) -> str:
        return self.message.text if self.message.text.strip() else self.message.quoted_text

    @property
    def in_frame(self) -> bool:
        return self.message.author_user_id is None and needs_frame(self.html)

    @property
    def files(self) -> list[File]:
        """Those that the text does not show where they stand."""
        return [
            File(row, self.place)
            for row in self.message.attachments.all()
            if not (row.is_inline and row.content_id and row.content_id in self.message.html)
        ]


@dataclass(frozen=True)
class Talk:
    """What was said, oldest first; ``has_earlier``: there is more than is shown."""

    messages: list[Said]
    has_earlier: bool


def talk_of(ticket: Ticket, place: Place, *, everything: bool = False) -> Talk:
    """In a fixed number of queries."""
    rows, more = said_to(place.customer, ticket, most=ALL if everything else MOST)
    return Talk([Said(row, place) for row in rows], more)


def title_of(ticket: Ticket) -> str:
    return one_line(ticket.subject, 200) or f"#{ticket.pk}"
