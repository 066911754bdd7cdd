"""Text as it is indexed and asked for."""

import re

from common.text import storable

# to_tsvector fails above 1,048,575 bytes; 200 kB of what somebody wrote is a book.
MAX_BYTES = 200_000
_JOINTS = re.compile(r"(?<=\w)[-_/.@](?=\w)")
_YO = str.maketrans("ёЁ", "еЕ")


def prepare(text: str) -> str:
    """Bounded, ё as е, and parts of A-1024 or a@b.ru findable alone. No letter moves from its place."""
    cut = storable(text).encode()[:MAX_BYTES].decode("utf-8", "ignore")
    return _JOINTS.sub(" ", cut.translate(_YO))
