"""How identities are written, so that the same one is always the same text. Pure."""

import re
from collections.abc import Iterator

import phonenumbers
from django.utils.translation import gettext as _

LONGEST = 320
_ADDRESS = re.compile(r"[^\s<>@,;\x00]{1,64}@[^\s<>@,;\x00]{1,255}")
_TELEGRAM = re.compile(r"[1-9]\d{0,18}")
_IN_TEXT = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}")
_MOST_TEXT = 20_000  # characters that are looked through for addresses and numbers


def normalise(kind: str, value: str, *, region: str | None = None) -> str:
    """The one way to write an identity. Raises ``ValueError`` with a translated reason.

    A mail address in lower case; a phone number as E.164 (a number without its country is one of ``region``,
    ISO 3166-1); a Telegram account as its number; keys of visitors, accounts and other systems as they are,
    without blanks round them.
    """
    value = " ".join(value.split())
    match kind:
        case "email":
            value = value.lower()
            if not _ADDRESS.fullmatch(value):
                raise ValueError(_("This is no e-mail address."))
        case "phone":
            value = _e164(value, region)
        case "telegram":
            if not _TELEGRAM.fullmatch(value):
                raise ValueError(_("A Telegram account is written as its number."))
        case "visitor" | "account" | "external":
            if not value or not value.isprintable():
                raise ValueError(_("An identifier has printable characters only."))
        case _:
            raise ValueError(_("There is no such kind of identity."))
    if len(value) > LONGEST:
        raise ValueError(_("This is too long."))
    return value


def _e164(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_("This is no telephone number; begin with + and the country.")) from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError(_("There can be no such telephone number."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def shown(kind: str, value: str) -> str:
    """An identity as people read it: a phone number in groups."""
    if kind == "phone":
        try:
            number = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException:
            return value
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    return value


def mentioned(text: str, *, region: str | None = None, most: int = 5) -> list[tuple[str, str]]:
    """The mail addresses and phone numbers in what somebody wrote, as (kind, value), ``most`` at most."""
    text = text[:_MOST_TEXT]
    found = dict.fromkeys(_mentioned(text, region))
    return list(found)[:most]


def _mentioned(text: str, region: str | None) -> Iterator[tuple[str, str]]:
    for match in _IN_TEXT.finditer(text):
        yield "email", match[0].lower()
    for number in phonenumbers.PhoneNumberMatcher(text, region, max_tries=50):
        yield "phone", str(phonenumbers.format_number(number.number, phonenumbers.PhoneNumberFormat.E164))
