from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.contact import Contact


class Identity(models.Model):
    """One way to reach, or recognise, a contact: a mail address, a Telegram account, a phone number."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        TELEGRAM = "telegram", _("Telegram")
        VISITOR = "visitor", _("Chat visitor")
        EXTERNAL = "external", _("Identifier of your own system")

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=16, choices=Kind)
    value = models.CharField(max_length=320, help_text="normalised: an address in lower case")
    is_verified = models.BooleanField(default=False)
    bounced_at = models.DateTimeField(
        null=True, blank=True, help_text="a hard bounce: mail does not get there"
    )
    bounce_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Serves resolve_contact(), and keeps two of the same from being made at once.
            models.UniqueConstraint(fields=["kind", "value"], name="people_identity_once"),
        ]
        indexes = [
            # type-ahead by any part of an address
            GinIndex(OpClass("value", name="gin_trgm_ops"), name="people_identity_value_trgm"),
        ]

    def __str__(self) -> str:
        return self.value
