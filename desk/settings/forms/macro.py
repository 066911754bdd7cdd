"""A macro. Reads only; ``tickets.commands.macros`` writes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from common.html import to_text
from desk.presentation import clean_rich
from desk.seen import Guarded
from desk.settings.forms.typed_tags import tags_of
from people.models import Team, User
from tickets.commands.macros import MAX_FOLDER, MAX_NAME, MAX_TEXT
from tickets.errors import Invalid
from tickets.macros.actions import MAX_TAG, ME, NOBODY, Action, made, stored
from tickets.models import Brand, Macro, Priority, Status

LANGUAGES = list(settings.LANGUAGES)
OWN, OF_TEAM, ALL = "own", "team", "all"
MOST_TAGS = 10
_NO_CHANGE = pgettext_lazy("action of a macro", "Leave as it is")


class MacroForm(Guarded):
    """Texts come from the editor as ``html_LANGUAGE``, or without JavaScript as plain ``text_LANGUAGE``."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=MAX_NAME)
    folder = forms.CharField(
        label=_("Folder"),
        help_text=_("Groups macros in lists; it is searched, too."),
        max_length=MAX_FOLDER,
        required=False,
        widget=forms.TextInput(attrs={"list": "macro-folders", "autocomplete": "off"}),
    )
    share = forms.ChoiceField(
        label=_("Who has it"),
        choices=[(OWN, _("Only me")), (OF_TEAM, _("One team")), (ALL, _("Everybody"))],
        widget=forms.RadioSelect,
    )
    team = forms.ModelChoiceField(
        label=_("Which team"), queryset=Team.objects.all(), required=False, empty_label=_("Choose a team")
    )
    brand = forms.ModelChoiceField(
        label=_("Brand"), queryset=Brand.objects.all(), required=False, empty_label=_("All brands")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)
    set_status = forms.ModelChoiceField(
        label=_("Status"), queryset=Status.objects.all(), required=False, empty_label=_NO_CHANGE
    )
    assign = forms.ChoiceField(
        label=_("Assignee"),
        choices=[("", _NO_CHANGE), (ME, _("Whoever sends it")), (NOBODY, _("Nobody: back to the queue"))],
        required=False,
    )
    set_team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_NO_CHANGE
    )
    set_priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[("", _NO_CHANGE), *Priority.choices], coerce=int, required=False
    )
    tags = forms.CharField(
        label=_("Add tags"), help_text=_("Separated by commas"), max_length=400, required=False
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        user: User,
        shares: bool,
        row: Macro | None = None,
        copy_of: Macro | None = None,
    ) -> None:
        self.user, self.row = user, row
        shown = row or copy_of
        self.kept: dict[str, str] = dict(shown.texts) if shown else {}
        self.kept_tags = _tags(stored(shown.actions)) if shown else []
        super().__init__(data, initial=_initial(row, copy_of))
        self.fields["share"].required = shares
        if not shares:  # one's own, whatever a browser says
            del self.fields["share"], self.fields["team"]
        for name, model in (("team", Team), ("brand", Brand), ("set_status", Status), ("set_team", Team)):
            if name in self.fields:  # what was switched off stays chosen where it was
                own = Q(pk=self.initial.get(name) or 0)
                queryset = model._default_manager.filter(Q(is_active=True) | own)
                self.fields[name].queryset = queryset  # type: ignore[attr-defined]  # a ModelChoiceField
        for code, name in LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text"),
                max_length=MAX_TEXT,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 7, "lang": code}),
            )
            self.fields[f"text_{code}"].language = name  # type: ignore[attr-defined]  # for the template
            self.fields[f"html_{code}"] = forms.CharField(
                max_length=4 * MAX_TEXT, required=False, strip=False, widget=forms.HiddenInput
            )

    @property
    def texts(self) -> list[tuple[str, Any, str]]:
        """(language, bound field, HTML) of each text, as the editor begins with it."""
        return [(code, self[f"text_{code}"], self.html(code)) for code, _name in LANGUAGES]

    def html(self, code: str) -> str:
        """The text in a language, sanitised: what was sent, else what there is."""
        if not self.is_bound:
            return self.kept.get(code, "")
        if f"html_{code}" in self.data:
            return clean_rich(str(self.data[f"html_{code}"])[: 4 * MAX_TEXT])
        typed = str(self.data.get(f"text_{code}", ""))[:MAX_TEXT].replace("\r\n", "\n").strip()
        if typed == to_text(self.kept.get(code, "")).strip():
            return self.kept.get(code, "")  # without the editor its formatting is not lost
        return clean_rich(f"<div>{escape(typed).replace(chr(10), '<br>')}</div>") if typed else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("share") == OF_TEAM and not data.get("team") and "team" not in self.errors:
            self.add_error("team", _("Choose a team."))
        try:
            data["actions"] = self._actions(data)
        except Invalid as error:
            self.add_error("tags", error.message)
        return data

    def _actions(self, data: Mapping[str, Any]) -> list[Action]:
        found = [made(do, row.pk) for do in ("set_status", "set_team") if (row := data.get(do))]
        if data.get("assign"):
            found.append(made("assign", data["assign"]))
        if data.get("set_priority"):
            found.append(made("set_priority", data["set_priority"]))
        tags = tags_of(data.get("tags", ""), kept=self.kept_tags)
        if len(tags) > MOST_TAGS:
            raise Invalid("tags", gettext_noop("At most %(limit)d tags."), limit=MOST_TAGS)
        if any(len(tag) > MAX_TAG for tag in tags):
            raise Invalid("tags", gettext_noop("A tag may have %(limit)d characters."), limit=MAX_TAG)
        return found + [made("add_tag", tag) for tag in tags]

    def values(self) -> dict[str, Any]:
        """What the verbs take."""
        data = self.cleaned_data
        share = data.get("share", OWN)
        # Nobody opens a colleague's own macro, so an owner is always oneself.
        return {
            "name": data["name"],
            "folder": data["folder"],
            "owner": self.user if share == OWN else None,
            "team": data.get("team") if share == OF_TEAM else None,
            "brand": data["brand"],
            "is_active": data["is_active"],
            "texts": {code: self.html(code) for code, _name in LANGUAGES},
            "actions": data["actions"],
        }


def _initial(row: Macro | None, copy_of: Macro | None) -> dict[str, Any]:
    shown = row or copy_of
    if shown is None:
        return {"is_active": True, "share": OWN}
    share = ALL if shown.owner_id is None else OWN
    initial: dict[str, Any] = {
        "name": shown.name,
        "folder": shown.folder,
        "share": (OF_TEAM if shown.team_id else share) if row else OWN,
        "team": shown.team_id if row else None,
        "brand": shown.brand_id,
        "is_active": shown.is_active,
        **{f"text_{code}": to_text(shown.texts.get(code, "")) for code, _name in LANGUAGES},
        **{f"html_{code}": shown.texts.get(code, "") for code, _name in LANGUAGES},
    }
    actions = stored(shown.actions)
    initial |= {one.do: one.value for one in actions if one.do != "add_tag"}
    initial["tags"] = ", ".join(_tags(actions))
    return initial


def _tags(actions: list[Action]) -> list[str]:
    return [str(one.value) for one in actions if one.do == "add_tag"]
