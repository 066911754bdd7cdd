"""Forms: what a service asks, and where a brand's forms may stand besides its portal."""

from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels_in.models.inbound import Inbound
from channels_in.models.inbox import Inbox
from common.labels import Labelled
from people.models import Team
from tickets.models import CustomField, Service

KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_form_key() -> str:
    return get_random_string(14, KEY_ALPHABET)


class WebForm(models.Model):
    """The forms of one brand: an inbox of kind ``form``, for its portal, and other sites where allowed."""

    class Challenge(models.TextChoices):
        AUTO = "auto", _("When traffic looks suspicious")
        ALWAYS = "always", _("Always")

    inbox = models.OneToOneField(Inbox, models.CASCADE, related_name="web_form")
    key = models.CharField(
        max_length=20, unique=True, default=new_form_key, help_text="in addresses; no secret"
    )
    sites = models.JSONField(
        default=list, blank=True, help_text="origins that may embed the form and be returned to: https://…"
    )
    embeds = models.BooleanField(default=False, help_text="may stand on those sites in a frame")
    plain_posts = models.BooleanField(default=False, help_text="takes posts of plain HTML forms")
    challenge = models.CharField(max_length=8, choices=Challenge, default=Challenge.AUTO)

    def __str__(self) -> str:
        return f"form {self.key}"


class ServiceForm(models.Model):
    """What a service's form has besides its questions."""

    service = models.OneToOneField(Service, models.CASCADE, related_name="form")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    intro = models.JSONField(default=dict, blank=True, help_text="above the questions, by language")
    thanks = models.JSONField(default=dict, blank=True, help_text="what happens next, by language")

    def __str__(self) -> str:
        return f"form of service {self.service_id}"


class FormField(Labelled):
    """One question of a service's form. Answers carry its words with them, so it can change or go.

    Its key and kind never change: rules and other sites' plain forms hang on them.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        NUMBER = "number", pgettext_lazy("kind of field", "Number")
        DATE = "date", _("Date")
        FILE = "file", _("Files")
        CONSENT = "consent", _("Consent")
        EMAIL = "email", _("E-mail address")
        PHONE = "phone", _("Phone number")

    class Fills(models.TextChoices):
        NOTHING = "", _("Nothing else")
        SUBJECT = "subject", _("Subject of the ticket")
        DETAILS = "details", _("Text of the message")
        TOPIC = "topic", _("Topic")
        TAG = "tag", _("Tags")
        FIELD = "field", _("A ticket field")

    service = models.ForeignKey(Service, models.CASCADE, related_name="form_fields", db_index=False)
    key = models.SlugField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind)
    help = models.JSONField(default=dict, blank=True, help_text="under the question, by language")
    required = models.BooleanField(default=False)
    choices = models.JSONField(default=list, blank=True, help_text='[{"value", "labels": {"en", "ru"}}]')
    limits = models.JSONField(
        default=dict, blank=True, help_text="see channels_in.kinds.web_form.fields.Limits"
    )
    shown_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="shows", help_text="an earlier field"
    )
    shown_values = models.JSONField(
        default=list, blank=True, help_text="of that field; empty: where it is filled in"
    )
    fills = models.CharField(max_length=8, choices=Fills, default=Fills.NOTHING, blank=True)
    custom_field = models.ForeignKey(
        CustomField, models.SET_NULL, null=True, blank=True, related_name="form_fields"
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            # Serves the form of a service, too.
            models.UniqueConstraint(fields=["service", "key"], name="channels_in_form_field_once"),
            models.CheckConstraint(condition=~Q(key=""), name="channels_in_form_field_has_key"),
        ]


class FormConfirmation(models.Model):
    """A mail that asks whether somebody has really sent a form, which waits until they follow its link."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        WITHHELD = "withheld"  # the address has had its share of automatic mail, or is never written to
        FAILED = "failed"

    inbound = models.OneToOneField(Inbound, models.CASCADE, related_name="confirmation")
    address = models.CharField(max_length=320)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # send_due(): what waits.
            models.Index(
                fields=["created_at"], name="channels_in_confirm_waiting", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.state}"
