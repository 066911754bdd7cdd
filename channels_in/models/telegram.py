from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels_in.models.inbound import Inbound
from channels_in.models.inbox import Inbox
from common.crypto import EncryptedTextField
from people.models import Contact


class TelegramBot(models.Model):
    """What a Telegram inbox needs besides: its bot, and how its updates come to us."""

    class Mode(models.TextChoices):
        WEBHOOK = "webhook", _("Telegram calls us (webhook)")
        POLLING = "polling", _("We ask Telegram (long polling)")

    inbox = models.OneToOneField(Inbox, models.CASCADE, related_name="telegram")
    bot_id = models.BigIntegerField(help_text="the number before the colon of its token")
    username = models.CharField(max_length=64, blank=True, help_text="without @")
    token = EncryptedTextField()
    api_url = models.CharField(
        max_length=200, blank=True, help_text="one of TELEGRAM_API_URLS; empty: the first"
    )
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.POLLING)
    path_key = models.CharField(
        max_length=32, unique=True, help_text="names the bot in the webhook's address"
    )
    secret = EncryptedTextField(help_text="what Telegram must send along to the webhook")
    allow_groups = models.BooleanField(default=False)
    last_update_id = models.BigIntegerField(default=0, help_text="polling: stored up to here")

    class Meta:
        constraints = [
            # Two pollers of one bot take each other's updates away.
            models.UniqueConstraint(fields=["bot_id"], name="channels_in_bot_once"),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"


class TelegramFile(models.Model):
    """A file of an update on its way from Telegram to its message; the row goes when that has it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        FETCHED = "fetched", _("Fetched")
        FAILED = "failed", _("Failed")

    inbound = models.ForeignKey(Inbound, models.CASCADE, related_name="telegram_files", db_index=False)
    place = models.PositiveSmallIntegerField(help_text="which of the update's files")
    file_id = models.CharField(max_length=500)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    data = models.BinaryField(default=b"")
    problem = models.CharField(max_length=300, blank=True, help_text="why it could not be fetched, as a code")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbound", "place"], name="channels_in_telegram_file_once"),
        ]
        indexes = [
            # fetching.fetch_due(): what is due.
            models.Index(
                fields=["not_before"], name="channels_in_telegram_fetch", condition=Q(status="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} of {self.inbound_id}: {self.status}"


class TelegramCall(models.Model):
    """Something small the bot says by itself: an answer to a command or a button. Once or never."""

    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+", db_index=False)
    method = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # speaking.speak_due(): the oldest due.
            models.Index(fields=["not_before", "id"], name="channels_in_telegram_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.method} of {self.inbox_id}"


class TelegramLink(models.Model):
    """A deep link that we gave a customer we know: whoever starts the bot with it is that customer. Once."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.CharField(max_length=20, blank=True, help_text="Telegram's number of the person")

    def __str__(self) -> str:
        return f"{self.contact_id} until {self.expires_at:%F %T}"
