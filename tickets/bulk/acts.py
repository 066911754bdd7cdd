"""What can be done to many tickets: a verb, how it was before, and how to get back there.

``value`` is JSON: the key of a person, team or status, a priority, a tag's name, an instant in ISO 8601.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.utils.translation import gettext_noop

from common import clock
from journal.actor import Actor
from people.access import Permission
from people.models import Team, User
from tickets import commands, events
from tickets.errors import TicketError, WrongTransition
from tickets.models import BulkJob, Category, Follower, Status, Tagging, Ticket
from tickets.status import default_status, may_go

M = TypeVar("M", bound=Model)


class Act:
    """One kind of act by one person. Verbs lock the ticket; whoever calls has locked it already."""

    permission: ClassVar[Permission] = Permission.EDIT
    kinds: ClassVar[frozenset[str]] = frozenset()  # entries that change the same respect

    def __init__(self, value: Any, owner: User) -> None:
        self.value = value
        self.owner = owner
        self.actor = Actor.user(owner)
        self._found: dict[tuple[type[Model], Any], Model | None] = {}

    def state(self, ticket: Ticket) -> Any:
        """How the ticket is in this respect, as JSON."""
        raise NotImplementedError

    def do(self, ticket: Ticket) -> None:
        raise NotImplementedError

    def restore(self, ticket: Ticket, before: Any) -> None:
        """Bring the ticket back to ``before``, which ``state`` gave."""
        raise NotImplementedError

    def concerns(self, kind: str, data: dict[str, Any]) -> bool:
        """Whether an entry of the journal changed the same respect."""
        return kind in self.kinds

    def find(self, model: type[M], key: Any) -> M | None:
        """What a key stands for; refuses what has been deleted meanwhile. None stands for none."""
        if key is None:
            return None
        if (model, key) not in self._found:
            self._found[model, key] = model._default_manager.filter(pk=key).first()
        found = self._found[model, key]
        if not isinstance(found, model):
            raise TicketError(gettext_noop("What it should be set to no longer exists."))
        return found


class Assign(Act):
    permission = Permission.ASSIGN
    kinds = frozenset({events.TicketAssigned.kind})

    def state(self, ticket: Ticket) -> int | None:
        return ticket.assignee_id

    def do(self, ticket: Ticket) -> None:
        self.restore(ticket, self.value)

    def restore(self, ticket: Ticket, before: int | None) -> None:
        commands.assign(ticket.pk, to=self.find(User, before), actor=self.actor)


class SetTeam(Act):
    permission = Permission.ASSIGN
    kinds = frozenset({events.TeamChanged.kind})

    def state(self, ticket: Ticket) -> int | None:
        return ticket.team_id

    def do(self, ticket: Ticket) -> None:
        self.restore(ticket, self.value)

    def restore(self, ticket: Ticket, before: int | None) -> None:
        commands.set_team(ticket.pk, team=self.find(Team, before), actor=self.actor)


class SetStatus(Act):
    """Solving ends a snooze: going back brings it back, if its time is still to come."""

    kinds = frozenset({events.StatusChanged.kind})

    def state(self, ticket: Ticket) -> dict[str, Any]:
        until = ticket.snoozed_until
        return {"status": ticket.status_id, "snoozed": until.isoformat() if until else None}

    def do(self, ticket: Ticket) -> None:
        status = self.find(Status, self.value)
        if status is not None and not status.is_active:
            raise TicketError(gettext_noop("“%(name)s” is switched off."), name=status.label)
        self._set(ticket.pk, status)

    def restore(self, ticket: Ticket, before: dict[str, Any]) -> None:
        """Where the table knows no way back, by way of "open": a closed ticket is opened first. What was new
        and has been answered since stays open."""
        status = self.find(Status, before["status"])
        if status is None:
            return
        if status.category == Category.NEW:
            self._back_to_new(ticket.pk, status)
        else:
            if not may_go(Category(ticket.category), Category(status.category)):
                self._set(ticket.pk, default_status(Category.OPEN))
            commands.undo_status(ticket.pk, to=status, actor=self.actor)
        until = datetime.fromisoformat(before["snoozed"]) if before["snoozed"] else None
        # Whoever slept was not solved, so it is open again.
        if until is not None and until > clock.now():
            commands.snooze(ticket.pk, until=until, actor=self.actor)

    def _back_to_new(self, ticket_id: int, status: Status) -> None:
        try:
            commands.undo_status(ticket_id, to=status, actor=self.actor)
        except WrongTransition:
            commands.undo_status(ticket_id, to=default_status(Category.OPEN), actor=self.actor)

    def _set(self, ticket_id: int, status: Status | None) -> None:
        if status is not None:
            commands.set_status(ticket_id, status=status, actor=self.actor)


class SetPriority(Act):
    kinds = frozenset({events.FieldChanged.kind})

    def state(self, ticket: Ticket) -> int:
        return ticket.priority

    def do(self, ticket: Ticket) -> None:
        self.restore(ticket, self.value)

    def restore(self, ticket: Ticket, before: int) -> None:
        commands.set_priority(ticket.pk, priority=before, actor=self.actor)

    def concerns(self, kind: str, data: dict[str, Any]) -> bool:
        return kind in self.kinds and data.get("field") == "priority"


class AddTag(Act):
    kinds = frozenset({events.TagAdded.kind, events.TagRemoved.kind})

    def state(self, ticket: Ticket) -> bool:
        return Tagging.objects.filter(ticket=ticket, tag__name__iexact=self.value).exists()

    def do(self, ticket: Ticket) -> None:
        commands.add_tag(ticket.pk, name=self.value, actor=self.actor)

    def restore(self, ticket: Ticket, before: bool) -> None:
        verb: Callable[..., Ticket] = commands.add_tag if before else commands.remove_tag
        verb(ticket.pk, name=self.value, actor=self.actor)

    def concerns(self, kind: str, data: dict[str, Any]) -> bool:
        return kind in self.kinds and str(data.get("name", "")).lower() == str(self.value).lower()


class RemoveTag(AddTag):
    def do(self, ticket: Ticket) -> None:
        commands.remove_tag(ticket.pk, name=self.value, actor=self.actor)


class Snooze(Act):
    """A customer's message and a solution wake a ticket too."""

    kinds = frozenset({events.TicketSnoozed.kind, events.TicketWoken.kind})

    def state(self, ticket: Ticket) -> str | None:
        return ticket.snoozed_until.isoformat() if ticket.snoozed_until else None

    def do(self, ticket: Ticket) -> None:
        commands.snooze(ticket.pk, until=datetime.fromisoformat(self.value), actor=self.actor)

    def restore(self, ticket: Ticket, before: str | None) -> None:
        until = datetime.fromisoformat(before) if before else None
        if until is not None and until > clock.now():
            commands.snooze(ticket.pk, until=until, actor=self.actor)
        else:
            commands.wake(ticket.pk, actor=self.actor)

    def concerns(self, kind: str, data: dict[str, Any]) -> bool:
        if kind == events.MessageReceived.kind:
            return bool(data.get("woke"))
        if kind == events.StatusChanged.kind:
            return int(data["new_category"]) >= Category.RESOLVED
        return kind in self.kinds


