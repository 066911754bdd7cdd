"""Why a message of ours did not arrive, in the words of whoever reads it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

BOUNCED_BEFORE = "bounced-before"  # its words are the addresses that are left out


def left_out(addresses: Sequence[str]) -> tuple[str, str]:
    """Words and code of a message that these do not get, because mail to them came back; none for nobody."""
    return (", ".join(addresses), BOUNCED_BEFORE) if addresses else ("", "")


def reason(status_code: str, words: str) -> str:
    """What the journal and the sender keep of a failure, as a sentence; empty where nothing was said.

    A reason of our own is kept as its source and told in the reader's language. A server's words stay as it
    said them.
    """
    if status_code == BOUNCED_BEFORE:
        return _("Mail to %(addresses)s has bounced before.") % {"addresses": words}
    # The source of nothing is what gettext keeps about its catalogue.
    return _(words) if words and is_ours(status_code) else words


def is_ours(status_code: str) -> bool:
    """Whether we refused, and no server: ours are words (no-inbox), theirs numbers (5.1.1, 403)."""
    return bool(status_code) and not status_code[0].isdigit()
