"""A helpdesk whose clock the test turns: every sweep comes exactly when something is due.

``Stage`` runs a script of acts through the real verbs, lets the journal be heard of after each, and runs the
sweeps at every instant at which a row says that something is due. It knows nothing of simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.drain import drain
from journal.models import Delivery, Entry
from people.commands import shifts as people_shifts
from people.models import Team, User
from routing import hours, rulebook, scheduled, shifts, timed, waiting
from routing.commands import save_rule, switch_rule
from routing.models import Requirement, Rule, ScheduledAction, Waiting
from sla import firing
from sla.models import Clock
from tests.world import INTAKE, World
from tickets import commands, errors
from tickets.conditions.language import leaves
from tickets.content import Content
from tickets.models import CustomField, Message, Status, Tagging, Ticket, Topic
from tickets.tasks import wake_snoozed

GRID = timedelta(hours=1)  # shifts begin and end on the hour


@dataclass(frozen=True)
class Act:
    """Something a person does at ``at``; ``ticket`` is the ticket's place in the order of opening."""

    at: datetime
    name: str
    ticket: int | None = None
    given: dict[str, Any] = field(default_factory=dict)


class Stage:
    def __init__(self, world: World, monkeypatch: Any, start: datetime) -> None:
        self.world = world
        self.now = start
        self.tickets: list[Ticket] = []
        self.messages: dict[tuple[int, int], int] = {}
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def founded(self, make: Callable[[World], Any]) -> Any:
        """What ``make`` makes, heard of by everybody before the story begins."""
        made = make(self.world)
        self.settle()
        return made

    # --- time -----------------------------------------------------------------------------------

    def settle(self) -> None:
        """The journal is heard of, stream by stream, and what waits is given out, until nothing follows."""
        while True:
            while streams := self._streams():
                for stream_type, stream_id in streams:
                    drain(stream_type, stream_id)
            if not waiting.drain():
                return

    def _streams(self) -> list[tuple[str, int]]:
        rows = Delivery.objects.filter(parked=False).order_by("pk").values_list("stream_type", "stream_id")
        assert not Delivery.objects.exclude(error="").exists()
        return list(dict.fromkeys(rows))

    def tick(self) -> None:
        """All sweeps, until none of them finds anything."""
        while True:
            before = Entry.objects.count()
            for sweep in (wake_snoozed, shifts.watch, scheduled.run_due, timed.sweep, firing.fire):
                sweep()
                self.settle()
            if Entry.objects.count() == before:
                return

    def advance(self, until: datetime, *, inclusive: bool = False) -> None:
        """Let the time go by, with a tick at every instant at which something comes due."""
        while True:
            due = self.next_due(until)
            if due is None:
                break
            self.now = due
            self.tick()
        self.now = until
        if inclusive:
            self.tick()

    def next_due(self, until: datetime) -> datetime | None:
        """The first instant after now and before ``until``."""
        found: list[Any] = [self._grid()]
        found += Ticket.objects.exclude(snoozed_until=None).values_list("snoozed_until", flat=True)
        found += ScheduledAction.objects.filter(state="waiting").values_list("due_at", flat=True)
        found += Clock.objects.exclude(next_at=None).values_list("next_at", flat=True)
        for rule in rulebook.current().rules:
            if rule.trigger["on"] == "time_since":
                found += self._anchored(rule.trigger)
                found += self._aged(rule.conditions)
        return min((at for at in found if self.now < at < until), default=None)

    def _grid(self) -> datetime:
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + ((self.now - midnight) // GRID + 1) * GRID

    def _anchored(self, trigger: Mapping[str, Any]) -> list[datetime]:
        rows: Any = Ticket.objects.annotate(anchor=timed._anchor(trigger["since"])).exclude(anchor=None)
        length = timedelta(seconds=trigger["seconds"])
        found = []
        for ticket in rows.filter(anchor__gt=self.now - 40 * length).select_related("team"):
            if trigger["business"]:
                due = hours.working_time_of(ticket.team).add(ticket.anchor, length)
                found += [due] if due is not None else []
            else:
                found.append(ticket.anchor + length)
        return found

    def _aged(self, tree: Mapping[str, Any]) -> list[datetime]:
        """When tickets become old enough for a condition on their age."""
        ages = [one["value"] for one in leaves(tree) if (one["field"], one["op"]) == ("opened", "older_than")]
        opened = list(Ticket.objects.values_list("opened_at", flat=True))
        return [at + timedelta(seconds=age) for age in ages for at in opened]

    # --- acts -----------------------------------------------------------------------------------

    def play(self, acts: list[Act]) -> None:
        """What has been done before, again. Who is refused a status along with a reply sends that alone."""
        for act in acts:
            done = self.perform(act)
            if not done and act.name == "reply" and "status" in act.given:
                self.perform(replace(act, given={"user": act.given["user"]}))

    def perform(self, act: Act) -> bool:
        """Do it at its time; whether anything was recorded. What a verb refuses changes nothing."""
        self.advance(act.at)
        before = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            with transaction.atomic():
                do: Callable[..., None] = getattr(self, f"do_{act.name}")
                do(*([] if act.ticket is None else [self.tickets[act.ticket]]), **act.given)
        except errors.TicketError:
            pass
        recorded = Entry.objects.filter(pk__gt=before).exists()
        self.settle()
        self.tick()
        return recorded

    def do_open(self, brand: str, contact: str, channel: str, subject: str, text: str, **given: Any) -> None:
        requester = getattr(self.world, contact)
        ticket = commands.open_ticket(
            brand=getattr(self.world, brand),
            channel=channel,
            requester=requester,
            subject=subject,
            actor=INTAKE,
            team=Team.objects.get(name=given["team"]) if given.get("team") else None,
            at=self.now,
        )
        self.tickets.append(ticket)
        self.do_receive(ticket, text, channel)

    def do_receive(self, ticket: Ticket, text: str, channel: str = "email") -> None:
        ticket = Ticket.objects.select_related("requester").get(pk=ticket.pk)
        content = Content(text=text, subject=ticket.subject, sender={"name": "", "address": "a@b.example"})
        commands.receive_message(
            ticket.pk,
            content=content,
            contact=ticket.requester,
            actor=Actor.contact(ticket.requester),
            channel=channel,
            at=self.now,
        )

    def do_reply(self, ticket: Ticket, user: int, status: int | None = None) -> None:
        commands.post_reply(
            ticket.pk,
            user=User.objects.get(pk=user),
            content=Content(text="Уже смотрим.", to=[{"name": "", "address": "a@b.example"}]),
            status=Status.objects.get(pk=status) if status else None,
            at=self.now,
        )

    def do_withdraw(self, ticket: Ticket) -> None:
        last = Message.objects.filter(ticket=ticket, kind="reply").order_by("-pk").first()
        if last is not None:
            commands.withdraw_reply(last.pk, actor=self.by(last.author_user_id), at=self.now)

    def do_undo_thanks(self, ticket: Ticket, user: int) -> None:
        last = Message.objects.filter(ticket=ticket, is_thanks=True).order_by("-pk").first()
        if last is not None:
            commands.undo_thanks(last.pk, actor=self.by(user), at=self.now)

    def do_note(self, ticket: Ticket, user: int) -> None:
        content = Content(text="Заметка")
        commands.post_note(ticket.pk, user=User.objects.get(pk=user), content=content, at=self.now)

    def do_status(self, ticket: Ticket, user: int, status: int) -> None:
        chosen = Status.objects.get(pk=status)
        commands.set_status(ticket.pk, status=chosen, actor=self.by(user), at=self.now)

    def do_assign(self, ticket: Ticket, user: int, to: int | None) -> None:
        person = User.objects.get(pk=to) if to else None
        commands.assign(ticket.pk, to=person, actor=self.by(user), at=self.now)

    def do_team(self, ticket: Ticket, user: int, team: str) -> None:
        commands.set_team(ticket.pk, team=Team.objects.get(name=team), actor=self.by(user), at=self.now)

    def do_escalate(self, ticket: Ticket, user: int, team: str) -> None:
        chosen = Team.objects.get(name=team)
        commands.escalate(ticket.pk, team=chosen, reason="Нужна помощь", actor=self.by(user), at=self.now)

    def do_priority(self, ticket: Ticket, user: int, priority: int) -> None:
        commands.set_priority(ticket.pk, priority=priority, actor=self.by(user), at=self.now)

    def do_topic(self, ticket: Ticket, user: int, topic: int) -> None:
        commands.set_topic(ticket.pk, topic=Topic.objects.get(pk=topic), actor=self.by(user), at=self.now)

    def do_tag(self, ticket: Ticket, user: int, name: str) -> None:
        commands.add_tag(ticket.pk, name=name, actor=self.by(user), at=self.now)

    def do_untag(self, ticket: Ticket, user: int, name: str) -> None:
        commands.remove_tag(ticket.pk, name=name, actor=self.by(user), at=self.now)

    def do_field(self, ticket: Ticket, user: int, key: str, value: Any) -> None:
        chosen = CustomField.objects.get(key=key)
        commands.set_attribute(ticket.pk, field=chosen, value=value, actor=self.by(user), at=self.now)

    def do_snooze(self, ticket: Ticket, user: int, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        commands.snooze(ticket.pk, until=until, actor=self.by(user), at=self.now)

    def do_wake(self, ticket: Ticket, user: int) -> None:
        commands.wake(ticket.pk, actor=self.by(user), at=self.now)

    def do_spam(self, ticket: Ticket, user: int) -> None:
        commands.mark_spam(ticket.pk, actor=self.by(user), at=self.now)

    def do_unspam(self, ticket: Ticket, user: int) -> None:
        commands.unmark_spam(ticket.pk, actor=self.by(user), at=self.now)

    def do_merge(self, ticket: Ticket, user: int, into: int) -> None:
        commands.merge(ticket.pk, into=self.tickets[into].pk, actor=self.by(user), at=self.now)

    def do_unmerge(self, ticket: Ticket, user: int) -> None:
        commands.unmerge(ticket.pk, actor=self.by(user), at=self.now)

    def do_available(self, user: int, available: bool) -> None:
        people_shifts.set_available(user, available=available, actor=self.by(user), at=self.now)

    @staticmethod
    def by(user: int | None) -> Actor:
        assert user is not None
        return Actor.user(User.objects.get(pk=user))


def outcome(ticket: Ticket) -> dict[str, Any]:
    """How a ticket is, in the words in which a replay tells."""
    row = Ticket.objects.get(pk=ticket.pk)
    tags = Tagging.objects.filter(ticket=ticket).values_list("tag__name", flat=True)
    need = Requirement.objects.filter(ticket=ticket).first()
    return {
        "team": row.team_id,
        "assignee": row.assignee_id,
        "status": row.status_id,
        "priority": row.priority,
        "topic": row.topic_id,
        "service": row.service_id,
        "tags": sorted(name.lower() for name in tags),
        "attributes": row.attributes,
        "snoozed_until": row.snoozed_until,
        "waiting_since": row.waiting_since,
        "resolved_at": row.resolved_at,
        "active_at": row.active_at,
        "touched_at": row.touched_at,
        "messages": row.message_count,
        "waits": Waiting.objects.filter(ticket=ticket).exists(),
        "needs": (sorted(need.skills), need.language) if need else ([], ""),
    }


def rules_on(rows: list[dict[str, Any]], actor: Actor) -> list[Rule]:
    """Rules as real ones, in force."""
    made = []
    for row in rows:
        rule = save_rule(None, name=row["name"], definition=row["definition"], actor=actor)
        made.append(switch_rule(rule.pk, is_enabled=True, actor=actor))
    return made
