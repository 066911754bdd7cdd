"""Which addresses are ours: what intake has to know of all inboxes at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from channels_in.models import Inbox

# Intake never signs in anywhere: decrypting secrets for each message would be waste and risk.
_SECRETS = (
    "imap_password",
    "smtp_password",
    "oauth_client_secret",
    "oauth_refresh_token",
    "oauth_access_token",
)


def base_address(address: str) -> str:
    """``support@example.org`` for ``Support+any@example.org``: lower case, no plus part."""
    local, at, domain = address.strip().lower().rpartition("@")
    return f"{local.rpartition('+')[0] or local}{at}{domain}"


@dataclass(frozen=True)
class Directory:
    """The mail inboxes there are, read once for a run of messages."""

    inboxes: dict[int, Inbox]

    @classmethod
    def load(cls, *, with_inbox: int | None = None) -> "Directory":
        """All active mail inboxes, and ``with_inbox`` even if it has been switched off since."""
        wanted = Q(kind="email", is_active=True) | Q(pk=with_inbox)
        rows = Inbox.objects.filter(wanted).select_related("brand", "team").defer(*_SECRETS)
        return cls({inbox.pk: inbox for inbox in rows})

    @cached_property
    def _by_address(self) -> dict[str, int]:
        return {address: inbox.pk for inbox in self.inboxes.values() for address in inbox.all_addresses}

    def inbox_of(self, address: str) -> Inbox | None:
        """The inbox an address leads to, whatever follows a plus in it; None if it is not ours."""
        address = address.strip().lower()
        found = self._by_address.get(address) or self._by_address.get(base_address(address))
        return self.inboxes[found] if found else None

    def is_own(self, address: str) -> bool:
        return self.inbox_of(address) is not None

    def siblings(self, inbox: Inbox) -> list[int]:
        """The other inboxes of the brand: the same mail may have come through one of them."""
        return [
            one.pk for one in self.inboxes.values() if one.brand_id == inbox.brand_id and one.pk != inbox.pk
        ]

    def find(self, recipients: Iterable[str]) -> list[Inbox]:
        """The active inboxes that these envelope addresses lead to, each once, in the order given."""
        found = [self.inbox_of(address) for address in recipients]
        return list(dict.fromkeys(inbox for inbox in found if inbox is not None and inbox.is_active))
