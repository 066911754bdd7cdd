from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import User
from tickets.models.brand import Brand


class ProblemKind(models.TextChoices):
    """Why people ask."""

    BUG = "bug", _("Bug")
    MISSING = "missing", _("Missing feature")
    UNCLEAR = "unclear", _("Unclear feature")
    HIDDEN = "hidden", _("Hidden feature")


class Stage(models.TextChoices):
    """How far its solution is, in this order; the last two are the ends."""

    FOUND = "found", pgettext_lazy("problem", "Found")
    CONFIRMED = "confirmed", pgettext_lazy("problem", "Confirmed")
    IN_WORK = "in_work", pgettext_lazy("problem", "In work")
    FIXED = "fixed", pgettext_lazy("problem", "Fixed")
    WONT_FIX = "wont_fix", pgettext_lazy("problem", "Will not be fixed")


OPEN_STAGES = (Stage.FOUND, Stage.CONFIRMED, Stage.IN_WORK)
ENDS = (Stage.FIXED, Stage.WONT_FIX)


class Problem(models.Model):
    """One cause of many tickets. Only ``tickets.commands.problems`` writes here.

    Everybody at the desk reads it, whichever tickets they may see; a ticket names its problem, so that lists
    and counts are one index away.
    """

    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="HTML of our editor, sanitised; for colleagues only")
    plain = models.TextField(blank=True, help_text="the description as text, for search")
    kind = models.CharField(max_length=12, choices=ProblemKind, default=ProblemKind.BUG)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.FOUND)
    reached = models.JSONField(default=dict, help_text="stage: when it was reached (ISO 8601), of those gone")
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="problems")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="problems")
    tracker_url = models.URLField(max_length=500, blank=True)
    tracker_title = models.CharField(max_length=200, blank=True)
    tracker_state = models.CharField(max_length=60, blank=True, help_text="as the tracker calls it")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="last change of its own; linking tickets is none")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="tickets_problem_stage_known"),
            models.CheckConstraint(
                condition=Q(kind__in=ProblemKind.values), name="tickets_problem_kind_known"
            ),
        ]
        indexes = [
            # The list of problems and its keyset pages.
            models.Index(F("changed_at").desc(), F("id").desc(), name="tickets_problem_changed"),
            # The same of those that are not solved, and what a ticket can be linked to.
            models.Index(
                F("changed_at").desc(),
                F("id").desc(),
                name="tickets_problem_open",
                condition=Q(stage__in=[stage.value for stage in OPEN_STAGES]),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.stage in ENDS
