"""Roles. Reads only; ``people.commands.roles`` writes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from desk.seen import Guarded
from desk.settings.role_words import REACHES, WORDS
from people.access import Permission, complete
from people.models import Access, StaffRole
from people.placing import permitted
from tickets.models import Brand


class NewRoleForm(forms.Form):
    """What it is called, and which role it begins as."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    like = forms.ModelChoiceField(
        label=gettext_lazy("Begins as a copy of"),
        help_text=gettext_lazy("What it may and sees can be changed on the next page; its kind stays."),
        queryset=StaffRole.objects.none(),
        empty_label=None,
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, roles: list[StaffRole], **given: Any
    ) -> None:
        super().__init__(data, **given)
        rows = StaffRole.objects.filter(pk__in=[role.pk for role in roles])
        self.fields["like"].queryset = rows  # type: ignore[attr-defined]


class RoleForm(Guarded):
    """What a role permits, and its reach. ``sure`` is asked when somebody would lock themselves out."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("What it may"),
        choices=[(one.value, WORDS[one].name) for one in Permission],
        required=False,
    )
    access = forms.ChoiceField(
        label=gettext_lazy("What it sees"),
        choices=[(value, words.name) for value, words in REACHES.items()],
    )
    brand_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Brands"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    sure = forms.BooleanField(label=gettext_lazy("Yes, take it from me too"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, role: StaffRole) -> None:
        initial = {
            "name": str(role),
            "permissions": complete(permitted(role)),
            "access": role.access,
            "brand_ids": role.brand_ids,
        }
        super().__init__(data, initial=initial)
        if role.is_built_in:
            del self.fields["name"]
        self.fields["brand_ids"].choices = brand_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (
            data.get("access") == Access.BRANDS
            and not data.get("brand_ids")
            and "brand_ids" not in self.errors
        ):
            self.add_error("brand_ids", _("Choose at least one brand."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sure"}

    @property
    def chosen(self) -> set[str]:
        """The permissions that are ticked."""
        return set(self["permissions"].value() or ())


def brand_choices() -> list[tuple[int, str]]:
    """All brands, those in use first."""
    return list(Brand.objects.order_by("-is_active", "name").values_list("pk", "name"))
