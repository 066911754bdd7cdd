"""Who listens to the journal, and how."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from journal.events import Event
from journal.models import Entry

Handler = Callable[[Entry, Event], None]


@dataclass(frozen=True)
class Inline:
    """Runs in the writer's transaction. Database only, and replayable: ``reset`` forgets a stream."""

    name: str
    kinds: frozenset[str]
    handle: Handler
    reset: Callable[[str, int], None]


@dataclass(frozen=True)
class After:
    """Hears of each entry once, in order, in a worker, after the commit.

    Of several that wait on one stream the ``urgent`` ones hear first. ``hears`` tells, by the entry alone or
    at most one cheap question, that an entry of its kinds says nothing to it after all.
    """

    name: str
    kinds: frozenset[str]
    handle: Handler
    urgent: bool = False
    hears: Callable[[Entry], bool] | None = None


inline: dict[str, Inline] = {}
after: dict[str, After] = {}
live: list[Callable[[Entry], None]] = []


_replaying: ContextVar[bool] = ContextVar("journal_replaying", default=False)


def replaying() -> bool:
    """Whether an inline subscriber is being rebuilt: then it must not record anything."""
    return _replaying.get()


@contextmanager
def replay_mode() -> Iterator[None]:
    token = _replaying.set(True)
    try:
        yield
    finally:
        _replaying.reset(token)


def _kinds(events: Iterable[type[Event]]) -> frozenset[str]:
    return frozenset(event.kind for event in events)


def subscribe_inline(
    name: str, events: Iterable[type[Event]], *, reset: Callable[[str, int], None]
) -> Callable[[Handler], Handler]:
    """Register an inline subscriber under a name that must be unique and stay."""

    def register(handle: Handler) -> Handler:
        if name in inline:
            raise ValueError(f"two inline subscribers called {name}")
        inline[name] = Inline(name, _kinds(events), handle, reset)
        return handle

    return register


def subscribe_after(
    name: str,
    events: Iterable[type[Event]],
    *,
    urgent: bool = False,
    hears: Callable[[Entry], bool] | None = None,
) -> Callable[[Handler], Handler]:
    """Register an after-commit subscriber. Handlers write rows; senders do the network.

    ``urgent``: somebody waits for what it does, so that it hears before the others. ``hears`` is asked
    first, and what it denies is settled without a transaction of its own.
    """

    def register(handle: Handler) -> Handler:
        if name in after:
            raise ValueError(f"two after-commit subscribers called {name}")
        after[name] = After(name, _kinds(events), handle, urgent, hears)
        return handle

    return register


def subscribe_live(notify: Callable[[Entry], None]) -> Callable[[Entry], None]:
    """Register a volatile listener, called once the entry is committed. It must not block or raise."""
    live.append(notify)
    return notify
