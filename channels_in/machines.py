"""How sure we are that a machine wrote a mail: enough to show it apart, or enough to open no ticket for it.

The parser's verdict also rests on words, in subjects ("vacation", "delivery failed"), texts and display names
("System administrator"). A customer may use the same ones: people do write to a shop that a delivery failed.
So what would throw a mail away needs a sign that only machines give.
"""

from channels_in.kinds.email.parsing import ParsedMail
from channels_in.kinds.email.parsing.automatic import MACHINE_SENDER
from channels_in.models import Inbound

# The parser's reasons that people's mail can give as well.
_WORDS = frozenset(
    {
        "the subject is that of an automatic reply",
        "the subject is that of a delivery report",
        "the text speaks of a failed delivery",
        "the message came back attached",
        "the sender is a mail system",
    }
)


def is_null_sender(inbound: Inbound) -> bool:
    """Delivered with an empty envelope sender: nobody may answer (RFC 3834, 2; RFC 5321, 4.5.5)."""
    return not inbound.envelope_from and inbound.via in {Inbound.Via.SMTP, Inbound.Via.LMTP}


def is_certain(mail: ParsedMail, inbound: Inbound) -> bool:
    """Whether a header, the envelope or the sender's address says that a machine wrote it."""
    if mail.automatic is None:
        return False
    if set(mail.automatic.reasons) - _WORDS or is_null_sender(inbound):
        return True
    return mail.sender is not None and bool(MACHINE_SENDER.match(mail.sender.address))


def kind_of(mail: ParsedMail, inbound: Inbound, *, by_reply_to: bool, has_ticket: bool) -> str:
    """What is to be treated as a machine's, by its kind (auto-reply, auto-generated, bounce); else empty.

    A filled-in form (``by_reply_to``) is the person's who filled it in. Where only words speak for a machine,
    an auto-reply in a ticket counts as one, since it then reopens nothing; anything else is a person's.
    """
    automatic = mail.automatic
    if automatic is None or (automatic.kind == "auto-generated" and by_reply_to):
        return ""
    if is_certain(mail, inbound):
        return automatic.kind
    return "auto-reply" if automatic.kind == "auto-reply" and has_ticket else ""
