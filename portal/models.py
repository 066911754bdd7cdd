"""What the portal remembers: who is signed in, and the codes that were sent for it."""

from django.db import models
from django.db.models import Q

from common.crypto import EncryptedTextField
from people.models import Contact
from tickets.models import Brand


class PortalSession(models.Model):
    """Somebody signed in at a brand's portal, in one browser. Never a session of the desk."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="portal_sessions")
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", db_index=False)
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of what the cookie holds")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="to the hour or so")
    revoked_at = models.DateTimeField(null=True, blank=True)
    browser = models.CharField(max_length=200, blank=True, help_text="how it calls itself")

    class Meta:
        indexes = [
            # forget_old()
            models.Index(fields=["expires_at"], name="portal_session_age"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} at {self.brand_id}"


class SignInCode(models.Model):
    """A code on its way to an address, known or not. Only its hash stays once the mail has left.

    The rows are also what the limits count: by address and by client.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        WITHHELD = "withheld"  # an address we never write to: the page says the same
        FAILED = "failed"

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", db_index=False)
    address = models.CharField(max_length=320, help_text="lower case")
    client = models.CharField(max_length=64, help_text="IP address")
    language = models.CharField(max_length=8)
    handle_hash = models.CharField(max_length=64, unique=True, help_text="of the browser that asked")
    code_hash = models.CharField(max_length=64)
    code = EncryptedTextField(blank=True, help_text="until the mail has left")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="wrong ones")
    used_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # How many were sent to an address of late.
            models.Index(fields=["address", "created_at"], name="portal_code_address"),
            # How many a client asked for of late.
            models.Index(fields=["client", "created_at"], name="portal_code_client"),
            # send_codes(): what waits.
            models.Index(fields=["created_at"], name="portal_code_waiting", condition=Q(state="waiting")),
            # forget_old()
            models.Index(fields=["expires_at"], name="portal_code_age"),
        ]

    def __str__(self) -> str:
        return f"code for {self.address}: {self.state}"
