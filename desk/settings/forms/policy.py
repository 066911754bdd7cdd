"""SLA policies: the table of targets as it is typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from calendars.models import Calendar
from desk.seen import Guarded, digest
from desk.settings import durations
from sla.facts import TARGETS
from sla.models import Clock, PolicyVersion
from sla.targets import CATEGORIES, LONGEST, MAY_PAUSE, SHORTEST
from tickets.models import Category, Priority

PRIORITIES = [(priority.name.lower(), priority.label) for priority in Priority]
HINTS = {
    "first_response": gettext_lazy("From the customer's first message to our first reply."),
    "next_response": gettext_lazy("From the customer's next message to our next reply."),
    "resolution": gettext_lazy("From the first message until the ticket is solved."),
}
# What a new policy begins with: as the metrics count, too.
PAUSES = {"first_response": [], "next_response": [], "resolution": ["pending", "resolved"]}
WARN = 80


class PolicyForm(Guarded):
    """A policy without its conditions, which have a form of their own. Reads only; ``sla.commands`` writes.

    ``TARGET-PRIORITY`` is a duration, empty for none; ``TARGET-hours`` is ``business`` or ``all``;
    ``TARGET-pauses`` any number of categories; ``TARGET-warn`` percent, empty for no warning.
    """

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Calendar"),
        queryset=Calendar.objects.none(),
        required=False,
        empty_label=gettext_lazy("The team's, else the default one"),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        help_text=gettext_lazy("Stands in the history of versions."),
        max_length=500,
        required=False,
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, name: str = "", version: PolicyVersion | None = None
    ) -> None:
        # A name of its own makes no version; conditions, which make one, are in another form.
        self._begun_from = digest(name, version.number) if version is not None else ""
        initial: dict[str, Any] = {"name": name}
        targets: dict[str, Any] = {}
        calendars = Calendar.objects.filter(is_active=True)
        if version is not None:
            initial["calendar"] = version.calendar_id
            targets = version.targets
            calendars = calendars | Calendar.objects.filter(pk=version.calendar_id or 0)
        super().__init__(data, initial=initial)
        self.fields["calendar"].queryset = calendars.order_by("name")  # type: ignore[attr-defined]
        for target in TARGETS:
            self._add(target, targets.get(target), is_new=version is None)

    def begun_from(self) -> str:
        return self._begun_from

    def _add(self, target: str, stored: dict[str, Any] | None, *, is_new: bool) -> None:
        seconds = (stored or {}).get("seconds", {})
        business = (stored or {}).get("business", True)
        for priority, label in PRIORITIES:
            known = seconds.get(priority)
            self.fields[f"{target}-{priority}"] = DurationField(
                label=label,
                required=False,
                initial=durations.words(known, days=not business) if known else "",
            )
        self.fields[f"{target}-hours"] = forms.ChoiceField(
            label=_("Counts"),
            choices=[("business", _("Working time")), ("all", _("Around the clock"))],
            initial="business" if business else "all",
        )
        self.fields[f"{target}-pauses"] = forms.MultipleChoiceField(
            label=_("Pauses while the ticket is"),
            choices=[(name, Category(CATEGORIES[name]).label) for name in CATEGORIES if name in MAY_PAUSE],
            required=False,
            initial=(stored or {"pauses": PAUSES[target]}).get("pauses", []),
        )
        self.fields[f"{target}-warn"] = forms.IntegerField(
            label=_("Warn at"),
            min_value=1,
            max_value=99,
            required=False,
            initial=WARN if is_new or stored is None else stored.get("warn_percent"),
        )

    @property
    def table(self) -> list[dict[str, Any]]:
        """The rows of the table, for the template."""
        return [
            {
                "name": target,
                "label": Clock.Target(target).label,
                "hint": HINTS[target],
                "cells": [self[f"{target}-{priority}"] for priority, _label in PRIORITIES],
                "hours": self[f"{target}-hours"],
                "pauses": self[f"{target}-pauses"],
                "warn": self[f"{target}-warn"],
                "errors": [
                    f"{self[name].label}: {error}"
                    for name in (f"{target}-hours", f"{target}-pauses", f"{target}-warn")
                    for error in self[name].errors
                ],
            }
            for target in TARGETS
        ]

    @property
    def targets(self) -> dict[str, Any]:
        """In the form in which policies store them; targets without any time are left out."""
        found = {}
        for target in TARGETS:
            seconds = {priority: self.cleaned_data.get(f"{target}-{priority}") for priority, _l in PRIORITIES}
            if not any(seconds.values()):
                continue
            found[target] = {
                "seconds": seconds,
                "business": self.cleaned_data.get(f"{target}-hours") != "all",
                "pauses": list(self.cleaned_data.get(f"{target}-pauses") or []),
                "warn_percent": self.cleaned_data.get(f"{target}-warn"),
            }
        return found


class DurationField(forms.CharField):
    """A duration as people type it; seconds, or None for none."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=60, **given)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        seconds = durations.parse(text)
        if seconds is None:
            raise forms.ValidationError(durations.wrong())
        if not SHORTEST <= seconds <= LONGEST:
            raise forms.ValidationError(_("Between a minute and a year."))
        return seconds
