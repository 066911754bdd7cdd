from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower

from people.models.organization import Organization


class Contact(models.Model):
    """A customer, one person across all channels. How to reach them is in their identities."""

    name = models.CharField(max_length=200, blank=True)
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # type-ahead by any part of the name
            GinIndex(OpClass(Lower("name"), name="gin_trgm_ops"), name="people_contact_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name or self.address or "—"

    @property
    def address(self) -> str:
        """The main e-mail address; reads a prefetched ``identities`` without a query."""
        mails = [identity for identity in self.identities.all() if identity.kind == "email"]
        mails.sort(key=lambda identity: (identity.bounced_at is not None, identity.pk))
        return mails[0].value if mails else ""
