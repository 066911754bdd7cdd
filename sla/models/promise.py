from django.db import models
from django.utils.translation import pgettext_lazy

from people.models import User
from tickets.models import Message, Ticket


class Promise(models.Model):
    """ "I will come back to you by 15:00." Its clock is derived like any other; ``state`` follows it."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("promise state", "Open")
        KEPT = "kept", pgettext_lazy("promise state", "Kept")
        BROKEN = "broken", pgettext_lazy("promise state", "Broken")
        WITHDRAWN = "withdrawn", pgettext_lazy("promise state", "Withdrawn")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="promises")
    user = models.ForeignKey(User, models.PROTECT, related_name="promises", db_index=False)
    due_at = models.DateTimeField()
    text = models.CharField(max_length=400, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"promise {self.pk} on #{self.ticket_id}: {self.state}"
