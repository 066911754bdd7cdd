import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.crypto import EncryptedTextField
from tickets.models import Brand, Ticket


class Webhook(models.Model):
    """Another system that is told by HTTP when a rule says so."""

    name = models.CharField(max_length=120)
    url = models.URLField(max_length=1000)
    secret = EncryptedTextField(help_text="signs every request; shown once")
    brand = models.ForeignKey(
        Brand, models.PROTECT, null=True, blank=True, help_text="only tickets of this brand"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WebhookCall(models.Model):
    """One thing to tell a webhook, tried until it is taken or given up; every try is in ``tries``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        DONE = "done", _("Delivered")
        FAILED = "failed", _("Failed")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, blank=True, related_name="webhook_calls")
    entry_id = models.BigIntegerField(null=True, unique=True, help_text="what asked for it; none for a test")
    key = models.UUIDField(default=uuid.uuid4, unique=True, help_text="the same at every try")
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    tries = models.JSONField(default=list, help_text="[{at, status, code, detail, ms}], the last ones")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # sender.send_due(): what is due, or whose lease ran out, by webhook.
            models.Index(
                fields=["webhook", "not_before"],
                name="notifications_call_due",
                condition=Q(state__in=["waiting", "sending"]),
            ),
            # A webhook's page: its calls, newest first.
            models.Index(fields=["webhook", "-id"], name="notifications_call_list"),
            # forget_old(): what ended long ago.
            models.Index(
                fields=["ended_at"], name="notifications_call_old", condition=Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of {self.webhook_id}: {self.state}"

    @property
    def last_try(self) -> dict[str, object]:
        return self.tries[-1] if self.tries else {}
