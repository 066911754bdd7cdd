"""What the forms of contacts and organisations accept. They only read; verbs write."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from desk.presentation import language_name
from desk.seen import Guarded
from desk.settings.forms.fields import WordsField, zones
from desk.settings.sources import LANGUAGES
from people.models import Contact, Identity, Organization, User
from people.models.organization import Tier

# What a colleague can know of somebody; the others a channel tells itself.
WRITTEN_KINDS = [Identity.Kind.EMAIL, Identity.Kind.PHONE, Identity.Kind.TELEGRAM, Identity.Kind.EXTERNAL]
MOST_OFFERED = 500


class ContactForm(Guarded):
    """What is known of somebody."""

    name = forms.CharField(label=_("Name"), max_length=200)
    organization = forms.CharField(
        label=_("Organisation"), required=False, max_length=200, help_text=_("Begin to write, and choose.")
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, data: Mapping[str, Any] | None, *, person: Contact, user: User) -> None:
        initial = {name: getattr(person, name) for name in ("name", "language", "time_zone", "notes")} | {
            "organization": person.organization.name if person.organization else ""
        }
        super().__init__(data, initial=initial)
        self.person, self.user = person, user
        languages = sorted((language_name(code), code) for code in {*LANGUAGES, person.language} if code)
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", gettext("Not known")),
            *((code, name) for name, code in languages),
        ]
        self.fields["time_zone"].choices = zones(gettext("Not known"))  # type: ignore[attr-defined]

    def clean_organization(self) -> Organization | None:
        name = " ".join(self.cleaned_data["organization"].split())
        own = self.person.organization
        if not name or (own is not None and own.name == name):
            return own if name else None
        found = list(Organization.objects.visible_to(self.user).filter(name__iexact=name)[:2])
        if not found:
            raise forms.ValidationError(_("There is no organisation of this name."))
        if len(found) > 1:
            raise forms.ValidationError(_("There are several organisations of this name."))
        return found[0]


class IdentityForm(forms.Form):
    """Something else that somebody is known by."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in WRITTEN_KINDS])
    value = forms.CharField(label=_("Address or number"), max_length=320)
    checked = forms.BooleanField(
        label=_("I have checked that it is theirs"),
        help_text=_("Only then does mail from there count as theirs, and open their requests to them."),
        required=False,
    )


class OrganizationForm(Guarded):
    """A customer company."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=200)
    domains = WordsField(
        label=_("Mail domains"),
        help_text=_("Whoever writes from one of them for the first time belongs to the organisation."),
        required=False,
        max_length=8000,
    )
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier)
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
