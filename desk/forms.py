"""What the desk's forms accept. They only read; verbs write."""

import re
import zoneinfo
from datetime import datetime, timedelta, tzinfo
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_in.kinds.email.letter import is_recipient
from common import clock
from common.text import number, storable
from desk import signing
from people.access import Permission, may
from people.models import Team, User
from tickets.models import Brand, Channel, Priority, Status, Topic

MAX_PEOPLE = 100
MAX_PEOPLE_TEXT = 20_000  # characters; splitting takes their square
_SEPARATOR = re.compile(r"[,;\n]+(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")


def read_person(text: str) -> dict[str, str]:
    """``Anna <a@b.org>`` or ``a@b.org``; raises ValidationError naming what is wrong."""
    name, address = parseaddr(storable(text).strip())
    wrong = ValidationError(_("“%(text)s” is not an e-mail address."), params={"text": text.strip()})
    try:
        validate_email(address)
    except ValidationError as error:
        raise wrong from error
    # Planning leaves out what no letter can be addressed to: it would fail only once it is sent.
    if not is_recipient(address):
        raise wrong
    return {"name": name[:200], "address": address.lower()}


@lru_cache(maxsize=1)
def _zones() -> list[str]:
    """The names of all time zones that are places; reading them costs a walk over files."""
    names = zoneinfo.available_timezones()
    return ["UTC", *sorted(name for name in names if "/" in name and not name.startswith("Etc/"))]


class PeopleField(forms.CharField):
    """Addresses, one field each or separated by commas."""

    widget = forms.TextInput

    def clean(self, value: Any) -> list[dict[str, str]]:
        people: dict[str, dict[str, str]] = {}
        for part in _SEPARATOR.split(super().clean(value) or ""):
            if part.strip():
                person = read_person(part)
                people.setdefault(person["address"], person)
        if len(people) > MAX_PEOPLE:
            raise ValidationError(_("At most %(limit)d addresses."), params={"limit": MAX_PEOPLE})
        return list(people.values())


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files up to the limit together."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        rows = [row for row in (data if isinstance(data, list | tuple) else [data]) if row]
        if sum(row.size for row in rows) > settings.MAX_UPLOAD_BYTES:
            limit = settings.MAX_UPLOAD_BYTES // 1024 // 1024
            raise ValidationError(_("Files may have %(limit)d MB together."), params={"limit": limit})
        return rows


class ReplyForm(forms.Form):
    """The composer. ``html`` comes from the editor, ``text`` from browsers without JavaScript."""

    kind = forms.ChoiceField(choices=[("reply", _("Reply")), ("note", _("Private note"))])
    text = forms.CharField(required=False, max_length=200_000, strip=False)
    html = forms.CharField(required=False, max_length=800_000, strip=False)
    to = PeopleField(required=False, max_length=MAX_PEOPLE_TEXT)
    cc = PeopleField(required=False, max_length=MAX_PEOPLE_TEXT)
    based_on = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    force = forms.BooleanField(required=False)
    status = forms.ModelChoiceField(Status.objects.filter(is_active=True), required=False)
    way = forms.CharField(required=False, max_length=24)
    promise = forms.CharField(required=False, max_length=40)
    later = forms.CharField(required=False, max_length=40)  # a moment, or "own": then later_at has it
    later_at = forms.CharField(required=False, max_length=40)
    unless_written = forms.BooleanField(required=False)
    zone = forms.CharField(required=False, max_length=64)
    attachments = forms.CharField(required=False, max_length=4000)
    uploads = FilesField(required=False)

    def clean_attachments(self) -> list[int]:
        return [int(part) for part in re.findall(r"\d{1,18}", self.cleaned_data["attachments"])][:100]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        by_mail = data.get("way", "") in {"", "email"}
        if data.get("kind") == "reply" and not self.errors and not data.get("to") and by_mail:
            self.add_error("to", _("Say who the reply goes to."))
        if data.get("promise"):
            try:
                data["promise"] = read_moment(data["promise"], read_zone(data.get("zone", "")))
            except ValidationError as error:
                self.add_error("promise", error)
        if data.get("later"):
            self._read_later(data)
        return data

    def _read_later(self, data: dict[str, Any]) -> None:
        if data.get("promise"):
            self.add_error("later", _("A promise goes with a reply that leaves at once. Take one away."))
            return
        text = data.get("later_at", "") if data["later"] == "own" else data["later"]
        try:
            data["later"] = read_moment(text, read_zone(data.get("zone", "")))
        except ValidationError as error:
            self.add_error("later", error)


