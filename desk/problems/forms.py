"""What the forms of problems accept. They only read; verbs write."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from channels_in.broadcasts import words
from common.text import storable
from desk.presentation import clean_rich, language_words
from desk.seen import Guarded
from people.models import User
from tickets.commands.broadcasts import MAX_PER_MINUTE, MAX_TEXT
from tickets.commands.problems import MAX_DESCRIPTION
from tickets.models import Brand, Category, Problem, ProblemKind, Stage, Status


class ProblemForm(Guarded):
    """A problem's own words. ``description_html`` comes from the editor, the other one without scripts."""

    title = forms.CharField(label=pgettext_lazy("problem", "Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=ProblemKind)
    description = forms.CharField(
        label=_("Description"),
        help_text=_("For colleagues only: what happens, how to see it, what helps meanwhile."),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    description_html = forms.CharField(required=False, max_length=4 * MAX_DESCRIPTION, strip=False)
    owner = forms.ModelChoiceField(
        User.objects.none(), label=pgettext_lazy("problem", "Owner"), required=False, empty_label=_("Nobody")
    )
    brand = forms.ModelChoiceField(
        Brand.objects.none(), label=_("Brand"), required=False, empty_label=_("All brands")
    )
    tracker_url = forms.CharField(
        label=_("Address in your tracker"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://", "spellcheck": "false"}),
    )
    tracker_title = forms.CharField(label=_("Its name there"), required=False, max_length=200)
    tracker_state = forms.CharField(label=_("Its state there"), required=False, max_length=60)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any], **kwargs: Any):
        super().__init__(data, initial=initial, **kwargs)
        owner, brand = initial.get("owner"), initial.get("brand")
        staff = User.objects.staff() | User.objects.filter(pk__in=[owner.pk] if owner else [])
        brands = Brand.objects.filter(is_active=True) | Brand.objects.filter(
            pk__in=[brand.pk] if brand else []
        )
        self.fields["owner"].queryset = staff.order_by("name")  # type: ignore[attr-defined]  # a model field
        self.fields["brand"].queryset = brands.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        html = clean_rich(data.pop("description_html", ""))
        text = data.get("description", "")
        data["description"] = html or escape(text.replace("\r\n", "\n")).replace("\n", "<br>")
        return data


class FilterForm(forms.Form):
    """Which problems a list shows. What it does not know it leaves out."""

    q = forms.CharField(required=False, max_length=100)
    stage = forms.ChoiceField(
        label=pgettext_lazy("problem", "Stage"),
        required=False,
        choices=[("", _("Not solved")), ("all", _("All stages")), *Stage.choices],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *ProblemKind.choices]
    )
    owner = forms.ChoiceField(label=pgettext_lazy("problem", "Owner"), required=False)

    def __init__(self, data: Mapping[str, Any], *, user: User):
        super().__init__(data)
        owners = User.objects.filter(pk__in=Problem.objects.values("owner")).exclude(pk=user.pk)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", gettext("Everybody's")),
            (str(user.pk), gettext("Mine")),
            ("none", gettext("Nobody's")),
            *((str(pk), name) for pk, name in owners.order_by("name").values_list("pk", "name")),
        ]
        for name in ("stage", "kind", "owner"):
            self.fields[name].widget.attrs["class"] = "input"

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for, as it stands in an address."""
        self.is_valid()
        found = {name: storable(str(value)) for name, value in self.cleaned_data.items()}
        return {name: value for name, value in found.items() if value}


class StageForm(forms.Form):
    stage = forms.ChoiceField(choices=Stage)


class BroadcastForm(forms.Form):
    """A message to all who asked: a text in each language, or in one."""

    per_minute = forms.IntegerField(
        label=_("At most a minute"), min_value=1, max_value=MAX_PER_MINUTE, initial=60
    )
    status = forms.ModelChoiceField(
        Status.objects.filter(is_active=True, category=Category.RESOLVED),
        label=_("Set the tickets to"),
        help_text=_("Only those that are open and get the message."),
        required=False,
        empty_label=_("Leave their status"),
    )
    again = forms.BooleanField(
        label=_("Also those who have had a message about this problem"), required=False
    )
    ticket = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    expected = forms.IntegerField(required=False, min_value=0, max_value=10**6)
    sure = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, problem: Problem):
        super().__init__(data)
        for code, _name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=gettext("Message: %(language)s") % {"language": language_words(code)},
                required=False,
                max_length=MAX_TEXT,
                initial=proposal(problem, code),
                widget=forms.Textarea(attrs={"rows": 9, "lang": code}),
            )

    @property
    def text_fields(self) -> list[forms.BoundField]:
        return [self[f"text_{code}"] for code, _name in settings.LANGUAGES]

    @property
    def texts(self) -> dict[str, str]:
        """What is written, by language; before the first look at the form, what is proposed."""
        found = {}
        for code, _name in settings.LANGUAGES:
            name = f"text_{code}"
            text = self.cleaned_data.get(name, "") if self.is_bound else self[name].value()
            if text and text.strip():
                found[code] = text.replace("\r\n", "\n").strip()
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        texts = {code: data.get(f"text_{code}", "") for code, _name in settings.LANGUAGES}
        for code, text in texts.items():
            for name in words.unknown(text)[:1]:
                self.add_error(f"text_{code}", _("There is no variable {{%(name)s}}.") % {"name": name})
        if not any(texts.values()) and not self.errors:
            self.add_error(
                f"text_{settings.LANGUAGES[0][0]}", _("Write the message in at least one language.")
            )
        return data


def proposal(problem: Problem, language: str) -> str:
    """What to say when it is over, in a language; a blank letter before that."""
    with translation.override(language):
        greeting = gettext("Hello, {{contact.first_name}}!")
        asked = gettext("You wrote to us about this in your request #{{ticket.number}}.")
        if problem.stage == Stage.FIXED:
            news = gettext("We have fixed the cause. If you still see it, just answer this message.")
        elif problem.stage == Stage.WONT_FIX:
            news = gettext(
                "We have looked into it and will not change it. If that leaves you with a difficulty, just "
                "answer this message, and we will look for another way together."
            )
        else:
            return f"{greeting}\n\n{asked}"
        thanks = gettext("Thank you for telling us.")
        return f"{greeting}\n\n{asked} {news}\n\n{thanks}"
