from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels_in.models.inbox import Inbox
from tickets import undelivered
from tickets.models import Message


class Outbound(models.Model):
    """A message on its way out, by any channel: claimed by a lease, sent, in a visible state."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        FAILED = "failed", _("Failed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    message = models.OneToOneField(Message, models.CASCADE, related_name="outbound")
    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="outbound", db_index=False)
    external_id = models.CharField(
        max_length=255,
        unique=True,
        help_text="for mail: our signed Message-ID, without <>",
    )
    recipients = models.JSONField(
        default=list, help_text="mail addresses, or a conversation, still to be served"
    )
    taken = models.JSONField(
        default=list, blank=True, help_text="what a messenger calls the parts it has: they never leave again"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(
        null=True, blank=True, help_text="the data was on its way to the server: after a crash, maybe sent"
    )
    maybe_twice = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    server_words = models.TextField(blank=True, help_text="what the server said last")
    status_code = models.CharField(max_length=16, blank=True, help_text="e.g. 5.1.1")
    bounce = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # sweep_outbound(): what is due, or whose lease ran out.
            models.Index(
                fields=["not_before"],
                name="channels_in_outbound_due",
                condition=Q(status__in=["waiting", "sending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.status}"

    @property
    def reason(self) -> str:
        """What was said last, a reason of our own in the reader's language."""
        return undelivered.reason(self.status_code, self.server_words)

    @property
    def server_code(self) -> str:
        """The code that a server gave; none for a reason of our own, whose words say it all."""
        return "" if undelivered.is_ours(self.status_code) else self.status_code
