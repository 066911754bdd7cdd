"""Proof of work: a sum that costs a browser about a second, and us nothing to check. Pure.

The maths of ALTCHA (altcha.org, version 1): find the number for which SHA-256 of salt and number is the
challenge. Ours, on our own servers; nobody else hears of the visitor. The salt carries when it ends and what
form it is for, and the signature covers them, so that a proof cannot be used for another form or later.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

ALGORITHM = "SHA-256"
LIFE = 20 * 60  # seconds
EASY, HARD = 50_000, 400_000  # the largest number there can be: half of it is tried on average
_LONGEST = 2_000


@dataclass(frozen=True)
class Challenge:
    algorithm: str
    challenge: str
    salt: str
    signature: str
    maxnumber: int

    @property
    def facts(self) -> dict[str, str | int]:
        return dict(vars(self))


def make(secret: str, form_key: str, *, now: int, hardness: int = EASY) -> Challenge:
    """A challenge for one form. ``now``: seconds since 1970."""
    salt = f"{secrets.token_hex(12)}?expires={now + LIFE}&form={form_key}"
    challenge = _hash(salt, secrets.randbelow(hardness + 1))
    return Challenge(ALGORITHM, challenge, salt, _sign(secret, challenge, salt), hardness)


def is_proved(secret: str, form_key: str, proof: str, *, now: int) -> bool:
    """Whether ``proof`` (base64 of JSON, as ALTCHA's payload) solves a challenge of ours for this form."""
    if not proof or len(proof) > _LONGEST:
        return False
    try:
        given = json.loads(base64.b64decode(proof, validate=True))
        salt, number = str(given["salt"]), int(given["number"])
        challenge, signature = str(given["challenge"]), str(given["signature"])
        algorithm = str(given["algorithm"])
        _random, _mark, facts = salt.partition("?")
        ends, form = (part.partition("=")[2] for part in facts.split("&"))
        expires = int(ends)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return (
        algorithm == ALGORITHM
        and expires >= now
        and hmac.compare_digest(form.encode(), form_key.encode())
        and hmac.compare_digest(_sign(secret, challenge, salt).encode(), signature.encode("utf-8", "replace"))
        and hmac.compare_digest(_hash(salt, number).encode(), challenge.encode("utf-8", "replace"))
    )


def solve(challenge: Challenge) -> str:
    """The proof, as the browser's worker finds it: for tests, and for measuring how hard it is."""
    number = next(
        n for n in range(challenge.maxnumber + 1) if _hash(challenge.salt, n) == challenge.challenge
    )
    facts = {name: value for name, value in challenge.facts.items() if name != "maxnumber"}
    return base64.b64encode(json.dumps({**facts, "number": number}).encode()).decode()


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode("utf-8", "replace")).hexdigest()


def _sign(secret: str, challenge: str, salt: str) -> str:
    text = f"{challenge}:{salt}".encode("utf-8", "replace")
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
