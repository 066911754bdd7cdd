"""Keys with which a customer's page may hear that its requests have changed: nothing more is told.

Signed for the requests the page shows, after the door was asked; what changed the page asks for through its
views, which ask the door again. A key ends after an hour, and each fragment brings a new one.
"""

from collections.abc import Iterable

from django.core import signing

SECONDS = 3600
SALT = "tickets.listening"
MOST = 60


def key_for(ticket_ids: Iterable[int]) -> str:
    return signing.dumps(list(ticket_ids)[:MOST], salt=SALT)


def open_key(value: str) -> list[int]:
    """The requests a key is for; none for a wrong or an old one."""
    try:
        found = signing.loads(value, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return []
    return [int(one) for one in found]
