"""Secrets at rest: Fernet, with keys from the environment, newest first."""

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


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


class EncryptedTextField(models.TextField):
    """Text that the database only sees encrypted. Cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else ""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str:
        return decrypt(value or "")
