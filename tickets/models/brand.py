from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.labels import Labelled, in_language


class Brand(models.Model):
    """What the customer knows us as. Tickets, inboxes and texts of two brands never mix."""

    class Sees(models.TextChoices):
        """Whose requests somebody finds in the portal besides their own."""

        OWN = "own", _("Nobody else's")
        DOMAIN = "domain", _("Their organisation's, if their proved address is in one of its domains")
        ORGANIZATION = "organization", _("Their organisation's")

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    colour = models.CharField(max_length=7, default="#2f6fde")
    signature = models.TextField(blank=True, help_text="after the agent's own")
    is_active = models.BooleanField(default=True)
    logo_path = models.CharField(max_length=100, blank=True, help_text="under MEDIA_ROOT; its hash is in it")
    logo_type = models.CharField(max_length=40, blank=True, help_text="image/png, say")
    portal_is_on = models.BooleanField(default=False)
    portal_host = models.CharField(max_length=200, blank=True, help_text="of its own, lower case, no port")
    portal_languages = models.JSONField(default=list, blank=True, help_text="empty: all there are")
    portal_welcome = models.JSONField(default=dict, blank=True, help_text="by language")
    portal_sees = models.CharField(max_length=16, choices=Sees, default=Sees.OWN)
    portal_tells_times = models.BooleanField(
        default=True, help_text="when an answer and a solution are expected"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            # Serves the host of a request: one brand's, or none's.
            models.UniqueConstraint(
                fields=["portal_host"], name="tickets_brand_host", condition=~Q(portal_host="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def languages(self) -> list[str]:
        """What its portal is offered in; its own language always among them."""
        offered = self.portal_languages or [code for code, _name in settings.LANGUAGES]
        return [code for code, _name in settings.LANGUAGES if code in offered or code == self.language]

    @property
    def welcome(self) -> str:
        return in_language(self.portal_welcome)


class Topic(Labelled):
    """What a ticket is about: the first thing routing and reports ask."""

    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="topics")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]


class Service(Labelled):
    """What a customer can ask for in the catalogue."""

    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="services")
    position = models.PositiveSmallIntegerField(default=0)
    descriptions = models.JSONField(default=dict, blank=True, help_text="by language, a sentence or two")
    icon = models.CharField(max_length=40, default="help-circle", help_text="of static/icons.txt")
    keywords = models.CharField(max_length=400, blank=True, help_text="further words it is found by")
    is_public = models.BooleanField(default=True, help_text="in the portal's catalogue")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    @property
    def description(self) -> str:
        return in_language(self.descriptions)
