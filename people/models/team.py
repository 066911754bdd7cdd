from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from calendars.models import Calendar
from people.models.user import User


class Strategy(models.TextChoices):
    """Who of those who can gets the next ticket."""

    ROUND_ROBIN = "round_robin", _("In turn")
    LEAST_LOADED = "least_loaded", _("Who has the fewest open tickets")
    WEIGHTED = "weighted", _("Who has the most room, by capacity")
    NONE = "none", _("Nobody: agents take tickets themselves")


class AtShiftEnd(models.TextChoices):
    """What becomes of somebody's open tickets when their shift ends."""

    KEEP = "keep", _("They keep them")
    QUEUE = "queue", _("They return to the queue")
    HAND_OVER = "hand_over", _("They go to whoever is on shift")


class OnReopen(models.TextChoices):
    """Whose a ticket is that comes back."""

    KEEP = "keep", _("Always its assignee's")
    IF_AVAILABLE = "if_available", _("Its assignee's, if they are at work")
    QUEUE = "queue", _("Whoever is next")


class Team(models.Model):
    """A group of agents with a queue of its own, and how its tickets find their people."""

    name = models.CharField(max_length=120, unique=True)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="teams", help_text="null: the default"
    )
    line = models.PositiveSmallIntegerField(default=1, help_text="1: hears customers first; 2, 3: experts")
    escalates_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="escalated_from"
    )
    strategy = models.CharField(max_length=12, choices=Strategy, default=Strategy.LEAST_LOADED)
    shift_end = models.CharField(max_length=12, choices=AtShiftEnd, default=AtShiftEnd.KEEP)
    hands_over_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="takes_over_from",
        help_text="whose people take over when none of this team's are on shift",
    )
    on_reopen = models.CharField(max_length=12, choices=OnReopen, default=OnReopen.IF_AVAILABLE)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(line__gte=1, line__lte=3), name="people_team_line_known"),
            models.CheckConstraint(condition=~Q(escalates_to=F("id")), name="people_team_not_above"),
            models.CheckConstraint(condition=~Q(hands_over_to=F("id")), name="people_team_not_successor"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="people_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
