"""What the first-run page asks."""

import re
import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.zones import zone_choices
from people.models import User

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


class SetupForm(forms.Form):
    """The administrator, the first brand and team, and, if it is known already, the first address."""

    token = forms.CharField(
        label=_("Setup token"), help_text=_("The value of SETUP_TOKEN on the server."), max_length=200
    )
    name = forms.CharField(label=_("Your name"), max_length=120)
    email = forms.EmailField(label=_("Your e-mail address"), help_text=_("You sign in with it."))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least ten characters, and not a common word."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=4096,
    )
    brand = forms.CharField(
        label=_("Brand"), help_text=_("What your customers know you as. More can follow."), max_length=120
    )
    language = forms.ChoiceField(label=_("Language of its mail"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    colour = forms.CharField(label=_("Colour"), widget=forms.TextInput(attrs={"type": "color"}))
    team = forms.CharField(
        label=_("First team"), help_text=_("Who gets new tickets. You are in it."), max_length=120
    )
    address = forms.EmailField(
        label=_("Address that customers write to"),
        help_text=_("Its servers are entered afterwards. It may wait, too."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SETUP_TOKEN:
            del self.fields["token"]

    def clean_token(self) -> str:
        """The whole form is worth nothing without it."""
        token: str = self.cleaned_data["token"]
        if not secrets.compare_digest(token.encode(), settings.SETUP_TOKEN.encode()):
            raise ValidationError(_("This is not the token."))
        return token

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"]
        if not _COLOUR.match(colour):
            raise ValidationError(_("Choose a colour."))
        return colour.lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            person = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return data
