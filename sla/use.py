"""Whether this installation keeps any clocks: where it keeps none, they cost next to nothing."""

from time import monotonic

from sla.models import Clock, PolicyVersion, Promise

KEEP = 1.0  # seconds for which "none" is believed; what begins meanwhile is found by the second look

_found = False  # no policy and no promise is ever deleted, so that yes stays yes
_asked_at = float("-inf")


def is_used() -> bool:
    """Whether there has ever been a policy, a promise or a due time set by hand."""
    global _found, _asked_at  # noqa: PLW0603  # a memo of the process
    if not _found and monotonic() - _asked_at > KEEP:
        _asked_at = monotonic()
        _found = PolicyVersion.objects.exists() or Clock.objects.exists() or Promise.objects.exists()
    return _found


def begin() -> None:
    """From now on it is: called by the verbs that begin it."""
    global _found  # noqa: PLW0603
    _found = True
