from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.lookups import folded
from people.querysets import OrganizationQuerySet


class Tier(models.TextChoices):
    STANDARD = "standard", _("Standard")
    SILVER = "silver", _("Silver")
    GOLD = "gold", _("Gold")


class Organization(models.Model):
    """A customer company. A contact whose address is in one of its domains joins it by itself."""

    name = models.CharField(max_length=200)
    domains = models.JSONField(default=list, blank=True, help_text="lower case, without @")
    tier = models.CharField(max_length=16, choices=Tier, default=Tier.STANDARD)
    attributes = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [
            # organisation_of(): by the domain of an address.
            GinIndex(fields=["domains"], name="people_org_domains"),
            # people.finding: by any part of the name, and by what is spelt nearly so
            GinIndex(OpClass(folded("name"), name="gin_trgm_ops"), name="people_org_name_folded"),
        ]

    def __str__(self) -> str:
        return self.name
