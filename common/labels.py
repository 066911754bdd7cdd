"""Names that an administrator writes in each language: ``{"en": "On hold", "ru": "Отложено"}``."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language


def validate_labels(value: Any) -> None:
    """At least one language, each a non-empty string of at most 200 characters."""
    if not isinstance(value, dict) or not value:
        raise ValidationError("labels must map a language to a name")
    for name in value.values():
        if not isinstance(name, str) or not name.strip() or len(name) > 200:
            raise ValidationError("each name must be 1 to 200 characters long")


def in_language(texts: dict[str, str]) -> str:
    """The text in the reader's language, else in English, else in any there is."""
    language = (get_language() or "en").split("-")[0]
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


class Labelled(models.Model):
    """A row whose name is shown in the reader's language, falling back to any it has."""

    labels = models.JSONField(validators=[validate_labels])

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return in_language(self.labels)
