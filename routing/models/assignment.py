"""The state of assignment: it is all here, none of it in a process."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Strategy, Team, User
from tickets.models import Ticket


class Rotation(models.Model):
    """Whose turn it was in a team. Turns are numbered, so that two of one instant have an order too."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="rotation", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    turn = models.BigIntegerField(help_text="1, 2, 3 … within the team")
    count = models.PositiveIntegerField(help_text="how many turns they have had")
    last_assigned_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Serves the candidates of a team, and the upsert of a turn.
            models.UniqueConstraint(fields=["team", "user"], name="routing_rotation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}: turn {self.turn}"


class Requirement(models.Model):
    """Skills and language that a rule asked for, remembered for when the ticket changes hands again."""

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="requirement")
    skills = models.JSONField(default=list, help_text="ids; all of them are needed")
    language = models.CharField(max_length=8, blank=True)

    def __str__(self) -> str:
        return f"#{self.ticket_id} needs {self.skills} {self.language}"


class Waiting(models.Model):
    """A ticket that nobody could take yet. By priority, then by who has waited longest."""

    class Reason(models.TextChoices):
        NOBODY = "nobody", _("The team has nobody who could answer")
        AWAY = "away", _("Nobody of the team is at work and available")
        SKILLS = "skills", _("Nobody at work has the skills or the language")
        FULL = "full", _("Everybody at work is at capacity")
        LINE = "line", _("Others have waited longer")

    ticket = models.OneToOneField(Ticket, models.CASCADE, primary_key=True, related_name="waiting")
    team = models.ForeignKey(Team, models.CASCADE, related_name="waiting")
    strategy = models.CharField(max_length=12, choices=Strategy, blank=True, help_text="empty: the team's")
    since = models.DateTimeField()
    reason = models.CharField(max_length=8, choices=Reason)

    class Meta:
        ordering = ["since", "ticket"]

    def __str__(self) -> str:
        return f"#{self.ticket_id} waits since {self.since}: {self.reason}"


class LeadAlert(models.Model):
    """When a team's leads were last told that nobody is available."""

    team = models.OneToOneField(Team, models.CASCADE, primary_key=True, related_name="+")
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.team_id} told at {self.told_at}"


class ShiftEnd(models.Model):
    """One end of one person's shift, and what became of their tickets: dealt with once.

    Who deals with it holds a lease; if they die, another one goes on where they were. ``outcomes`` are
    [ticket, team, what, to whom], in the same transaction as each ticket's move.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="shift_ends", db_index=False)
    ended_at = models.DateTimeField()
    claimed_until = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcomes = models.JSONField(default=list)

    class Meta:
        constraints = [
            # Two schedulers at once make one row; also serves those of a person in the last days.
            models.UniqueConstraint(fields=["user", "ended_at"], name="routing_shift_end_once"),
        ]
        indexes = [
            # watch_shifts(): what a worker that died has left.
            models.Index(fields=["claimed_until"], name="routing_shift_end_left", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} left at {self.ended_at}"
