"""One question of a service's form, and what surrounds the questions. Reads only; ``channels_in`` writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from channels_in.form_cleaning import FIELD_FILLED_BY, FILLED_BY, LIMITS, MAX_HELP, MAX_LABEL, MAX_WORDS
from channels_in.form_fields import offered_by
from channels_in.models import FormField, ServiceForm, WebForm
from common.labels import in_language
from common.text import number
from desk.settings.forms.custom_field import rows_of
from desk.settings.forms.fields import WordsField
from people.models import Team
from tickets.models import CustomField, Service

LANGUAGES = [code for code, _name in settings.LANGUAGES]
Kind, Fills = FormField.Kind, FormField.Fills


class FormFieldForm(forms.Form):
    """The words, the condition, the limits and what the answer fills.

    Conditions come as ``shown_by`` (a question's id) and ``shown_value`` ("id:value", several): only those of
    the chosen question count, so that a page without JavaScript can show them all.
    """

    required = forms.BooleanField(label=_("Has to be answered"), required=False)
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_("For other sites' forms. Left empty, it is made of the English words. It never changes."),
    )
    length = forms.CharField(label=_("Characters at most"), max_length=20, required=False)
    least = forms.CharField(label=_("Smallest"), max_length=20, required=False)
    most = forms.CharField(label=_("Greatest"), max_length=20, required=False)
    whole = forms.BooleanField(label=_("Whole numbers only"), required=False)
    not_past = forms.BooleanField(label=_("Not before today"), required=False)
    not_future = forms.BooleanField(label=_("Not after today"), required=False)
    count = forms.CharField(label=_("How many at most"), max_length=20, required=False)
    endings = WordsField(
        label=_("Only these endings"),
        required=False,
        help_text=_("For example: pdf, png. Empty: everything but programs."),
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        service: Service,
        kind: str,
        earlier: Sequence[FormField],
        row: FormField | None = None,
    ) -> None:
        self.kind, self.row, self.earlier, self.service = kind, row, earlier, service
        super().__init__(data, initial=_initial(row) if row is not None else {})
        for code, name in settings.LANGUAGES:
            self._words(f"label_{code}", _("Question"), MAX_LABEL, name)
            self._words(f"help_{code}", _("Hint under it"), MAX_HELP, name)
        for name in set(FormFieldForm.base_fields) - {"required", "key", *LIMITS.get(kind, frozenset())}:
            del self.fields[name]
        if row is not None:
            del self.fields["key"]
        self.rows = rows_of(data) if data is not None else list(row.choices if row is not None else [])
        self.shown_by = (
            data.get("shown_by", "") if data is not None else str(row.shown_by_id or "") if row else ""
        )
        self.shown_values = set(data.getlist("shown_value")) if data is not None else _chosen(row)
        self.fills = data.get("fills", "") if data is not None else _fills(row)

    def _words(self, name: str, label: Any, limit: int, language: str) -> None:
        field = forms.CharField(label=label, max_length=limit, required=False)
        field.language = language  # type: ignore[attr-defined]  # for the template
        self.fields[name] = field

    @property
    def label_fields(self) -> list[Any]:
        return [self[f"label_{code}"] for code in LANGUAGES]

    @property
    def help_fields(self) -> list[Any]:
        return [self[f"help_{code}"] for code in LANGUAGES]

    @property
    def limit_fields(self) -> list[Any]:
        return [
            self[name] for name in FormFieldForm.base_fields if name in LIMITS.get(self.kind, frozenset())
        ]

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """Each earlier question with the answers that can show this one."""
        return [
            {
                "id": str(row.pk),
                "label": row.label,
                "values": [
                    {"value": f"{row.pk}:{value}", "words": in_language(dict(labels))}
                    for value, labels in offered_by(row, self.service.brand)
                ],
            }
            for row in self.earlier
        ]

    @property
    def fill_choices(self) -> list[tuple[str, Any]]:
        """What an answer of this kind can fill."""
        found: list[tuple[str, Any]] = [("", Fills.NOTHING.label)]
        found += [(name, Fills(name).label) for name, kinds in FILLED_BY.items() if self.kind in kinds]
        return found + [
            (f"field:{row.pk}", f"{Fills.FIELD.label}: {row.label}") for row in self._custom_fields()
        ]

    def _custom_fields(self) -> Iterable[CustomField]:
        kinds = [kind for kind, by in FIELD_FILLED_BY.items() if self.kind in by]
        own = Q(brand=None) | Q(brand=self.service.brand) if self.service.brand else Q(brand=None)
        return CustomField.objects.filter(own, kind__in=kinds, is_active=True)

    @property
    def values(self) -> dict[str, Any]:
        """As ``channels_in.form_fields`` takes them."""
        cleaned = self.cleaned_data
        shown_by = next((row for row in self.earlier if str(row.pk) == self.shown_by), None)
        own = f"{self.shown_by}:"
        fills, _colon, field_id = self.fills.partition(":")
        wanted = number(field_id)
        return {
            "labels": {code: cleaned[f"label_{code}"] for code in LANGUAGES},
            "help": {code: cleaned[f"help_{code}"] for code in LANGUAGES},
            "required": cleaned["required"],
            "choices": [row for row in self.rows if any(text.strip() for text in row["labels"].values())],
            "limits": {name: cleaned[name] for name in LIMITS.get(self.kind, frozenset())},
            "shown_by": shown_by,
            "shown_values": [value.removeprefix(own) for value in self.shown_values if value.startswith(own)],
            "fills": fills,
            "custom_field": next((row for row in self._custom_fields() if row.pk == wanted), None),
        }


def _initial(row: FormField) -> dict[str, Any]:
    found: dict[str, Any] = {"required": row.required, **row.limits}
    for code in LANGUAGES:
        found[f"label_{code}"] = row.labels.get(code, "")
        found[f"help_{code}"] = row.help.get(code, "")
    return found


def _chosen(row: FormField | None) -> set[str]:
    return {f"{row.shown_by_id}:{value}" for value in row.shown_values} if row is not None else set()


def _fills(row: FormField | None) -> str:
    if row is None:
        return ""
    return f"field:{row.custom_field_id}" if row.fills == Fills.FIELD else row.fills


class ServiceWordsForm(forms.Form):
    """Where a service's requests go, and what its form says above the questions and after sending."""

    team = forms.ModelChoiceField(
        label=_("Team"),
        help_text=_("New requests go to its queue. Without one, the brand's forms decide."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("As the brand's forms"),
    )

    def __init__(self, data: QueryDict | None = None, *, row: ServiceForm | None) -> None:
        initial: dict[str, Any] = {"team": row.team_id if row else None}
        super().__init__(data, initial=initial)
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        for name, label in (
            ("intro", _("Above the questions")),
            ("thanks", _("What happens next, after sending")),
        ):
            for code, language in settings.LANGUAGES:
                field = forms.CharField(
                    label=label,
                    max_length=MAX_WORDS,
                    required=False,
                    initial=(getattr(row, name) if row else {}).get(code, ""),
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
                field.language = language  # type: ignore[attr-defined]  # for the template
                self.fields[f"{name}_{code}"] = field

    @property
    def words_fields(self) -> list[Any]:
        return [self[f"{name}_{code}"] for name in ("intro", "thanks") for code in LANGUAGES]

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {"team": self.cleaned_data["team"]}
        for name in ("intro", "thanks"):
            found[name] = {code: self.cleaned_data[f"{name}_{code}"] for code in LANGUAGES}
        return found


class WebFormForm(forms.Form):
    """A brand's forms: in use, where their requests go, and which sites may have them."""

    is_active = forms.BooleanField(
        label=_("In use"),
        help_text=_("Switched off, no form is taken, and the portal says so."),
        required=False,
    )
    acknowledge = forms.BooleanField(
        label=_("Answer with the number by mail"),
        help_text=_("With a link that proves the address of who is not signed in."),
        required=False,
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        help_text=_("New requests go to its queue, unless their service has a team of its own."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("No team"),
    )
    challenge = forms.ChoiceField(
        label=_("Ask browsers for a proof of work"),
        help_text=_(
            "A second of sums that people do not notice and robots find dear. Nobody else hears of it."
        ),
        choices=WebForm.Challenge,
    )
    sites = WordsField(
        label=_("Sites"),
        help_text=_("That may have the form on their pages, one a line: https://www.example.org"),
        required=False,
    )
    embeds = forms.BooleanField(label=_("In a frame, by a script tag"), required=False)
    plain_posts = forms.BooleanField(label=_("As a plain HTML form of their own"), required=False)

    def __init__(self, data: QueryDict | None = None, *, row: WebForm | None) -> None:
        initial: dict[str, Any] = {
            "is_active": True,
            "acknowledge": True,
            "challenge": WebForm.Challenge.AUTO,
        }
        if row is not None:
            own = {name: getattr(row, name) for name in ("challenge", "sites", "embeds", "plain_posts")}
            shared = {name: getattr(row.inbox, name) for name in ("is_active", "acknowledge")}
            initial = {**own, **shared, "team": row.inbox.team_id}
        super().__init__(data, initial=initial)
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField

    @property
    def values(self) -> Mapping[str, Any]:
        return dict(self.cleaned_data)
