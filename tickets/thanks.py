"""Is this only a thank-you? Pure."""

import re

from common.text import fold

MAX_WORDS = 12

_THANKS = re.compile(
    r"\b(спасибо|благодарю|благодарим|спс|спасиб|thanks|thank you|thank u|thx|cheers|much appreciated)\b"
)
# Words that ask, deny or add: with one of them it is more than a thank-you.
_MORE = re.compile(
    r"\?|\b(но|однако|только|еще|ещё|не|нет|почему|когда|как|где|куда|сколько|можно|можете|подскажите|"
    r"помогите|пожалуйста|прошу|but|however|still|not|no|why|when|how|where|could|can|would|please|also|"
    r"another|didn|doesn|isn|didn't|doesn't|isn't|don't)\b"
)


def is_thanks(text: str) -> bool:
    """True for at most twelve words that thank and neither ask nor object.

    Wrong verdicts are cheap either way: the message is shown, and an agent undoes it with one click.
    """
    line = fold(text)
    if not line or len(line.split()) > MAX_WORDS:
        return False
    return bool(_THANKS.search(line)) and not _MORE.search(line.replace("no problem", ""))