class NewTicketForm(forms.Form):
    requester = forms.CharField(label=_("Customer"), max_length=500)
    brand = forms.ModelChoiceField(Brand.objects.filter(is_active=True), label=_("Brand"), empty_label=None)
    subject = forms.CharField(label=_("Subject"), max_length=400)
    speaker = forms.ChoiceField(
        choices=[("us", _("We write to the customer")), ("customer", _("The customer told us"))], initial="us"
    )
    channel = forms.ChoiceField(
        label=_("How"),
        choices=[(Channel.PHONE, Channel.PHONE.label), (Channel.DESK, _("In person"))],
        required=False,
    )
    text = forms.CharField(label=_("Message"), max_length=200_000, widget=forms.Textarea(attrs={"rows": 9}))
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True), label=_("Team"), required=False, empty_label=_("No team")
    )
    assignee = forms.ModelChoiceField(
        User.objects.staff(), label=_("Assignee"), required=False, empty_label=_("Nobody")
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=400, help_text=_("Separated by commas")
    )
    uploads = FilesField(label=_("Files"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.staff().order_by("name")  # type: ignore[attr-defined]
        self.initial.setdefault("assignee", user.pk)
        if not may(user, Permission.ASSIGN):
            # What they open is theirs, and they cannot give it to anybody.
            del self.fields["team"]
            self.fields["assignee"].queryset = User.objects.filter(pk=user.pk)  # type: ignore[attr-defined]
        brands = Brand.objects.filter(is_active=True)
        self.single_brand = brands.first() if brands.count() == 1 else None
        if self.single_brand is not None:
            self.initial.setdefault("brand", self.single_brand.pk)

    def clean_requester(self) -> tuple[str, str]:
        person = read_person(self.cleaned_data["requester"])
        return person["address"], person["name"]

    def clean_channel(self) -> str:
        return self.cleaned_data["channel"] or Channel.PHONE

    def clean_tags(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["tags"].split(",") if part.strip()][:20]


class AssigneeForm(forms.Form):
    assignee = forms.ModelChoiceField(User.objects.staff(), required=False)


class TeamForm(forms.Form):
    team = forms.ModelChoiceField(Team.objects.filter(is_active=True), required=False)


class StatusForm(forms.Form):
    status = forms.ModelChoiceField(Status.objects.filter(is_active=True))


class PriorityForm(forms.Form):
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int)


class TopicForm(forms.Form):
    topic = forms.ModelChoiceField(Topic.objects.all(), required=False)


class SubjectForm(forms.Form):
    subject = forms.CharField(max_length=400, label=_("Subject"))


class TagForm(forms.Form):
    name = forms.CharField(max_length=60, label=_("Tag"))


class NumberForm(forms.Form):
    """A ticket's number, with or without #."""

    number = forms.CharField(max_length=14, label=_("Number"))

    def clean_number(self) -> int:
        found = number(self.cleaned_data["number"].strip().lstrip("#№ "))
        if found is None:
            raise ValidationError(_("Enter the number of a ticket."))
        return found


class SnoozeForm(forms.Form):
    """When to bring a ticket back: one of the usual times, or an own one."""

    CHOICES = ("1h", "3h", "tomorrow", "monday", "week")
    zone = forms.CharField(max_length=64, required=False)  # the browser's, for whoever has chosen none
    until = forms.CharField(max_length=40)

    def clean_zone(self) -> tzinfo:
        name = self.cleaned_data["zone"]
        return zoneinfo.ZoneInfo(name) if name in _zones() else timezone.get_current_timezone()

    def clean_until(self) -> datetime:
        word = self.cleaned_data["until"]
        zone = self.cleaned_data["zone"]
        now = timezone.localtime(clock.now(), zone)
        morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
        match word:
            case "1h" | "3h":
                return now + timedelta(hours=int(word[0]))
            case "tomorrow":
                return morning + timedelta(days=1)
            case "monday":
                return morning + timedelta(days=7 - now.weekday())
            case "week":
                return morning + timedelta(days=7)
        try:
            own = datetime.fromisoformat(word)
        except ValueError as error:
            raise ValidationError(_("Choose a day and a time.")) from error
        return own if timezone.is_aware(own) else timezone.make_aware(own, zone)


class SideThreadForm(forms.Form):
    to = forms.CharField(max_length=500, label=_("To"))
    subject = forms.CharField(max_length=400, label=_("Subject"))
    text = forms.CharField(max_length=200_000, label=_("Message"), widget=forms.Textarea(attrs={"rows": 7}))

    def clean_to(self) -> dict[str, str]:
        return read_person(self.cleaned_data["to"])


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = User
        fields = [
            "name", "language", "time_zone", "theme", "density", "signature",
            "notify_browser", "notify_sound", "notify_title", "next_when_done",
        ]  # fmt: skip
        labels = {
            "name": _("Name"),
            "language": _("Language"),
            "theme": _("Theme"),
            "density": _("Density"),
            "signature": _("Signature"),
            "notify_browser": _("Notify me in the browser"),
            "notify_sound": _("Play a sound"),
            "notify_title": _("Count in the tab title"),
            "next_when_done": _("Next ticket when done"),
        }
        help_texts = {
            "signature": _("Stands under your replies by mail, before the brand's. It may have variables."),
            "notify_browser": _("When one of your tickets gets a message while you are on another page."),
            "notify_sound": _("Quietly, together with the notice."),
            "notify_title": _("How many of your tickets have something new."),
            "next_when_done": _("Once you solve or close the open ticket, the next one of the list opens."),
        }
        widgets = {"signature": forms.Textarea(attrs={"rows": 4, "maxlength": signing.LONGEST})}

    def clean_signature(self) -> str:
        return signing.checked(self.cleaned_data["signature"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("As the browser says")),
            *((zone, zone.replace("_", " ")) for zone in _zones()),
        ]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class EscalationForm(forms.Form):
    team = forms.ModelChoiceField(
        Team.objects.filter(is_active=True),
        error_messages={"required": _("Choose a team."), "invalid_choice": _("There is no such team.")},
    )
    reason = forms.CharField(
        max_length=1000,
        error_messages={"required": _("Say why: whoever takes over has to start somewhere.")},
    )
    summary = forms.CharField(max_length=4000, required=False)

    def clean_summary(self) -> str | None:
        """None when the form had no such field: then the summary stays."""
        return self.cleaned_data["summary"] if "summary" in self.data else None


class ExpertForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.staff(),
        error_messages={"required": _("Choose somebody."), "invalid_choice": _("There is no such person.")},
    )
    question = forms.CharField(max_length=1000, required=False)


