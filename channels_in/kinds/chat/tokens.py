"""What a visitor's browser can prove: whose session it has, who the site says they are, which file is theirs.

A session's token is its key, signed; the browser keeps it in the iframe's own storage, for cookies of
somebody else's page are blocked. A customer's identity is a JSON Web Token (RFC 7519) that the site signs on
its server with the widget's secret, by HMAC-SHA256 (``HS256``) and nothing else. See docs/chat.md.
"""

import base64
import binascii
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core import signing

from common.text import storable

SESSION_SALT = "chat.session"
FILE_SALT = "chat.file"
FILE_SECONDS = 300
LONGEST_IDENTITY = 4096  # characters of a token
LONGEST_LIFE = timedelta(days=1)  # of an identity: one that leaks is worth nothing tomorrow
LEEWAY = timedelta(minutes=2)  # two servers' clocks
MOST_ATTRIBUTES = 30
_ADDRESS = re.compile(r"[^\s<>@\x00-\x1f]+@[^\s<>@\x00-\x1f]+\.[^\s<>@\x00-\x1f]+\Z")


class IdentityRefused(Exception):  # an answer, like tickets.errors
    """The site's token proves nothing: ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Identity:
    """Who the site says the visitor is. One of ``external_id`` and ``email`` is there."""

    external_id: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def session_token(key: str) -> str:
    return signing.Signer(salt=SESSION_SALT).sign(key)


def session_key(token: object) -> str | None:
    """The key of the session a token was made for; None for any other string."""
    if not isinstance(token, str) or len(token) > 200:
        return None
    try:
        return signing.Signer(salt=SESSION_SALT).unsign(token)
    except signing.BadSignature:
        return None


def file_token(attachment_id: int, session_id: int) -> str:
    return signing.dumps([attachment_id, session_id], salt=FILE_SALT)


def open_file_token(token: str) -> tuple[int, int] | None:
    """(attachment, session) of an address that is not five minutes old; None for any other."""
    try:
        attachment_id, session_id = signing.loads(token, salt=FILE_SALT, max_age=FILE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return attachment_id, session_id


def read_identity(token: str, secret: str, now: datetime) -> Identity:
    """What the site says of its customer; raises ``IdentityRefused`` unless it is well signed and in time.

    Claims: ``sub`` (the customer's number in the site's own system) or ``email``; ``exp``, at most a day
    ahead; ``name``, ``phone`` and ``attributes`` (a flat object) as they like.
    """
    if not secret:
        raise IdentityRefused("no-secret")
    if len(token) > LONGEST_IDENTITY or token.count(".") != 2:
        raise IdentityRefused("malformed")
    head, body, signature = token.split(".")
    # The algorithm is ours to choose, whatever the header asks for; it must agree all the same.
    expected = hmac.digest(secret.encode(), f"{head}.{body}".encode("utf-8", "replace"), "sha256")
    if not hmac.compare_digest(expected, _decoded(signature)):
        raise IdentityRefused("signature")
    header, claims = _json(head), _json(body)
    if header.get("alg") != "HS256":
        raise IdentityRefused("algorithm")
    _check_time(claims, now)
    return _identity(claims)


def sign_identity(claims: dict[str, Any], secret: str) -> str:
    """What the site's server does: for the demonstration, the settings page and tests."""
    head = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _encoded(json.dumps(claims).encode())
    signature = hmac.digest(secret.encode(), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{_encoded(signature)}"


def _check_time(claims: dict[str, Any], now: datetime) -> None:
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise IdentityRefused("no-expiry")
    left = expires - now.timestamp()
    if left < -LEEWAY.total_seconds():
        raise IdentityRefused("expired")
    if left > (LONGEST_LIFE + LEEWAY).total_seconds():
        raise IdentityRefused("lives-too-long")


def _identity(claims: dict[str, Any]) -> Identity:
    external_id = _text(claims.get("sub"), 200)
    email = _text(claims.get("email"), 320).lower()
    if email and not is_address(email):
        raise IdentityRefused("email")
    if not external_id and not email:
        raise IdentityRefused("nobody")
    return Identity(
        external_id,
        email,
        _text(claims.get("name"), 200),
        _text(claims.get("phone"), 40),
        attributes_of(claims.get("attributes")),
    )


def attributes_of(value: object) -> dict[str, str]:
    """A flat object of short texts, whatever the site sent."""
    if not isinstance(value, dict):
        return {}
    found = {}
    for name, one in list(value.items())[:MOST_ATTRIBUTES]:
        if isinstance(one, str | int | float) and (text := _text(one, 300)):
            found[_text(name, 60)] = text
    return found


def is_address(text: str) -> bool:
    return len(text) <= 320 and bool(_ADDRESS.match(text))


def _text(value: object, most: int) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str | int | float):
        return ""
    return " ".join(storable(str(value)).split())[:most]


def _json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(part))
    except (ValueError, RecursionError) as error:
        raise IdentityRefused("malformed") from error
    if not isinstance(value, dict):
        raise IdentityRefused("malformed")
    return value


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise IdentityRefused("malformed") from error


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
