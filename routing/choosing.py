"""Who of several people gets a ticket. Pure: plain data in, a verdict on each of them out.

Load is counted by group of channels, and capacity too. A person's *share* is how full they are: the sum, over
the groups, of their open tickets by what they can have. Whoever takes a ticket must not come over 1, so that
three chats of three leave no room for mail. Shares are fractions: nothing is rounded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

__all__ = ["Candidate", "Need", "Refusal", "Verdict", "choose", "share_of", "weigh"]

ROUND_ROBIN, LEAST_LOADED, WEIGHTED, NONE = "round_robin", "least_loaded", "weighted", "none"
STRATEGIES = (ROUND_ROBIN, LEAST_LOADED, WEIGHTED, NONE)


@dataclass(frozen=True)
class Candidate:
    """Somebody who is there. ``turn`` is the number of their last turn in this team; 0 when they had none."""

    user_id: int
    load: Mapping[str, int] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)
    turn: int = 0
    skills: frozenset[int] = frozenset()
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Need:
    """What the ticket asks for: its group of channels, all of the skills, and one language if any."""

    group: str
    skills: frozenset[int] = frozenset()
    language: str = ""


class Refusal(StrEnum):
    """Why somebody does not get it."""

    SKILLS = "skills"
    LANGUAGE = "language"
    FULL = "full"


@dataclass(frozen=True)
class Verdict:
    """What was found about one candidate; ``after`` is how full the ticket would make them."""

    candidate: Candidate
    refusal: Refusal | None
    share: Fraction
    after: Fraction


def share_of(load: Mapping[str, int], capacity: Mapping[str, int]) -> Fraction:
    """How full somebody is. A ticket of a group they take nothing of fills them: it should not be there."""
    return sum(
        (
            Fraction(count, capacity[group]) if capacity.get(group, 0) > 0 else Fraction(count)
            for group, count in load.items()
        ),
        Fraction(0),
    )


def weigh(candidates: Iterable[Candidate], need: Need) -> list[Verdict]:
    """Look at each of them, in the order given."""
    return [_weigh(candidate, need) for candidate in candidates]


def _weigh(candidate: Candidate, need: Need) -> Verdict:
    share = share_of(candidate.load, candidate.capacity)
    room = candidate.capacity.get(need.group, 0)
    after = share + Fraction(1, room) if room > 0 else share + 1
    refusal = None
    if not need.skills <= candidate.skills:
        refusal = Refusal.SKILLS
    elif need.language and need.language not in candidate.languages:
        refusal = Refusal.LANGUAGE
    elif room <= 0 or after > 1:
        refusal = Refusal.FULL
    return Verdict(candidate, refusal, share, after)


def choose(strategy: str, candidates: Iterable[Candidate], need: Need) -> int | None:
    """The user to assign, or None. Equals are told apart by whose turn is longest ago, then by number.

    ``round_robin``: whose turn is longest ago. ``least_loaded``: who has the fewest open tickets.
    ``weighted``: whom the ticket would leave with the most room. ``none``: nobody, ever.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"no strategy {strategy!r}")
    able = [verdict for verdict in weigh(candidates, need) if verdict.refusal is None]
    if strategy == NONE or not able:
        return None
    return min(able, key=lambda verdict: _rank(strategy, verdict)).candidate.user_id


def _rank(strategy: str, verdict: Verdict) -> tuple[Fraction | int, int, int]:
    candidate = verdict.candidate
    first: Fraction | int = 0
    if strategy == LEAST_LOADED:
        first = sum(candidate.load.values())
    elif strategy == WEIGHTED:
        first = verdict.after
    return first, candidate.turn, candidate.user_id
