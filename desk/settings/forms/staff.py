"""Forms about one of the staff: what they can do, how much at once, and when they work."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from calendars.models import Calendar
from desk.settings.forms import hours
from people import capacity
from people.models import Absence, Shift, Skill, User

_DATE = {"type": "date"}
_LANGUAGES = (
    "ar az be bg cs da de el en es et fi fr he hi hu hy it ja ka kk ko ky lt lv nl pl pt ro ru sk sr sv tg "
    "tr uk uz zh"
).split()
GROUPS = {"email": _("Mail and forms"), "chat": _("Chat"), "telegram": _("Telegram"), "phone": _("Phone")}


class StaffForm(forms.Form):
    """Skills, languages and capacity. Reads only; ``people.commands.users`` writes."""

    skills = forms.ModelMultipleChoiceField(
        label=_("Skills"), queryset=Skill.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    spoken = forms.MultipleChoiceField(label=_("Speaks"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, account: User) -> None:
        own = list(account.skills.values_list("pk", flat=True))
        initial: dict[str, Any] = {"skills": own, "spoken": account.spoken}
        initial |= {f"capacity_{group}": account.capacity.get(group) for group in capacity.DEFAULTS}
        super().__init__(data, initial=initial)
        offered = Skill.objects.filter(is_active=True) | Skill.objects.filter(pk__in=own)
        self.fields["skills"].queryset = offered  # type: ignore[attr-defined]  # a model field
        self.fields["spoken"].choices = language_choices(account.spoken)  # type: ignore[attr-defined]
        for group, default in capacity.DEFAULTS.items():
            self.fields[f"capacity_{group}"] = forms.IntegerField(
                label=GROUPS[group],
                min_value=0,
                max_value=capacity.MOST,
                required=False,
                widget=forms.NumberInput(attrs={"placeholder": default}),
            )

    @property
    def capacities(self) -> list[forms.BoundField]:
        return [self[f"capacity_{group}"] for group in capacity.DEFAULTS]

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        own = {group: data.get(f"capacity_{group}") for group in capacity.DEFAULTS}
        return {
            "skills": data["skills"],
            "spoken": data["spoken"],
            "capacity": {group: value for group, value in own.items() if value is not None},
        }


class ShiftForm(forms.Form):
    """A calendar somebody works by, from a day on."""

    calendar = forms.ModelChoiceField(label=_("Works by"), queryset=Calendar.objects.none(), empty_label=None)
    valid_from = forms.DateField(label=_("From"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d")
    )

    def __init__(self, data: Any = None, *, shift: Shift | None = None, today: date | None = None) -> None:
        initial: dict[str, Any] = {"valid_from": today}
        if shift is not None:
            initial = {"calendar": shift.calendar_id}
            initial |= {"valid_from": shift.valid_from, "valid_until": shift.valid_until}
        super().__init__(data, initial=initial, auto_id=f"shift-{shift.pk if shift else 'new'}-%s")
        offered = Calendar.objects.filter(is_active=True)
        if shift is not None:
            offered = offered | Calendar.objects.filter(pk=shift.calendar_id)
        self.fields["calendar"].queryset = offered.order_by("name")  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    """Days somebody is away; with times, parts of them. In the zone of the person."""

    kind = forms.ChoiceField(label=_("Why"), choices=Absence.Kind)
    first_day = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    first_time = forms.CharField(label=_("Start time"), required=False, max_length=8)
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    last_time = forms.CharField(label=_("End time"), required=False, max_length=8)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, zone: ZoneInfo) -> None:
        self.zone = zone
        super().__init__(data, auto_id="absence-%s")
        for name, hint in (("first_time", "00:00"), ("last_time", "24:00")):
            self.fields[name].widget.attrs |= {
                "placeholder": hint,
                "inputmode": "numeric",
                "autocomplete": "off",
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins = self._at(data, "first", 0)
        ends = self._at(data, "last", hours.DAY)
        if begins and ends and ends <= begins:
            self.add_error("last_day", gettext("It must end after it begins."))
        data["starts_at"], data["ends_at"] = begins, ends
        return data

    def _at(self, data: dict[str, Any], which: str, default: int) -> datetime | None:
        text = data.get(f"{which}_time") or ""
        at = hours.seconds(text) if text else default
        if at is None:
            self.add_error(f"{which}_time", gettext("Write it as 09:00."))
        day = data.get(f"{which}_day")
        if at is None or day is None:
            return None
        try:
            return instant(day, at, self.zone)
        except OverflowError:
            self.add_error(f"{which}_day", gettext("This is too far from today."))
            return None


class ExtraTimeForm(forms.Form):
    """Hours somebody works once, outside of their shifts."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    start = forms.CharField(label=_("From"), max_length=8)
    end = forms.CharField(label=_("Until"), max_length=8)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, zone: ZoneInfo) -> None:
        self.zone = zone
        super().__init__(data, auto_id="extra-%s")
        for name, hint in (("start", "18:00"), ("end", "22:00")):
            self.fields[name].widget.attrs |= {
                "placeholder": hint,
                "inputmode": "numeric",
                "autocomplete": "off",
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("start") and data.get("end"):
            found = hours.interval(data["start"], data["end"])
            if found is None:
                self.add_error(
                    "end" if hours.seconds(data["start"]) is not None else "start",
                    gettext("Write it as 09:00."),
                )
            elif data.get("day"):
                try:
                    data["starts_at"], data["ends_at"] = (instant(data["day"], at, self.zone) for at in found)
                except OverflowError:
                    self.add_error("day", gettext("This is too far from today."))
        return data


class SkillForm(forms.Form):
    """A skill's names, one for each language of the interface."""

    is_active = forms.BooleanField(
        label=_("In use"), help_text=_("Switched off, it is not offered any more."), required=False
    )

    def __init__(
        self, data: Any = None, *, languages: list[tuple[str, str]], skill: Skill | None = None
    ) -> None:
        self.languages = [code for code, _name in languages]
        initial: dict[str, Any] = {"is_active": skill.is_active if skill else True}
        initial |= {f"label_{code}": skill.labels.get(code, "") for code in self.languages if skill}
        super().__init__(data, initial=initial)
        for code, name in languages:
            self.fields[f"label_{code}"] = forms.CharField(
                label=gettext("Name (%(language)s)") % {"language": name}, max_length=200, required=False
            )
        if skill is None:
            del self.fields["is_active"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any((data.get(f"label_{code}") or "").strip() for code in self.languages):
            self.add_error(f"label_{self.languages[0]}", gettext("A skill needs a name."))
        return data

    @property
    def names(self) -> list[forms.BoundField]:
        return [self[f"label_{code}"] for code in self.languages]

    @property
    def labels(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"label_{code}"] for code in self.languages}


def language_choices(own: list[str]) -> list[tuple[str, str]]:
    """Languages by name, as the reader's language calls them; those of ``own`` always."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).languages
    codes = {*_LANGUAGES, *own}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda choice: choice[1])


def instant(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """Seconds of a day of a zone, a whole day and more included, as UTC."""
    whole, rest = divmod(seconds, hours.DAY)
    local = datetime.combine(
        day + timedelta(days=whole), time(rest // 3600, rest // 60 % 60, rest % 60), zone
    )
    return local.astimezone(UTC)
