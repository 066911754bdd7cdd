"""Our signed Message-IDs and plus-addresses: what lets an answer find its ticket, and nobody forge one.

A Message-ID reads ``t1042.m7311.<key>.<mac>@domain``, that of a side thread begins with ``t1042s7``; a
plus-address reads ``support+t1042.<key>.<mac>@example.org``, or again ``support+t1042s7.…``. ``key`` is the
ticket's random ``thread_key`` (or the side thread's ``key``), ``mac`` the first 80 bits of an HMAC-SHA256 in
base32. All of it is lower case and read in any, since addresses are case-insensitive in practice.
"""

import base64
import hmac
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.encoding import force_bytes

_MAC_BYTES = 10  # 80 bits, 16 characters of base32
_LOCAL_PART_OCTETS = 64  # RFC 5321, 4.5.3.1.1
_LONGEST = 998  # a line, RFC 5322, 2.1.1: nothing longer is one of ours
_SUBJECT = r"t(?P<ticket>[0-9]{1,18})(?:s(?P<side>[0-9]{1,18}))?"
_REST = r"\.(?P<key>[a-z0-9_-]{1,32})\.(?P<mac>[a-z2-7]{16})"
_MESSAGE_ID = re.compile(rf"<?\s*{_SUBJECT}\.m(?P<message>[0-9]{{1,18}}){_REST}@[^\s<>@]+\s*>?")
_PLUS_ADDRESS = re.compile(rf"[^\s<>]*\+{_SUBJECT}{_REST}@[^\s<>@]+")


@dataclass(frozen=True)
class Ref:
    """What a valid token points to. ``message_id`` is None for an address.

    The signature proves that we made it. Whether ``key`` is still the ticket's ``thread_key`` (or the side
    thread's ``key``) is for the caller to compare: a ticket whose key was renewed takes no old tokens.
    """

    ticket_id: int
    side_thread_id: int | None
    message_id: int | None
    key: str


def message_id(
    *, ticket_id: int, message_id: int, key: str, domain: str, side_thread_id: int | None = None
) -> str:
    """A signed Message-ID, without the angle brackets."""
    body = f"{_subject(ticket_id, side_thread_id)}.m{message_id}.{key.lower()}"
    return f"{body}.{_mac('message', body, settings.SECRET_KEY)}@{domain}"


def plus_address(address: str, *, ticket_id: int, key: str, side_thread_id: int | None = None) -> str | None:
    """``address`` with the signed key behind a plus; None where its local part would exceed 64 octets."""
    local, _, domain = address.rpartition("@")
    body = f"{_subject(ticket_id, side_thread_id)}.{key.lower()}"
    local = f"{local}+{body}.{_mac('address', body, settings.SECRET_KEY)}"
    return f"{local}@{domain}" if len(local.encode()) <= _LOCAL_PART_OCTETS else None


def parse_message_id(value: str) -> Ref | None:
    """What one of our Message-IDs, with or without brackets, points to; None if it is foreign or forged."""
    found = _MESSAGE_ID.fullmatch(value.strip().lower()) if len(value) <= _LONGEST else None
    if found is None:
        return None
    body = f"{_subject(found['ticket'], found['side'])}.m{found['message']}.{found['key']}"
    return _ref(found, int(found["message"])) if _is_signed("message", body, found["mac"]) else None


def parse_plus_address(address: str) -> Ref | None:
    """What a bare address with our key behind its plus points to; None if it has none, or a forged one."""
    found = _PLUS_ADDRESS.fullmatch(address.strip().lower()) if len(address) <= _LONGEST else None
    if found is None:
        return None
    body = f"{_subject(found['ticket'], found['side'])}.{found['key']}"
    return _ref(found, None) if _is_signed("address", body, found["mac"]) else None


def _subject(ticket_id: int | str, side_thread_id: int | str | None) -> str:
    return f"t{ticket_id}s{side_thread_id}" if side_thread_id else f"t{ticket_id}"


def _ref(found: re.Match[str], message: int | None) -> Ref:
    return Ref(int(found["ticket"]), int(found["side"]) if found["side"] else None, message, found["key"])


def _mac(purpose: str, body: str, secret: str | bytes) -> str:
    """Two purposes have two keys, so that a token of one kind is never one of the other."""
    key = hmac.digest(force_bytes(secret), f"otklik.mail.{purpose}".encode(), "sha256")
    return base64.b32encode(hmac.digest(key, body.encode(), "sha256")[:_MAC_BYTES]).decode().lower()


def _is_signed(purpose: str, body: str, mac: str) -> bool:
    """Under the present SECRET_KEY or one of those it replaced."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any([hmac.compare_digest(_mac(purpose, body, secret), mac) for secret in secrets])  # noqa: C419  # no early exit
