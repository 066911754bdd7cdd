"""Why a mail was set aside, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_WORDS = {
    "too-large": gettext_noop("The mail is larger than we take."),
    "empty": gettext_noop("The mail has no content at all."),
    "too-many-recipients": gettext_noop("The mail has more recipients than we look at."),
    "too-many-parts": gettext_noop("The mail consists of more parts than we look at."),
    "too-deep": gettext_noop("The mail's parts are nested deeper than we look."),
    "too-many-headers": gettext_noop("The mail has more headers than we look at."),
    "headers-too-large": gettext_noop("The mail's headers are larger than we look at."),
    "no-sender": gettext_noop("The mail does not say who sent it."),
    "blocked": gettext_noop("The sender is blocked."),
    "not-theirs": gettext_noop("It was written to a request that its author may not see any more."),
    "unconfirmed": gettext_noop("The form waits until its address is confirmed by mail."),
    "broken-form": gettext_noop("What was stored is no form that we can read."),
    "by-hand": gettext_noop("Somebody discarded it."),
    "bounce-without-message": gettext_noop("A server's report about a message that we do not know."),
}


def explain_cause(code: str) -> str:
    """The cause in the reader's language; an unknown one is a fault of ours, and says so."""
    words = _WORDS.get(code)
    return _(words) if words else _("Processing failed (%(code)s).") % {"code": code or "?"}
