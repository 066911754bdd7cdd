"""Codes by mail: asking for one, and proving an address with it.

Whoever asks is answered the same, whether the address is known to us or not: a code goes to any address, and
somebody new is made only once they have proved it. Wrong tries, and how often codes are sent, are counted in
the database: these limits hold with the cache gone.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from channels_in import blocking
from channels_in.directory import Directory
from common import clock
from common.queue import ask_on_commit
from people.commands.contacts import prove_address
from people.models import Contact
from portal import tasks
from portal.models import SignInCode
from portal.sessions import digest
from tickets.models import Brand

LIFE = timedelta(minutes=10)
MOST_TRIES = 5  # wrong ones for one code: with 15 codes a day at most, one in 13,000 guesses an address open
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# (how many, in what time), by address and by client.
TO_ADDRESS = ((1, timedelta(seconds=30)), (5, HOUR), (15, DAY))
BY_CLIENT = ((20, HOUR), (60, DAY))
KEPT = timedelta(days=2)  # rows that the limits no longer need
_LOCK_SPACE = 0x636F6465  # "code": our advisory locks among others'
_DIGITS = re.compile(r"\D")


class TooOften(Exception):
    """``wait``: when one more may be asked for."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait


@dataclass(frozen=True)
class Wrong:
    """Why a code opened nothing. ``left``: further tries; none, and a new code is needed."""

    left: int


def normal(address: str) -> str:
    """The address as identities hold it; raises ``ValidationError``."""
    address = address.strip().lower()
    validate_email(address)
    return address


@transaction.atomic
def ask(*, brand: Brand, address: str, client: str, language: str) -> str:
    """Have a code sent to ``address``; the handle that the asking browser keeps. Raises ``TooOften``."""
    _one_at_a_time(address)
    now = clock.now()
    _within(SignInCode.objects.filter(address=address), TO_ADDRESS)
    _within(SignInCode.objects.filter(client=client), BY_CLIENT)
    handle = secrets.token_urlsafe(24)
    code = f"{secrets.randbelow(1_000_000):06d}"
    never = _never(address)
    SignInCode.objects.create(
        brand=brand,
        address=address,
        client=client[:64],
        language=language,
        handle_hash=digest(handle),
        code_hash=_hash(handle, code),
        code="" if never else code,
        created_at=now,
        expires_at=now + LIFE,
        state=SignInCode.State.WITHHELD if never else SignInCode.State.WAITING,
    )
    if not never:
        ask_on_commit(tasks.send_codes)
    return handle


def _one_at_a_time(address: str) -> None:
    """Of two requests at once for an address the second counts the first."""
    with connection.cursor() as cursor:
        key = int(digest(address)[:8], 16) - 2**31
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, key])


def _within(rows: QuerySet[SignInCode], limits: tuple[tuple[int, timedelta], ...]) -> None:
    now = clock.now()
    for most, span in limits:
        recent = rows.filter(created_at__gt=now - span).order_by("-created_at")
        oldest = recent.values_list("created_at", flat=True)[most - 1 : most].first()
        if oldest is not None:
            raise TooOften(oldest + span - now)


def _never(address: str) -> bool:
    """Whether we never write there: to ourselves, which would open a ticket, or to whom somebody blocked."""
    return Directory.load().is_own(address) or blocking.blocked_by(address) is not None


def find(handle: str, brand: Brand) -> SignInCode | None:
    """What the browser with this handle has asked for, as long as it can still be used."""
    if not handle or len(handle) > 100:
        return None
    rows = SignInCode.objects.filter(brand=brand, used_at=None, expires_at__gt=clock.now())
    return rows.filter(handle_hash=digest(handle)).first()


@transaction.atomic
def prove(handle: str, brand: Brand, entered: str) -> Contact | Wrong:
    """Whose address this is, if the code is right: once, and only in the browser that asked for it."""
    found = find(handle, brand)
    if found is None:
        return Wrong(0)
    row = SignInCode.objects.select_for_update().get(pk=found.pk)
    if row.used_at is not None or row.tries >= MOST_TRIES:
        return Wrong(0)
    if not hmac.compare_digest(row.code_hash, _hash(handle, _DIGITS.sub("", entered)[:20])):
        SignInCode.objects.filter(pk=row.pk).update(tries=row.tries + 1)
        return Wrong(MOST_TRIES - row.tries - 1)
    SignInCode.objects.filter(pk=row.pk).update(used_at=clock.now(), code="")
    return prove_address(row.address, language=row.language)


def _hash(handle: str, code: str) -> str:
    """Of use to nobody who reads the database alone: the browser's handle and our key go into it."""
    return salted_hmac("portal.codes", f"{handle}:{code}", algorithm="sha256").hexdigest()


def forget_old() -> int:
    """Drop rows that no limit counts any more."""
    return SignInCode.objects.filter(expires_at__lt=clock.now() - KEPT).delete()[0]
