"""Pure mail parsing: bytes in, plain data out. No Django, database, network or clock in here."""

from channels_in.kinds.email.parsing.limits import DEFAULT, Limits
from channels_in.kinds.email.parsing.message import parse, parse_body
from channels_in.kinds.email.parsing.types import (
    Address,
    Bounce,
    Forwarded,
    ParsedAttachment,
    ParsedMail,
    Verdict,
)

__all__ = [
    "DEFAULT",
    "Address",
    "Bounce",
    "Forwarded",
    "Limits",
    "ParsedAttachment",
    "ParsedMail",
    "Verdict",
    "parse",
    "parse_body",
]
