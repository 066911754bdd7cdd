from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from common.lookups import folded
from people.models.organization import Organization
from people.querysets import ContactQuerySet


class Contact(models.Model):
    """A customer, one person across all channels. How to reach them is in their identities.

    Two that are one person are merged: ``merged_into`` says into whom, ``survivor`` where the chain of such
    links ends. Nothing else moves: a ticket, a message or an identity stays with the row it came with, and
    whoever shows it asks for the ``person``. So undoing a merge leaves everything, what came meanwhile
    included, with whom it would be without it.
    """

    name = models.CharField(max_length=200, blank=True)
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="contacts", db_index=False
    )
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )
    survivor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="where merged_into leads in the end; kept by the verbs of merging",
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    filled = models.JSONField(
        default=dict, blank=True, help_text="what it took from those merged into it: people.filling"
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None, survivor=None)
                | Q(merged_into__isnull=False, survivor__isnull=False),
                name="people_contact_survivor_known",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="people_contact_not_into_itself"),
            models.CheckConstraint(condition=~Q(survivor=F("id")), name="people_contact_not_own_survivor"),
        ]
        indexes = [
            # people.finding: by any part of the name, and by what is spelt nearly so
            GinIndex(OpClass(folded("name"), name="gin_trgm_ops"), name="people_contact_name_folded"),
            # family(): who was merged into somebody, directly or not.
            models.Index(
                fields=["survivor"], name="people_contact_survivor", condition=Q(survivor__isnull=False)
            ),
            # unmerge(): what hangs on a link that is cut.
            models.Index(
                fields=["merged_into"], name="people_contact_merged", condition=Q(merged_into__isnull=False)
            ),
            # The list of contacts and its keyset pages.
            models.Index(Lower("name"), F("id"), name="people_contact_listed", condition=Q(survivor=None)),
            # The page of an organisation, and suggestions: the same name in the same organisation.
            models.Index(F("organization"), Lower("name"), F("id"), name="people_contact_colleagues"),
        ]

    def __str__(self) -> str:
        return self.name or self.address or "—"

    @property
    def address(self) -> str:
        """The main e-mail address; reads a prefetched ``identities`` without a query."""
        mails = [identity for identity in self.identities.all() if identity.kind == "email"]
        mails.sort(key=lambda identity: (identity.bounced_at is not None, identity.pk))
        return mails[0].value if mails else ""

    @property
    def any_address(self) -> str:
        """A mail address that reaches the person: this row's own, else another one's that works."""
        if own := self.address:
            return own
        identities = self._meta.get_field("identities").related_model._default_manager  # type: ignore[union-attr]
        family = Contact.objects.family(self.pk)
        mails = identities.filter(contact__in=family, kind="email", bounced_at=None)
        return str(mails.order_by("pk").values_list("value", flat=True).first() or "")

    @property
    def person(self) -> "Contact":
        """Who this is: the survivor of its merges, else the contact itself."""
        return self.survivor or self

    @property
    def person_id(self) -> int:
        return self.survivor_id or self.pk
