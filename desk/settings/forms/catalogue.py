"""Services and topics. Reads only; ``tickets.commands.catalogue`` writes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.commands.catalogue import MAX_DESCRIPTION, MAX_KEYWORDS
from tickets.commands.custom_fields import MAX_LABEL
from tickets.models import Brand, Service, Topic

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What a card may show; each is a line in static/icons.txt.
ICONS = (
    "help-circle", "message-circle", "mail", "phone", "headset", "package", "building", "map-pin", "coffee",
    "tool", "settings", "bug", "alert-triangle", "refresh", "arrow-back-up", "file-text", "clipboard",
    "certificate",
    "database", "server", "device-mobile", "keyboard", "printer", "plug-connected", "wifi", "key", "lock",
    "user-circle", "users", "calendar-event", "clock", "star", "tag", "ticket", "world", "chart-bar",
)  # fmt: skip


class NamedForm(forms.Form):
    """A name in each language, a brand, whether it is in use."""

    brand = forms.ModelChoiceField(
        label=_("Brand"),
        queryset=Brand.objects.filter(is_active=True),
        required=False,
        empty_label=_("All brands"),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, row: Service | Topic | None = None, **initial: Any
    ) -> None:
        initial = {"is_active": True, **initial}
        if row is not None:
            initial |= {"brand": row.brand_id, "is_active": row.is_active}
            initial |= {f"label_{code}": row.labels.get(code, "") for code in LANGUAGES}
        super().__init__(data, initial=initial)
        for code, name in settings.LANGUAGES:
            words = forms.CharField(
                label=pgettext_lazy("of a thing", "Name"), max_length=MAX_LABEL, required=False
            )
            words.language = name  # type: ignore[attr-defined]  # for the template
            self.fields[f"label_{code}"] = words
        # A brand that was switched off stays the row's.
        own = Brand.objects.filter(pk=(row.brand_id if row else None) or 0)
        self.fields["brand"].queryset = (Brand.objects.filter(is_active=True) | own).distinct()  # type: ignore[attr-defined]

    @property
    def label_fields(self) -> list[Any]:
        return [self[f"label_{code}"] for code in LANGUAGES]

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        data = self.cleaned_data
        return {
            "labels": {code: data[f"label_{code}"] for code in LANGUAGES},
            "brand": data["brand"],
            "is_active": data["is_active"],
        }


class TopicForm(NamedForm):
    pass


class ServiceForm(NamedForm):
    """A card of the catalogue."""

    icon = forms.ChoiceField(label=_("Icon"), choices=[(name, name) for name in ICONS])
    keywords = forms.CharField(
        label=_("Further words it is found by"),
        help_text=_("As customers call it, with spaces or commas between."),
        max_length=MAX_KEYWORDS,
        required=False,
    )
    is_public = forms.BooleanField(
        label=_("In the portal's catalogue"),
        help_text=_("Otherwise only colleagues and rules use it."),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Service | None = None) -> None:
        initial: dict[str, Any] = {"icon": "help-circle", "is_public": True}
        if row is not None:
            initial = {name: getattr(row, name) for name in ("icon", "keywords", "is_public")}
            initial |= {f"description_{code}": row.descriptions.get(code, "") for code in LANGUAGES}
        super().__init__(data, row=row, **initial)
        for code, name in settings.LANGUAGES:
            words = forms.CharField(
                label=_("Description"),
                max_length=MAX_DESCRIPTION,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            words.language = name  # type: ignore[attr-defined]  # for the template
            self.fields[f"description_{code}"] = words
        if row is not None and row.icon not in ICONS:
            self.fields["icon"].choices = [(row.icon, row.icon), *self.fields["icon"].choices]  # type: ignore[attr-defined]

    @property
    def description_fields(self) -> list[Any]:
        return [self[f"description_{code}"] for code in LANGUAGES]

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        own = {name: data[name] for name in ("icon", "keywords", "is_public")}
        descriptions = {code: data[f"description_{code}"] for code in LANGUAGES}
        return {**super().values(), **own, "descriptions": descriptions}
