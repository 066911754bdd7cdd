"""Custom fields of tickets."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.text import storable
from tickets.commands.custom_fields import MAX_CHOICES, MAX_LABEL
from tickets.models import Brand, CustomField

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class CustomFieldForm(forms.Form):
    """A field's names, kind, brand and choices. Reads only; ``tickets.commands.custom_fields`` writes.

    Choices come as parallel lists, one entry a row: ``choice`` (its value, empty for a new one) and
    ``choice_en``, ``choice_ru``. Rows without any name are none.
    """

    kind = forms.ChoiceField(
        label=_("Kind"), choices=CustomField.Kind, help_text=_("It cannot be changed later.")
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_(
            "For rules and the API. Left empty, it is made of the English name. Cannot be changed later."
        ),
    )
    brand = forms.ModelChoiceField(
        label=_("Brand"),
        queryset=Brand.objects.filter(is_active=True),
        required=False,
        empty_label=_("All brands"),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        help_text=_("Switched off, it is hidden; what tickets have in it stays."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, field: CustomField | None = None) -> None:
        initial: dict[str, Any] = {"kind": CustomField.Kind.TEXT, "is_active": True}
        if field is not None:
            initial = {"brand": field.brand_id, "is_active": field.is_active}
            initial |= {f"label_{code}": field.labels.get(code, "") for code in LANGUAGES}
        super().__init__(data, initial=initial)
        for code, name in settings.LANGUAGES:
            self.fields[f"label_{code}"] = forms.CharField(
                label=pgettext_lazy("of a thing", "Name"), max_length=MAX_LABEL, required=False
            )
            self.fields[f"label_{code}"].language = name  # type: ignore[attr-defined]  # for the template
        if field is not None:
            del self.fields["kind"], self.fields["key"]
            # A brand that was switched off stays the field's.
            brands = Brand.objects.filter(is_active=True) | Brand.objects.filter(pk=field.brand_id or 0)
            self.fields["brand"].queryset = brands.distinct()  # type: ignore[attr-defined]
        else:
            del self.fields["is_active"]
        self.rows = rows_of(data) if data is not None else list(field.choices if field else [])

    @property
    def label_fields(self) -> list[Any]:
        return [self[f"label_{code}"] for code in LANGUAGES]

    @property
    def labels(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"label_{code}"] for code in LANGUAGES}

    @property
    def choices(self) -> list[Mapping[str, Any]]:
        return [row for row in self.rows if any(text.strip() for text in row["labels"].values())]


def rows_of(data: QueryDict) -> list[dict[str, Any]]:
    """The rows as they were posted; the lists may be of different lengths if somebody plays with us."""
    values = [storable(value) for value in data.getlist("choice")[: MAX_CHOICES * 2]]
    names = {code: [storable(text) for text in data.getlist(f"choice_{code}")] for code in LANGUAGES}
    return [
        {
            "value": value,
            "labels": {
                code: texts[index]
                for code, texts in names.items()
                if index < len(texts) and texts[index].strip()
            },
        }
        for index, value in enumerate(values)
    ]
