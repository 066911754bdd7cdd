from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from people.models.skill import Skill


class Role(models.TextChoices):
    """What somebody may do; what each may is in ``people.access``."""

    ADMINISTRATOR = "administrator", _("Administrator")
    MANAGER = "manager", _("Manager")
    AGENT = "agent", _("Agent")
    EXPERT = "expert", _("Expert")
    CUSTOMER = "customer", _("Customer")


class Access(models.TextChoices):
    """Which tickets of those that exist somebody may see."""

    ALL = "all", _("All tickets")
    TEAMS = "teams", _("Own teams' tickets")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
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
    role = models.CharField(max_length=16, choices=Role, default=Role.AGENT)
    access = models.CharField(max_length=8, choices=Access, default=Access.TEAMS)
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
        return self.role in {Role.ADMINISTRATOR, Role.MANAGER} or self.access == Access.ALL

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]
