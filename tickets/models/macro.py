from django.db import models
from django.db.models import Q

from people.models import Team, User
from tickets.models.brand import Brand


class Macro(models.Model):
    """A ready text with variables, and what it does with the ticket. Its owner's, a team's, or else all's."""

    name = models.CharField(max_length=120)
    folder = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="macros")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="macros")
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="macros")
    texts = models.JSONField(default=dict, blank=True, help_text="HTML by language: tickets.macros.variables")
    actions = models.JSONField(default=list, blank=True, help_text="see tickets.macros.actions")
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="tickets_macro_owner_or_team")
        ]

    def __str__(self) -> str:
        return self.name

    def text_in(self, *languages: str) -> str:
        """The HTML in the first of ``languages`` there is one in, else in English, else in any."""
        for language in [*languages, "en"]:
            if text := self.texts.get(language.split("-")[0]):
                return str(text)
        return str(next(iter(self.texts.values()), ""))


class MacroUse(models.Model):
    """How often and how lately somebody has sent a macro: one row for both, changed with each message."""

    macro = models.ForeignKey(Macro, models.CASCADE, related_name="uses")
    # The constraint's index begins with it, and serves the composer's list.
    user = models.ForeignKey(User, models.CASCADE, related_name="macro_uses", db_index=False)
    count = models.PositiveIntegerField(default=0)
    score = models.FloatField(default=0, help_text="as of last_at, halved each fortnight: macros.finding")
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "macro"], name="tickets_macro_use_once")]

    def __str__(self) -> str:
        return f"{self.macro_id} by {self.user_id}: {self.count}"
