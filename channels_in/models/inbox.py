from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from common.crypto import EncryptedTextField
from people.models import Team
from tickets.models import Brand


class Inbox(models.Model):
    """One connected account of a channel: an address with its servers, a bot, a widget, a brand's forms.

    What mail needs stands here; what another kind needs in a model of its own, one row an inbox.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        FORM = "form", _("Web form")
        CHAT = "chat", _("Chat")
        TELEGRAM = "telegram", _("Telegram")

    class Fetch(models.TextChoices):
        LISTENER = "listener", _("Delivered to us by SMTP or LMTP, or through a pipe")
        IMAP = "imap", _("Fetched from an IMAP mailbox")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None (loopback only)")

    class Sign(models.TextChoices):
        PASSWORD = "password", _("Password")
        OAUTH2 = "oauth2", _("OAuth 2.0")
        NONE = "none", _("None")

    class AfterStoring(models.TextChoices):
        SEEN = "seen", _("Mark as read")
        MOVE = "move", _("Move to a folder")
        DELETE = "delete", _("Delete")

    kind = models.CharField(max_length=16, choices=Kind, default=Kind.EMAIL)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="inboxes")
    name = models.CharField(max_length=120)
    address = models.EmailField(blank=True, help_text="for mail: what customers write to, and our From")
    aliases = models.JSONField(default=list, blank=True, help_text="further addresses, lower case")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="inboxes")
    is_active = models.BooleanField(default=True)
    acknowledge = models.BooleanField(default=True, help_text="answer each new ticket with its number")
    plus_addresses = models.BooleanField(
        default=False, help_text="the domain delivers name+anything@: put the signed key into Reply-To"
    )
    authserv_ids = models.JSONField(
        default=list, blank=True, help_text="whose Authentication-Results we believe: our own relay's name"
    )
    quote_history = models.BooleanField(default=False, help_text="append the conversation to our replies")

    fetch = models.CharField(max_length=16, choices=Fetch, default=Fetch.LISTENER)
    imap_host = models.CharField(max_length=255, blank=True)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=8, choices=Security, default=Security.TLS)
    imap_user = models.CharField(max_length=320, blank=True)
    imap_password = EncryptedTextField(blank=True)
    imap_folder = models.CharField(max_length=255, default="INBOX")
    imap_after = models.CharField(max_length=8, choices=AfterStoring, default=AfterStoring.SEEN)
    imap_move_to = models.CharField(max_length=255, blank=True)

    smtp_host = models.CharField(max_length=255, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=8, choices=Security, default=Security.STARTTLS)
    smtp_user = models.CharField(max_length=320, blank=True)
    smtp_password = EncryptedTextField(blank=True)

    sign = models.CharField(max_length=8, choices=Sign, default=Sign.PASSWORD)
    oauth_client_id = models.CharField(max_length=255, blank=True)
    oauth_client_secret = EncryptedTextField(blank=True)
    oauth_refresh_token = EncryptedTextField(blank=True)
    oauth_token_url = models.URLField(blank=True)
    oauth_scope = models.CharField(max_length=500, blank=True)
    oauth_access_token = EncryptedTextField(blank=True)
    oauth_expires_at = models.DateTimeField(null=True, blank=True)

    # What the fetcher remembers.
    imap_uidvalidity = models.BigIntegerField(null=True, blank=True)
    imap_last_uid = models.BigIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="the mailbox last answered")
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "inboxes"
        constraints = [
            models.UniqueConstraint(
                Lower("address"), name="channels_in_inbox_address", condition=Q(kind="email", is_active=True)
            ),
            models.CheckConstraint(
                condition=~Q(kind="email") | ~Q(address=""), name="channels_in_mail_has_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.address else self.name

    @property
    def all_addresses(self) -> list[str]:
        return [one.lower() for one in (self.address, *self.aliases) if one]
