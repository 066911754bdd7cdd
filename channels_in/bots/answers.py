"""Checking what somebody answered to a question, by the kind of answer asked for."""

import re
from collections.abc import Mapping
from typing import Any

KINDS = ("text", "email", "number", "phone", "choice")
LONGEST = 1000
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]\Z",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?\Z")
_NOT_PHONE = re.compile(r"[^\d+()\s.\-–—/]")
_RUSSIAN_DIGITS = 11


class Wrong(Exception):
    """No answer to the question. ``code`` names the phrase that says so."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def checked(kind: str, text: str, step: Mapping[str, Any]) -> str:
    """The answer as it is kept; raises ``Wrong``.

    >>> checked("phone", "8 (912) 345-67-89", {})
    '+79123456789'
    """
    text = text.strip()
    if not text:
        raise Wrong("wrong_text")
    if len(text) > LONGEST:
        raise Wrong("wrong_long")
    if kind == "email":
        return _email(text)
    if kind == "number":
        return _number(text, step)
    if kind == "phone":
        return _phone(text)
    return text


def _email(text: str) -> str:
    found = text.strip("<>.,; ").lower()
    local, _at, host = found.partition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if len(found) > 254 or dots or not _EMAIL.match(found) or not host:
        raise Wrong("wrong_email")
    return found


def _number(text: str, step: Mapping[str, Any]) -> str:
    found = re.sub(r"(?<=\d)[\s\u00a0\u202f](?=\d{3}\b)", "", text)
    if not _NUMBER.match(found):
        raise Wrong("wrong_number")
    found = found.replace(",", ".").removeprefix("+")
    least, most = step.get("least"), step.get("most")
    if (least is not None and float(found) < least) or (most is not None and float(found) > most):
        raise Wrong("wrong_bounds")
    return found


def _phone(text: str) -> str:
    """With its country: 8 and eleven digits are Russian. E.164 has at most 15 digits."""
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if _NOT_PHONE.search(text) or not 7 <= len(digits) <= 15 or "+" in text.strip()[1:]:
        raise Wrong("wrong_phone")
    if not text.startswith("+") and len(digits) == _RUSSIAN_DIGITS and digits.startswith("8"):
        digits = "7" + digits[1:]
    return "+" + digits if text.startswith("+") or len(digits) >= _RUSSIAN_DIGITS else digits
