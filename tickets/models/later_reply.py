from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User
from tickets.models.message import Message
from tickets.models.status import Status
from tickets.models.ticket import Ticket


class LaterReply(models.Model):
    """A reply that is written and leaves at a time. Until then it is no message: nobody outside knows of it,
    no clock and no figure sees it. Verbs: tickets.commands.later; what sends it: channels_in.later."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        TAKEN_BACK = "taken_back", _("Taken back")
        OVERTAKEN = "overtaken", _("Kept back: the customer has written")
        REFUSED = "refused", _("Kept back: it could not be sent")
        DROPPED = "dropped", _("Thrown away")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="later_replies", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="later_replies")
    text = models.TextField()
    html = models.TextField(blank=True)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    way = models.CharField(max_length=24, blank=True, help_text="by which it is to go: channels_in.ways")
    attachments = models.JSONField(default=list, blank=True, help_text="keys of uploaded attachments")
    status = models.ForeignKey(Status, models.SET_NULL, null=True, blank=True, related_name="+")
    actions = models.JSONField(default=list, blank=True, help_text="of macros, to be done with the message")
    due_at = models.DateTimeField()
    unless_written = models.BooleanField(default=True, help_text="kept back if the customer writes before")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=400, blank=True, help_text="why it was refused")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")

    OPEN = (State.WAITING, State.OVERTAKEN, State.REFUSED)  # its author has not done with it

    class Meta:
        indexes = [
            # channels_in.later.send_due()
            models.Index(fields=["due_at"], name="tickets_later_due", condition=Q(state="waiting")),
            # the ticket's page
            models.Index(
                fields=["ticket"],
                name="tickets_later_open",
                condition=Q(state__in=["waiting", "overtaken", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} reply on #{self.ticket_id} for {self.due_at:%Y-%m-%d %H:%M}"
