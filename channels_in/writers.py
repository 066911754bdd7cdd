"""Who writes: the address that counts, the contact behind it, and colleagues among the addresses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from channels_in.directory import Directory
from channels_in.kinds.email.parsing import Address, ParsedMail
from common.text import storable
from people.commands.contacts import clear_bounce, resolve_contact
from people.models import Contact, Identity, User

# Machines that pass on what a person typed into a form, and say so in their address.
_RELAY = re.compile(
    r"(?:no|do|don.?t|not)[._-]?(?:not[._-]?)?reply.*|(?:web|contact|site)?[._-]?forms?|web[._-]?site|wordpress|mailer"
)
# A list that rewrites From because of DMARC: "Vera via Support" <support-list@…>.
_VIA = re.compile(r"\bvia\b|\bчерез\b", re.IGNORECASE)
_LONGEST = 320


@dataclass(frozen=True)
class Writer:
    """``header_from`` is what DMARC is about; ``by_reply_to``: the person was found in Reply-To instead."""

    address: str
    name: str
    header_from: str
    by_reply_to: bool = False


def usable(address: str) -> str:
    """Lower case, if it is an address a contact can have; else empty."""
    address = address.strip().lower()
    local, _at, domain = address.rpartition("@")
    fits = bool(local and domain) and len(address) <= _LONGEST and not re.search(r"[\s<>\x00]", address)
    return address if fits else ""


def writer_of(mail: ParsedMail, *, envelope_from: str, directory: Directory) -> Writer | None:
    """The person behind a mail: From; failing that Sender, Reply-To or the envelope. None if nobody is named.

    Reply-To counts instead of From only where From cannot be the person: it is an address of ours (a form
    on our own site), a no-reply or form address, or a list that rewrote From. Otherwise From is who writes,
    since that is what DMARC proves; anybody can write anything into Reply-To.
    """
    named = [mail.sender, mail.sender_header, *mail.reply_to, Address("", envelope_from)]
    author = next((one for one in named if one is not None and usable(one.address)), None)
    if author is None:
        return None
    address = usable(author.address)
    other = [one for one in mail.reply_to if usable(one.address) and not directory.is_own(one.address)]
    if len(other) == 1 and usable(other[0].address) != address and _is_relay(author, mail, directory):
        return Writer(usable(other[0].address), other[0].name or author.name, address, True)
    return Writer(address, author.name, address)


def _is_relay(author: Address, mail: ParsedMail, directory: Directory) -> bool:
    if directory.is_own(author.address):
        return True
    if mail.list_id and _VIA.search(author.name):
        return True
    return bool(_RELAY.fullmatch(author.address.lower().rpartition("@")[0]))


class People:
    """Contacts and colleagues behind the addresses of one mail, looked up together in two queries.

    Make all contacts before any ticket is locked, and in the order of their addresses: two workers that meet
    the same new people in two mails then wait for each other instead of deadlocking.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        wanted = sorted({address for one in addresses if (address := usable(one))})
        self.users = {user.email.lower(): user for user in User.objects.staff().filter(email__in=wanted)}
        rows = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=wanted)
        self._known = {row.value: row for row in rows.select_related("contact__organization")}

    def known(self, address: str) -> Contact | None:
        identity = self._known.get(address.lower())
        return identity.contact if identity else None

    def user(self, address: str) -> User | None:
        return self.users.get(address.lower())

    def heard_from(self, address: str) -> None:
        """Somebody whose address had bounced writes again: it works."""
        identity = self._known.get(address.lower())
        if identity is not None and identity.bounced_at is not None:
            clear_bounce(address)

    def make(self, people: Iterable[tuple[str, str]], *, language: str = "") -> dict[str, Contact]:
        """Contacts by address for (address, name) pairs, made where they are new; the first name counts."""
        names: dict[str, str] = {}
        for address, name in people:
            names[address] = names.get(address) or name
        return {address: self._contact(address, names[address], language) for address in sorted(names)}

    def _contact(self, address: str, name: str, language: str) -> Contact:
        identity = self._known.get(address)
        if identity is not None and (not name or identity.contact.name not in {"", address}):
            return identity.contact
        return resolve_contact("email", address, name=_shown(name, address), language=language)


def _shown(name: str, address: str) -> str:
    """A display name that says more than the address does."""
    name = " ".join(storable(name).split())
    return "" if name.strip("'\"").lower() == address else name[:200]
