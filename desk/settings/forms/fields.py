"""Fields and choices that several settings forms share."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.zones import zone_choices

_SEPARATORS = re.compile(r"[\s,;]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


class WordsField(forms.CharField):
    """Several short values in one box, one a line or with commas between; cleaned to a list in lower case."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        words = [word for word in _SEPARATORS.split(super().clean(value).lower()) if word]
        for word in words:
            self.run_item_validators(word)
        return list(dict.fromkeys(words))

    def run_item_validators(self, word: str) -> None:
        if len(word) > 320:
            raise ValidationError(_("“%(word)s” is too long."), params={"word": f"{word[:40]}…"})


class AddressesField(WordsField):
    """The same, for mail addresses."""

    def run_item_validators(self, word: str) -> None:
        try:
            forms.EmailField().clean(word)
        except ValidationError as error:
            raise ValidationError(
                _("“%(word)s” is not an e-mail address."), params={"word": word[:100]}
            ) from error


class SecretField(forms.CharField):
    """A secret that is written and never read back: an empty answer keeps the one there is."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
        super().__init__(required=False, strip=False, max_length=8000, widget=widget, **kwargs)


class ColourField(forms.CharField):
    widget = forms.TextInput(attrs={"type": "color"})

    def clean(self, value: Any) -> str:
        colour = str(super().clean(value))
        if not _COLOUR.match(colour):
            raise ValidationError(_("Choose a colour."))
        return colour.lower()


def zones(empty: str = "") -> list[tuple[str, Any]]:
    """Time zones to choose from; with ``empty`` also none, under that name."""
    return [("", empty), *zone_choices()] if empty else [*zone_choices()]
