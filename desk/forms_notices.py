"""What somebody is told of and how, and when mail to them is held back."""

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications import preferences
from notifications.kinds import GROUPS, Kind, Wish
from people.models import User

_WHOLE_WEEK = 7


class NoticesForm(forms.Form):
    """Two boxes a kind, and the quiet hours. ``save`` writes."""

    quiet_days = forms.TypedMultipleChoiceField(
        label=_("Quiet on"),
        coerce=int,
        choices=[(day, WEEKDAYS_ABBR[day]) for day in range(_WHOLE_WEEK)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    quiet_from = forms.TimeField(
        label=_("Begins at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("Ends at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User) -> None:
        self.user = user
        wishes = preferences.wishes_of(user)
        quiet = preferences.quiet_of(user)
        initial: dict[str, Any] = {
            "quiet_days": list(quiet.weekdays) if quiet else [],
            "quiet_from": quiet.begins if quiet else time(20),
            "quiet_until": quiet.ends if quiet else time(8),
        }
        for kind, wish in wishes.items():
            initial |= {f"desk_{kind}": wish.in_desk, f"mail_{kind}": wish.by_mail}
        super().__init__(data, initial=initial)
        for kind in Kind:
            for way in ("desk", "mail"):
                self.fields[f"{way}_{kind.value}"] = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("quiet_days"):
            return data
        for name in ("quiet_from", "quiet_until"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Choose a time."))
        never_ends = len(data["quiet_days"]) == _WHOLE_WEEK and data.get("quiet_from") == data.get(
            "quiet_until"
        )
        if never_ends and not self.errors:
            self.add_error("quiet_until", _("Then it would always be quiet. Leave some time for mail."))
        return data

    def save(self) -> None:
        data = self.cleaned_data
        preferences.save_wishes(
            self.user, {kind.value: Wish(data[f"desk_{kind}"], data[f"mail_{kind}"]) for kind in Kind}
        )
        preferences.save_quiet(
            self.user,
            weekdays=data["quiet_days"],
            begins=data["quiet_from"] or time(0),
            ends=data["quiet_until"] or time(0),
        )

    def groups(self) -> Iterator[tuple[str | Promise, list[tuple[Kind, forms.BoundField, forms.BoundField]]]]:
        """As the page shows them: (title, [(kind, in the desk, by mail)])."""
        for title, kinds in GROUPS:
            yield title, [(kind, self[f"desk_{kind.value}"], self[f"mail_{kind.value}"]) for kind in kinds]

    def days(self) -> list[tuple[int, str | Promise, str | Promise, bool]]:
        """(weekday, short name, name, whether it is chosen)."""
        chosen = {str(day) for day in self["quiet_days"].value() or []}
        return [(day, WEEKDAYS_ABBR[day], WEEKDAYS[day], str(day) in chosen) for day in range(_WHOLE_WEEK)]

    @property
    def zone(self) -> str:
        """By whose clock the quiet hours go."""
        return preferences.zone_name(self.user).replace("_", " ")
