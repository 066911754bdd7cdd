"""Regular expressions that people write into conditions: bounded in time, and in what they grow to. Pure.

Python's own engine has no time limit, and a bad pattern would hold a worker for ever. The one used here has
a limit for searching, but writes counted repetitions out when it compiles: ``((a{999}){999}){999}`` would
take all the memory there is.
"""

import math
import re
import time
from dataclasses import dataclass

import regex

TEXT = 20_000  # characters of a text that a pattern may look at,
SECONDS = 0.05  # for so long,
TOGETHER = 0.2  # and all patterns of one run of the rules together
LARGEST = 20_000  # pieces, with counted repetitions written out

_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}")
_SET = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
# Where brackets may be none: comments, blanks that mean nothing, brackets and sets within sets.
_UNCERTAIN = re.compile(r"\(\?[a-zA-Z0-9^-]*x|\(\?#")


class TooLarge(ValueError):
    """A pattern that grows beyond ``LARGEST``."""


@dataclass
class Patience:
    """Seconds that the patterns of one run have left; used up, they are found nowhere."""

    left: float = TOGETHER


def check(pattern: str) -> None:
    """Raise ``TooLarge``, or ``regex.error`` for what is no pattern."""
    if size(pattern) > LARGEST:
        raise TooLarge
    regex.compile(pattern)


def found(pattern: str, text: str, patience: Patience | None = None) -> bool | None:
    """Whether the pattern is found; None when it takes too long, or can never be asked."""
    patience = patience or Patience()
    if size(pattern) > LARGEST or patience.left <= 0:
        return None
    began = time.perf_counter()
    limit = min(SECONDS, patience.left)
    try:
        hit = regex.search(pattern, text[:TEXT], regex.IGNORECASE | regex.MULTILINE, timeout=limit)
    except (TimeoutError, regex.error):
        return None
    finally:
        patience.left -= time.perf_counter() - began
    return hit is not None


def size(pattern: str) -> int:
    """How many pieces a pattern has with its counted repetitions written out; never too few."""
    most = len(pattern) * math.prod(max(int(count), 1) for count in _COUNT.findall(pattern))
    if most <= LARGEST or _UNCERTAIN.search(pattern):
        return most
    groups, last = [0], 0  # pieces of each group that is open; of what a count would repeat
    at = 0
    while at < len(pattern):
        char, end, piece = pattern[at], at + 1, 1
        if counted := _COUNT.match(pattern, at):
            times = max(int(counted[1]), 1)
            groups[-1] += last * (times - 1)
            last, piece, end = last * times, 0, counted.end()
        elif char in "*+?":
            piece = 0
        elif char == "(":
            groups.append(0)
            piece = 0
        elif char == ")" and len(groups) > 1:
            last = piece = groups.pop() + 1
        elif char == "\\":
            end, last = at + 2, 1
        elif char == "[" and (inside := _SET.match(pattern, at)):
            if set(inside[0][1:]) & set("[(){"):
                return most
            end, last = inside.end(), 1
        else:
            last = 1
        groups[-1] += piece
        at = end
    return sum(groups)
