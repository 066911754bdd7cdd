"""Which entries somebody should be told of by name, wherever they look: their own ticket's news."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.text import one_line
from journal.actor import ActorKind
from people.models import User

LONGEST = 140


class FactLike(Protocol):
    """What is read of a fact."""

    @property
    def kind(self) -> str: ...
    @property
    def actor_kind(self) -> str: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Told:
    """A ticket, as far as notices and audiences need it."""

    pk: int
    team_id: int | None
    assignee_id: int | None
    subject: str
    snippet: str
    requester_name: str
    follower_ids: tuple[int, ...] = ()


_KINDS = {
    "message_received": "message",
    "ticket_assigned": "assigned",
    "note_posted": "note",
    "delivery_failed": "failed",
}


def notices(facts: Sequence[FactLike], ticket: Told) -> Iterator[tuple[int, dict[str, Any]]]:
    """(whom, what) for the assignee and the followers; nobody hears of their own doing.

    Words are the reader's page's business: this sends names and raw text only.
    """
    for fact in facts:
        kind = _KINDS.get(fact.kind)
        if kind is None or fact.data.get("is_thanks"):
            continue
        actor = fact.actor_id if fact.actor_kind == ActorKind.USER else None
        if kind == "assigned":
            whom = {fact.data.get("new_assignee_id")}
        else:
            whom = {ticket.assignee_id, *ticket.follower_ids}
        who = ticket.requester_name if actor is None else _name(actor)
        text = ticket.snippet if kind == "message" else ticket.subject
        for user_id in sorted(user_id for user_id in whom if user_id and user_id != actor):
            yield (
                user_id,
                {
                    "type": "message",
                    "ticket": ticket.pk,
                    "kind": kind,
                    "who": who or "Otklik",
                    "text": one_line(text, LONGEST),
                },
            )


def _name(user_id: int) -> str:
    return User.objects.filter(pk=user_id).values_list("name", flat=True).first() or ""
