"""How much of a message from outside we are willing to look at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Counts and sizes beyond which a message is quarantined instead of processed."""

    message_bytes: int = 25 * 1024 * 1024
    parts: int = 100
    depth: int = 20
    recipients: int = 1000
    header_fields: int = 1000
    header_bytes: int = 1024 * 1024
    # Longer texts are cut for display and folding; the raw message keeps everything.
    text_chars: int = 1024 * 1024
    html_chars: int = 4 * 1024 * 1024


DEFAULT = Limits()


class LimitError(Exception):
    """A limit was passed: ``code`` names which one, the words say it to an administrator."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.code = code
