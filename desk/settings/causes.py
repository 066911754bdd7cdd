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
    # Telegram's, docs/telegram.md; what follows a colon is the field it was told by
    "malformed": gettext_noop("It is no update of Telegram's."),
    "no-bot": gettext_noop("Its bot is not connected any more."),
    "channel": gettext_noop("A post of a channel."),
    "business": gettext_noop("Written to a business account, not to the bot."),
    "reaction": gettext_noop("A reaction to a message."),
    "inline": gettext_noop("A question to an inline bot."),
    "payment": gettext_noop("About a payment."),
    "poll": gettext_noop("About a poll."),
    "others-membership": gettext_noop("Somebody else joined or left."),
    "boost": gettext_noop("A boost of a chat."),
    "managed-bot": gettext_noop("About a managed bot."),
    "service": gettext_noop("Something happened in the chat; nobody said anything."),
    "update": gettext_noop("A kind of update that is not known."),
    "no-content": gettext_noop("There is nothing in it."),
    "group": gettext_noop("Said in a group, and the bot does not listen in groups."),
    "from-a-bot": gettext_noop("Said by another bot."),
    "edit-of-unknown": gettext_noop("An edit of a message that never came here."),
    "live-location": gettext_noop("A step of a location that is shared live."),
}


def explain_cause(code: str) -> str:
    """The cause in the reader's language; an unknown one is a fault of ours, and says so."""
    words = _WORDS.get(code) or _WORDS.get(code.partition(":")[0])
    return _(words) if words else _("Processing failed (%(code)s).") % {"code": code or "?"}
