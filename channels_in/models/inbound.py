from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels_in.models.inbox import Inbox
from tickets.models import Message, Ticket


class Inbound(models.Model):
    """A raw message as it reached us, whatever the channel, stored before anything is done with it.

    received = done + duplicate + discarded + quarantined + pending: the equation of the health page.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DONE = "done", _("In a ticket")
        QUARANTINED = "quarantined", _("In quarantine")
        DISCARDED = "discarded", _("Discarded")
        DUPLICATE = "duplicate", _("Duplicate")  # the same mail through a second inbox of the brand

    class Via(models.TextChoices):
        SMTP = "smtp", "SMTP"
        LMTP = "lmtp", "LMTP"
        IMAP = "imap", "IMAP"
        PIPE = "pipe", _("Pipe")
        WEB = "web", _("Web")
        SOCKET = "socket", _("Live connection")
        WEBHOOK = "webhook", _("Webhook")
        POLL = "poll", _("Polling")

    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="inbound", db_index=False)
    external_id = models.CharField(
        max_length=500,
        help_text="for mail: Message-ID, or empty; else what its channel calls it",
    )
    content_hash = models.CharField(
        max_length=64,
        blank=True,
        help_text="for mail: SHA-256 of the body, since devices reuse Message-IDs",
    )
    raw = models.BinaryField()
    size = models.PositiveIntegerField(help_text="bytes")
    via = models.CharField(max_length=8, choices=Via)
    envelope_from = models.CharField(
        max_length=320, blank=True, help_text="for mail: its envelope; for a messenger: the conversation"
    )
    envelope_to = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    cause = models.CharField(max_length=40, blank=True, help_text="why it is in quarantine, as a code")
    detail = models.TextField(blank=True)
    trace = models.JSONField(default=list, blank=True, help_text="each decision: why it landed where it did")
    verdict = models.JSONField(
        default=dict, blank=True, help_text="what is known about the sender: SPF, DKIM, DMARC, …"
    )
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="inbound")
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # The same mail delivered twice to an inbox is one row.
            models.UniqueConstraint(
                fields=["inbox", "external_id", "content_hash"], name="channels_in_inbound_once"
            ),
        ]
        indexes = [
            # The intake: the oldest one waiting.
            models.Index(
                fields=["inbox", "id"], name="channels_in_inbound_pending", condition=Q(status="pending")
            ),
            # The quarantine page.
            models.Index(fields=["-id"], name="channels_in_quarantined", condition=Q(status="quarantined")),
            # One mail to two inboxes of a brand.
            models.Index(fields=["content_hash"], name="channels_in_inbound_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id or self.pk} → {self.inbox_id}: {self.status}"
