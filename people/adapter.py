"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from journal.actor import Actor
from journal.settings_log import HIDDEN, record_settings
from people.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by administrators, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Somebody has chosen a new one, signed in or by a link: that is noted, the password is not."""
        super().set_password(user, password)
        changes = {"password": [HIDDEN, HIDDEN]}
        record_settings("sign_in", user.pk, name=user.name, actor=Actor.user(user), changes=changes)
