from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models.contact import Contact


class Kind(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    TELEGRAM = "telegram", _("Telegram")
    VISITOR = "visitor", _("Chat visitor")
    ACCOUNT = "account", _("Portal account")
    EXTERNAL = "external", _("Identifier of your own system")


class Proof(models.TextChoices):
    """How it was proved that an identity is the contact's."""

    CODE = "code", _("a code sent there was typed in")
    LINK = "link", _("a signed link was followed")
    SIGNATURE = "signature", _("your site vouched for it with a signature")
    SENDER = "sender", _("mail from there was signed by its domain")
    CHANNEL = "channel", _("the messenger itself vouches for it")
    ACCOUNT = "account", _("they were signed in")
    SYSTEM = "system", _("your own system said so")
    AGENT = "agent", _("a colleague has checked it")
    IMPORT = "import", _("it was brought along from before")


class Identity(models.Model):
    """One way to reach, or recognise, a contact: a mail address, a Telegram account, a phone number.

    Belongs to one contact, and finds it. Verified: it was proved that it is theirs. What somebody merely
    says of themselves is a ``Claim`` and finds nobody.
    """

    Kind = Kind

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=16, choices=Kind)
    value = models.CharField(max_length=320, help_text="as people.identities.normalise() writes it")
    is_verified = models.BooleanField(default=False)
    proof = models.CharField(max_length=12, choices=Proof, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
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


class ClaimSource(models.TextChoices):
    """Where somebody said, or a system told, that an identity is theirs."""

    CHAT = "chat", pgettext_lazy("said where", "in a chat")
    FORM = "form", pgettext_lazy("said where", "in a form")
    TELEGRAM = "telegram", pgettext_lazy("said where", "in Telegram")
    EMAIL = "email", pgettext_lazy("said where", "in a mail")
    PORTAL = "portal", pgettext_lazy("said where", "in the portal")
    SYSTEM = "system", pgettext_lazy("said where", "by your own system")
    AGENT = "agent", pgettext_lazy("said where", "by a colleague")


class Claim(models.Model):
    """An identity that somebody says is theirs, or that was proved but belongs to another contact already.

    It finds nobody and opens nothing, however often it is made: it is only a reason to suggest that two
    contacts are one person.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="claims", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind)
    value = models.CharField(max_length=320)
    source = models.CharField(max_length=12, choices=ClaimSource)
    proof = models.CharField(max_length=12, choices=Proof, blank=True, help_text="empty: merely said")
    created_at = models.DateTimeField(help_text="when it was first said")
    proved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Also serves the claims of one contact.
            models.UniqueConstraint(fields=["contact", "kind", "value"], name="people_claim_once"),
        ]
        indexes = [
            # Suggestions: who else says so.
            models.Index(fields=["kind", "value"], name="people_claim_value"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} claims {self.value}"


class Distinct(models.Model):
    """Somebody has looked, and these two are not one person: it is not suggested again."""

    one = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(
        Contact, models.CASCADE, related_name="+", db_index=False, help_text="with the larger key"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Serves the suggestions of a contact, from one side.
            models.UniqueConstraint(fields=["one", "other"], name="people_distinct_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="people_distinct_order"
            ),
        ]
        indexes = [
            # The same, from the other side.
            models.Index(fields=["other"], name="people_distinct_other"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"