class MarkSpam(Act):
    kinds = frozenset({events.SpamMarked.kind, events.SpamUnmarked.kind})

    def state(self, ticket: Ticket) -> bool:
        return ticket.is_spam

    def do(self, ticket: Ticket) -> None:
        commands.mark_spam(ticket.pk, actor=self.actor)

    def restore(self, ticket: Ticket, before: bool) -> None:
        verb: Callable[..., Ticket] = commands.mark_spam if before else commands.unmark_spam
        verb(ticket.pk, actor=self.actor)


class Follow(Act):
    permission = Permission.READ
    kinds = frozenset({events.FollowerAdded.kind, events.FollowerRemoved.kind})

    def state(self, ticket: Ticket) -> bool:
        return Follower.objects.filter(ticket=ticket, user=self.owner).exists()

    def do(self, ticket: Ticket) -> None:
        commands.follow(ticket.pk, user=self.owner, actor=self.actor)

    def restore(self, ticket: Ticket, before: bool) -> None:
        verb: Callable[..., Ticket] = commands.follow if before else commands.unfollow
        verb(ticket.pk, user=self.owner, actor=self.actor)

    def concerns(self, kind: str, data: dict[str, Any]) -> bool:
        return kind in self.kinds and data.get("user_id") == self.owner.pk


ACTS: dict[str, type[Act]] = {
    BulkJob.Act.ASSIGN: Assign,
    BulkJob.Act.TEAM: SetTeam,
    BulkJob.Act.STATUS: SetStatus,
    BulkJob.Act.PRIORITY: SetPriority,
    BulkJob.Act.ADD_TAG: AddTag,
    BulkJob.Act.REMOVE_TAG: RemoveTag,
    BulkJob.Act.SNOOZE: Snooze,
    BulkJob.Act.SPAM: MarkSpam,
    BulkJob.Act.FOLLOW: Follow,
}


def act_of(job: BulkJob, owner: User) -> Act:
    """The act of a job, by its owner as they are now. An undo has the act it undoes."""
    return ACTS[job.act](job.value, owner)
