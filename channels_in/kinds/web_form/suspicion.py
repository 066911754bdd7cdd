"""How much a form that comes in looks like a machine's work. Pure.

Nothing is thrown away on a suspicion: who looks like a machine proves the contrary by a second of sums, or by
following a link in a mail; only a flood is turned away, with words that say when to come again.
"""

from dataclasses import dataclass
from enum import StrEnum

QUICKEST = 3  # seconds: nobody reads and fills in a form faster
MANY, FAR_TOO_MANY = 5, 40  # of one client, in ten minutes
MANY_FOR_BRAND = 60  # of all, in ten minutes
MANY_FOR_ADDRESS, FAR_TOO_MANY_FOR_ADDRESS = 4, 20  # naming one address, in an hour


class Verdict(StrEnum):
    FINE = "fine"
    PROVE = "prove"  # a proof of work is enough
    CONFIRM = "confirm"  # only a mail that is answered
    REFUSE = "refuse"


@dataclass(frozen=True)
class Signs:
    """What is known of one that comes in. Counts include this one."""

    trap: bool = False  # the field that people do not see is filled in
    seconds: float | None = None  # since the form was opened; None: it has no token of ours
    by_client: int = 0
    by_address: int = 0
    by_brand: int = 0
    always: bool = False  # the administrator asks everybody for a proof
    strange_origin: bool = False  # nothing says from which page it comes
    is_known: bool = False  # signed in


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    signs: tuple[str, ...]


def judge(signs: Signs) -> Judgement:
    """The verdict, with the reasons as codes."""
    if signs.by_client > FAR_TOO_MANY or signs.by_address > FAR_TOO_MANY_FOR_ADDRESS:
        return Judgement(Verdict.REFUSE, ("flood",))
    if signs.is_known:
        return Judgement(Verdict.FINE, ())
    if signs.trap:
        return Judgement(Verdict.CONFIRM, ("trap",))
    if signs.strange_origin:
        return Judgement(Verdict.CONFIRM, ("origin",))
    found = [
        name
        for name, there in (
            ("always", signs.always),
            ("quick", signs.seconds is not None and signs.seconds < QUICKEST),
            ("client", signs.by_client > MANY),
            ("address", signs.by_address > MANY_FOR_ADDRESS),
            ("brand", signs.by_brand > MANY_FOR_BRAND),
        )
        if there
    ]
    return Judgement(Verdict.PROVE if found else Verdict.FINE, tuple(found))
