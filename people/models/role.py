from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from people.models.user import BUILT_IN_ACCESS, Access, Role

KINDS = [(kind.value, kind.label) for kind in Role if kind != Role.CUSTOMER]


class StaffRole(models.Model):
    """A role of the staff: one of the four that are built in, or one of the company's own.

    ``kind`` is what code asks for; ``people.access`` says what it means. Whoever has a role carries what it
    permits, and how far it reaches, in columns of their account (``people.placing``).
    """

    key = models.CharField(
        max_length=16, unique=True, null=True, blank=True, choices=KINDS, help_text="of the built-in ones"
    )
    kind = models.CharField(max_length=16, choices=KINDS)
    name = models.CharField(max_length=60, blank=True, help_text="empty for the built-in ones")
    permissions = models.JSONField(
        null=True, blank=True, help_text="null: what its kind comes with, in whichever version this is"
    )
    access = models.CharField(max_length=8, choices=Access)
    brand_ids = models.JSONField(default=list, blank=True, help_text="where the access is to certain brands")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="people_role_name_ci", condition=~Q(name="")),
            models.CheckConstraint(
                condition=Q(key__isnull=True, permissions__isnull=False) & ~Q(name="")
                | Q(key__isnull=False, key=models.F("kind"), name=""),
                name="people_role_built_in_or_own",
            ),
            models.CheckConstraint(
                condition=Q(key__isnull=False) | ~Q(kind=Role.ADMINISTRATOR.value),
                name="people_role_one_administrator",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())

    @property
    def is_built_in(self) -> bool:
        return self.key is not None

    @property
    def is_changed(self) -> bool:
        """A built-in one that is not as it came."""
        came_with = BUILT_IN_ACCESS[Role(self.kind)]
        return self.is_built_in and (self.permissions is not None or self.access != came_with)

    @property
    def code(self) -> str:
        """What forms call it: its kind if it is built in, else its number."""
        return self.key or str(self.pk)

    @property
    def description(self) -> str:
        """A sentence about the kind."""
        return str(_SENTENCES[Role(self.kind)])


_SENTENCES = {
    Role.ADMINISTRATOR: _("May everything, and sees every ticket. Cannot be changed."),
    Role.MANAGER: _("Looks after how work is shared; hears when nobody is there to take a ticket."),
    Role.AGENT: _("Answers customers, and looks after tickets that are in no team yet."),
    Role.EXPERT: _("Is called in for help with a ticket, and offered first when somebody asks."),
}
