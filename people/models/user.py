from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from people.models.skill import Skill


class Role(models.TextChoices):
    """The kinds of role; what each means, and what it may as it comes, is in ``people.access``."""

    ADMINISTRATOR = "administrator", _("Administrator")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Agent")
    EXPERT = "expert", _("Expert")
    CUSTOMER = "customer", _("Customer")


class Access(models.TextChoices):
    """Which tickets of those that exist somebody may see."""

    OWN = "own", _("Only their own tickets")
    TEAMS = "teams", _("Own teams' tickets")
    BRANDS = "brands", _("Certain brands' tickets")
    ALL = "all", _("All tickets")


# The reach of the built-in roles, as they come.
BUILT_IN_ACCESS = {
    Role.ADMINISTRATOR: Access.ALL,
    Role.MANAGER: Access.ALL,
    Role.AGENT: Access.TEAMS,
    Role.EXPERT: Access.TEAMS,
    Role.CUSTOMER: Access.OWN,
}


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Without ``access`` as far as the role's kind sees as it comes."""
        fields.setdefault("access", BUILT_IN_ACCESS[Role(fields.get("role", Role.AGENT))])
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(
            email, password, role=Role.ADMINISTRATOR, access=Access.ALL, is_superuser=True, **fields
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def staff(self) -> models.QuerySet["User"]:
        """Whoever works at the desk and has not left."""
        return self.filter(is_active=True).exclude(role=Role.CUSTOMER)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Staff work at the desk; a customer's account leads to their contact."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    # What may be done and seen is the role's, kept beside the account: it is asked for on every page and in
    # every nudge, and of many people at once. ``people.commands`` keep both the same, under one lock.
    role = models.CharField(
        max_length=16, choices=Role, default=Role.AGENT, help_text="the kind of the role, kept beside it"
    )
    custom_role = models.ForeignKey(
        "people.StaffRole",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        help_text="null: the built-in one of the kind",
    )
    permissions = models.JSONField(
        null=True, blank=True, help_text="the role's, kept beside it; null: what its kind comes with"
    )
    access = models.CharField(max_length=8, choices=Access, default=Access.TEAMS)
    brand_ids = models.JSONField(default=list, blank=True, help_text="where the access is to certain brands")
    access_is_own = models.BooleanField(
        default=False, help_text="access was set for this person, and the role's does not change it"
    )
    contact = models.OneToOneField(
        "people.Contact", models.SET_NULL, null=True, blank=True, related_name="user"
    )
    is_active = models.BooleanField(default=True)
    is_available = models.BooleanField(default=True, help_text="takes new tickets: the switch in the desk")
    skills = models.ManyToManyField(Skill, related_name="users", blank=True)
    spoken = models.JSONField(
        default=list, blank=True, help_text="ISO 639-1 codes; empty: the interface's language"
    )
    capacity = models.JSONField(
        default=dict, blank=True, help_text="open tickets at once, by group of channels: people.capacity"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name; empty: the browser's")
    theme = models.CharField(
        max_length=8,
        default="auto",
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    density = models.CharField(
        max_length=12,
        default="comfortable",
        choices=[("comfortable", _("Comfortable")), ("compact", _("Compact"))],
    )
    signature = models.TextField(blank=True)
    notify_browser = models.BooleanField(default=False)
    notify_sound = models.BooleanField(default=False)
    notify_title = models.BooleanField(default=True)
    next_when_done = models.BooleanField(
        default=False, help_text="open the list's next ticket once the open one is solved"
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="people_user_email_ci")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """For Django's own admin site and libraries: administrators only."""
        return self.role == Role.ADMINISTRATOR

    @property
    def works_at_desk(self) -> bool:
        return self.is_active and self.role != Role.CUSTOMER

    @property
    def sees_all(self) -> bool:
        return self.role == Role.ADMINISTRATOR or self.access == Access.ALL

    @property
    def sees_unrouted(self) -> bool:
        """Tickets of no team: whoever answers customers out of the teams' queues looks after those, too."""
        return self.access == Access.TEAMS and self.role in {Role.AGENT, Role.MANAGER}

    @property
    def sees_newcomers(self) -> bool:
        """People who have no ticket yet: their first one may come to any queue."""
        return self.access != Access.OWN and self.role in {Role.AGENT, Role.MANAGER}

    @property
    def role_name(self) -> str:
        """The role in the reader's language; a company's own is called what they call it."""
        return self.custom_role.name if self.custom_role else self.get_role_display()

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]
