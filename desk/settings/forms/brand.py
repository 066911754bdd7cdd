"""Brands and their portals. Reads only; ``tickets.brands`` writes."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http.request import validate_host
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from desk import signing
from desk.settings.forms.fields import ColourField, zones
from tickets.brands import MAX_LOGO
from tickets.models import Brand

LANGUAGES = [code for code, _name in settings.LANGUAGES]
MAX_WELCOME = 160
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+\Z")
_PLAIN = (
    "name", "language", "time_zone", "colour", "signature", "is_active", "portal_is_on", "portal_host",
    "portal_languages", "portal_sees", "portal_tells_times",
)  # fmt: skip


class BrandForm(forms.Form):
    """What customers see."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("Of mail to somebody whose language we do not know."),
        choices=settings.LANGUAGES,
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    colour = ColourField(label=_("Colour"))
    signature = forms.CharField(
        label=_("Signature"),
        help_text=_("Stands under every reply, after the agent's own."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)
    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("PNG, JPEG, GIF or WebP, up to 500 kB; it is shown 36 pixels high."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )
    no_logo = forms.BooleanField(label=_("Take the logo away"), required=False)
    portal_is_on = forms.BooleanField(
        label=_("Customers have a portal"),
        help_text=_("They sign in by a code sent to their address, and see their own requests."),
        required=False,
    )
    portal_host = forms.CharField(
        label=_("Host of its own"),
        help_text=_(
            "Such as help.example.com. Its name must lead to this server and stand in ALLOWED_HOSTS."
        ),
        max_length=200,
        required=False,
    )
    portal_languages = forms.MultipleChoiceField(
        label=_("Languages of the portal"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    portal_sees = forms.ChoiceField(label=_("Besides their own requests customers see"), choices=Brand.Sees)
    portal_tells_times = forms.BooleanField(
        label=_("Tell when an answer and a solution are expected"),
        help_text=_("From the SLA. What a colleague has promised is told in any case."),
        required=False,
    )

    def clean_signature(self) -> str:
        return signing.checked(self.cleaned_data["signature"])

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        brand: Brand | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        initial = {
            "portal_languages": LANGUAGES,
            "portal_sees": Brand.Sees.OWN,
            "portal_tells_times": True,
        } | (initial or {})
        if brand is not None:
            initial = {name: getattr(brand, name) for name in _PLAIN}
            initial["portal_languages"] = brand.languages
            initial |= {f"welcome_{code}": brand.portal_welcome.get(code, "") for code in LANGUAGES}
        super().__init__(data, files, initial=initial)
        for code, name in settings.LANGUAGES:
            words = forms.CharField(label=_("Words above the search"), max_length=MAX_WELCOME, required=False)
            words.language = name  # type: ignore[attr-defined]  # for the template
            self.fields[f"welcome_{code}"] = words

    @property
    def welcome_fields(self) -> list[Any]:
        return [self[f"welcome_{code}"] for code in LANGUAGES]

    def clean_portal_host(self) -> str:
        """A plain name of a host that Django will answer to, and not the desk's own."""
        host = str(self.cleaned_data["portal_host"]).strip().lower().rstrip(".")
        if not host:
            return ""
        if not _HOST.match(host):
            raise ValidationError(gettext("This is no name of a host."))
        if host == (urlsplit(settings.BASE_URL).hostname or ""):
            raise ValidationError(gettext("This is the host of the desk."))
        if not validate_host(host, settings.ALLOWED_HOSTS):
            words = gettext(
                "The server does not answer to this name yet: add it to ALLOWED_HOSTS and start anew."
            )
            raise ValidationError(words)
        return host

    def clean_logo(self) -> UploadedFile | None:
        found: UploadedFile | None = self.cleaned_data["logo"]
        if found is not None and (found.size or 0) > MAX_LOGO:
            raise ValidationError(gettext("A logo may have %(limit)d kB.") % {"limit": MAX_LOGO // 1000})
        return found

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        data = self.cleaned_data
        welcome = {code: data[f"welcome_{code}"] for code in LANGUAGES if data[f"welcome_{code}"]}
        offered = [code for code in LANGUAGES if code in data["portal_languages"]]
        everything = [] if offered == LANGUAGES else offered  # all there are, those to come included
        plain = {name: data[name] for name in _PLAIN}
        return {**plain, "portal_languages": everything, "portal_welcome": welcome}

    def logo_bytes(self) -> bytes | None:
        """The picture that was chosen; nothing in it to take the old one away; None to keep that."""
        found: UploadedFile | None = self.cleaned_data["logo"]
        if found is not None:
            return found.read()
        return b"" if self.cleaned_data["no_logo"] else None