class SummaryForm(forms.Form):
    text = forms.CharField(max_length=4000, required=False)


def read_zone(name: str) -> tzinfo:
    """The zone a browser names; the reader's own for one there is not."""
    return zoneinfo.ZoneInfo(name) if name in _zones() else timezone.get_current_timezone()


def read_moment(text: str, zone: tzinfo) -> datetime:
    """An instant as a page or an <input type="datetime-local"> writes it; raises ValidationError."""
    try:
        moment = datetime.fromisoformat(text)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment, zone)
    except (ValueError, OverflowError) as error:
        raise ValidationError(_("Choose a day and a time.")) from error


class PromiseForm(forms.Form):
    """When an answer is promised for."""

    promise = forms.CharField(max_length=40, error_messages={"required": _("Choose a day and a time.")})
    text = forms.CharField(max_length=400, required=False)
    zone = forms.CharField(max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "promise" in data:
            try:
                data["promise"] = read_moment(data["promise"], read_zone(data.get("zone", "")))
            except ValidationError as error:
                self.add_error("promise", error)
        return data


class DueForm(forms.Form):
    """A due time by hand; ``back`` gives the clock back to its policy."""

    target = forms.CharField(max_length=16)
    ordinal = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    due_at = forms.CharField(max_length=40, required=False)
    reason = forms.CharField(max_length=400, required=False)
    back = forms.BooleanField(required=False)
    zone = forms.CharField(max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("back"):
            try:
                data["due_at"] = read_moment(data.get("due_at", ""), read_zone(data.get("zone", "")))
            except ValidationError as error:
                self.add_error("due_at", error)
        return data
