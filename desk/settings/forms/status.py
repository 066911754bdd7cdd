"""Statuses of tickets."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from desk.seen import Guarded
from tickets.commands.custom_fields import MAX_LABEL
from tickets.models import Category, Status

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class StatusForm(Guarded):
    """A status's names and, for a new one, its category. Reads only; ``tickets.commands.statuses`` writes."""

    category = forms.TypedChoiceField(
        label=_("Category"),
        choices=Category.choices,
        coerce=int,
        help_text=_("What clocks, reports and customers see of it. It cannot be changed later."),
    )

    def __init__(
        self, data: QueryDict | None = None, *, row: Status | None = None, category: int | None = None
    ) -> None:
        initial: dict[str, Any] = {"category": category or Category.OPEN}
        if row is not None:
            initial = {f"label_{code}": row.labels.get(code, "") for code in LANGUAGES}
        super().__init__(data, initial=initial)
        for code, name in settings.LANGUAGES:
            self.fields[f"label_{code}"] = forms.CharField(
                label=pgettext_lazy("of a thing", "Name"), max_length=MAX_LABEL, required=False
            )
            self.fields[f"label_{code}"].language = name  # type: ignore[attr-defined]  # for the template
        if row is not None:
            del self.fields["category"]

    @property
    def label_fields(self) -> list[Any]:
        return [self[f"label_{code}"] for code in LANGUAGES]

    @property
    def labels(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"label_{code}"] for code in LANGUAGES}
