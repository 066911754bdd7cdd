"""Secrets at rest: Fernet, with keys from the environment, newest first."""

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _


class SecretUnreadableError(Exception):
    """No key in FIELD_ENCRYPTION_KEYS opens this value."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _box() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(text: str) -> str:
    """Encrypt with the newest key. The empty string stays empty, so that "not set" can be seen."""
    return _box().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Undo ``encrypt`` with whichever key fits; raises ``SecretUnreadableError``."""
    if not token:
        return ""
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadableError("no key in FIELD_ENCRYPTION_KEYS opens this secret") from error


class UnreadableSecret(str):
    """Stands for a secret that no key opens: reads as empty, and is kept as it is when its row is saved."""

    token: str

    def __new__(cls, token: str) -> "UnreadableSecret":
        made = super().__new__(cls, "")
        made.token = token
        return made


def reveal(secret: str) -> str:
    """A secret about to be used. Raises ``SecretUnreadableError`` where its key is lost."""
    if isinstance(secret, UnreadableSecret):
        raise SecretUnreadableError(
            _("A stored password cannot be read: its key is not in FIELD_ENCRYPTION_KEYS. Enter it again.")
        )
    return secret


class EncryptedTextField(models.TextField):
    """Text that the database only sees encrypted. Cannot be searched.

    A value whose key is lost comes as ``UnreadableSecret``, so that pages which do not need it still open.
    """

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, UnreadableSecret):
            return value.token
        return encrypt(value) if value else ""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str:
        try:
            return decrypt(value or "")
        except SecretUnreadableError:
            return UnreadableSecret(value or "")
