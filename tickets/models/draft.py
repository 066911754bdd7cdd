from django.db import models

from people.models import User
from tickets.models.ticket import Ticket


class Draft(models.Model):
    """What an agent has typed and not sent. One a ticket, agent and kind; survives browser and session."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=8, default="reply")
    html = models.TextField(blank=True)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    way = models.CharField(max_length=24, blank=True, help_text="by which it is to go: channels_in.ways")
    attachments = models.JSONField(default=list, blank=True, help_text="keys of uploaded attachments")
    actions = models.JSONField(default=list, blank=True, help_text="of macros, to be done with the message")
    based_on = models.BigIntegerField(null=True, blank=True)
    window = models.CharField(
        max_length=36,
        blank=True,
        help_text="which of the author's windows wrote it last; empty: our own doing",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user", "kind"], name="tickets_draft_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id} on #{self.ticket_id}"
