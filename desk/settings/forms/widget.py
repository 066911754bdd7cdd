"""One chat: how it looks, what it asks, when it is open, what it says unasked."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calendars.models import Calendar
from channels_in.kinds.chat import origins, triggers
from channels_in.models import BotFlow, ChatWidget
from common.text import number, storable
from desk.settings.forms.fields import ColourField, WordsField
from people.models import Team
from tickets.models import Brand

TEXTS: dict[str, tuple[Any, Any, int]] = {
    "title": (_("Title"), _("Without one: the brand's name."), 60),
    "greeting": (_("Greeting"), _("What stands there before anything is said."), 300),
    "away": (_("When nobody is there"), _("Above the form for a message."), 300),
    "consent": (_("Consent"), _("Visitors tick a box before they write. Empty: no box."), 1000),
}
ASKS: dict[str, Any] = {
    "name": pgettext_lazy("of a person", "Name"),
    "email": _("E-mail address"),
    "phone": _("Phone"),
    "topic": _("Topic"),
}
_HOW = [
    ("off", _("Not asked")),
    ("optional", pgettext_lazy("field", "Optional")),
    ("required", pgettext_lazy("field", "Required")),
]
_ENDING = re.compile(r"[a-z0-9]{1,10}\Z")
MOST_SITES = 50


class SitesField(WordsField):
    """Origins, one a line, cleaned to what browsers send."""

    def clean(self, value: Any) -> list[str]:
        found = []
        for word in super().clean(value):
            try:
                found.append(origins.clean(word if "://" in word else f"https://{word}"))
            except ValueError as error:
                raise ValidationError(
                    _("“%(word)s” is no site: write it like https://shop.example, without a path."),
                    params={"word": word[:100]},
                ) from error
        if len(found) > MOST_SITES:
            raise ValidationError(_("At most %(most)d sites."), params={"most": MOST_SITES})
        return list(dict.fromkeys(found))


class EndingsField(WordsField):
    """Endings of file names, without their dot."""

    def clean(self, value: Any) -> list[str]:
        found = [word.lstrip("*.") for word in super().clean(value)]
        for word in found:
            if not _ENDING.match(word):
                raise ValidationError(
                    _("“%(word)s” is no ending of a file name."), params={"word": word[:40]}
                )
        return list(dict.fromkeys(found))


class NewWidgetForm(forms.Form):
    """What a chat needs to exist."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), help_text=_("For colleagues."), max_length=120
    )
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=Brand.objects.none(), empty_label=None)
    team = forms.ModelChoiceField(
        label=_("Team"),
        help_text=_("Whose people take its chats."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("No team"),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, widget: ChatWidget | None = None) -> None:
        self.widget = widget
        super().__init__(data, initial=_initial(widget))
        inbox = widget.inbox if widget else None
        self._offer("brand", Brand.objects.filter(is_active=True), inbox.brand_id if inbox else None)
        self._offer("team", Team.objects.filter(is_active=True), inbox.team_id if inbox else None)

    def _offer(self, name: str, rows: Any, chosen: int | None) -> None:
        """Those in use, and the one that is set even if it is not any more."""
        self.fields[name].queryset = rows | rows.model.objects.filter(pk=chosen)  # type: ignore[attr-defined]


class WidgetForm(NewWidgetForm):
    """Reads only; ``channels_in.kinds.chat.widgets`` writes. Texts and triggers are read by hand."""

    is_active = forms.BooleanField(
        label=_("In use"), help_text=_("Switched off, sites show no chat."), required=False
    )
    bot = forms.ModelChoiceField(
        label=_("Bot"),
        help_text=_("Who receives visitors, before a person does."),
        queryset=BotFlow.objects.none(),
        required=False,
        empty_label=_("No bot"),
    )
    colour = ColourField(label=_("Colour"))
    own_colour = forms.BooleanField(label=_("A colour of its own"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=ChatWidget.Theme)
    side = forms.ChoiceField(label=_("Where the button is"), choices=ChatWidget.Side)
    calendar = forms.ModelChoiceField(
        label=_("Working hours"),
        help_text=_("Outside them visitors leave a message."),
        queryset=Calendar.objects.none(),
        required=False,
        empty_label=_("Always, while somebody is there"),
    )
    longest_queue = forms.IntegerField(
        label=_("Longest queue"),
        help_text=_("Who comes when so many wait leaves a message."),
        min_value=1,
        max_value=500,
    )
    pick_up_seconds = forms.IntegerField(
        label=_("Seconds to take a chat"),
        help_text=_("Then it is offered to somebody else."),
        min_value=10,
        max_value=3600,
    )
    quiet_minutes = forms.IntegerField(
        label=_("Minutes until a chat ends"),
        help_text=_("Counted from the last word, once the visitor has gone. The ticket stays as it is."),
        min_value=5,
        max_value=1440,
    )
    blocked_types = EndingsField(
        label=_("Refused files"),
        help_text=_("Endings of file names; what runs on a computer is refused from the beginning."),
        required=False,
    )
    sites = SitesField(
        label=_("Sites that may show it"),
        help_text=_("One a line: https://shop.example, or https://*.shop.example for all below it."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, widget: ChatWidget) -> None:
        super().__init__(data, widget=widget)
        self._offer("bot", BotFlow.objects.filter(is_deleted=False), widget.bot_id)
        self._offer("calendar", Calendar.objects.filter(is_active=True), widget.calendar_id)
        self.texts, self.asks = widget.texts, widget.asks
        self.triggers: list[dict[str, Any]] = widget.triggers
        if data is not None:
            self.texts, self.asks = _texts(data), _asks(data)
            self.triggers = _triggers(data)
        self.trigger_errors: list[str] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if len(self.triggers) > triggers.MOST:
            self.trigger_errors.append(_("At most %(most)d messages.") % {"most": triggers.MOST})
        for place, one in enumerate(self.triggers, 1):
            if not any(one["texts"].values()):
                self.trigger_errors.append(_("Message %(number)d says nothing.") % {"number": place})
            if one["seconds"] is None:
                words = _("Message %(number)d: write whole seconds, up to an hour.") % {"number": place}
                self.trigger_errors.append(words)
        if self.trigger_errors:
            self.add_error(None, _("Look at the messages that are said unasked."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """What to write."""
        found = dict(self.cleaned_data)
        if not found.pop("own_colour"):
            found["colour"] = ""
        return {**found, "texts": self.texts, "asks": self.asks, "triggers": self.triggers}

    @property
    def text_rows(self) -> list[tuple[str, Any, Any, int]]:
        return [(name, *words) for name, words in TEXTS.items()]

    @property
    def ask_rows(self) -> list[tuple[str, Any, str]]:
        return [(name, words, self.asks.get(name, "off")) for name, words in ASKS.items()]

    @property
    def how(self) -> list[tuple[str, Any]]:
        return _HOW


def _initial(widget: ChatWidget | None) -> dict[str, Any]:
    if widget is None:
        return {}
    inbox = widget.inbox
    return {
        "name": inbox.name,
        "brand": inbox.brand_id,
        "team": inbox.team_id,
        "is_active": inbox.is_active,
        "bot": widget.bot_id,
        "colour": widget.colour or inbox.brand.colour,
        "own_colour": bool(widget.colour),
        "theme": widget.theme,
        "side": widget.side,
        "calendar": widget.calendar_id,
        "longest_queue": widget.longest_queue,
        "pick_up_seconds": widget.pick_up_seconds,
        "quiet_minutes": widget.quiet_minutes,
        "blocked_types": " ".join(widget.blocked_types),
        "sites": widget.sites,
    }


def _texts(data: QueryDict) -> dict[str, dict[str, str]]:
    found = {}
    for code, _name in settings.LANGUAGES:
        own = {
            name: text
            for name, (_label, _hint, limit) in TEXTS.items()
            if (text := storable(data.get(f"{name}.{code}", "")).replace("\r\n", "\n").strip()[:limit])
        }
        if own:
            found[code] = own
    return found


def _asks(data: QueryDict) -> dict[str, str]:
    known = {value for value, _words in _HOW}
    return {name: how for name in ASKS if (how := data.get(f"asks-{name}", "off")) in known and how != "off"}


def _triggers(data: QueryDict) -> list[dict[str, Any]]:
    """Rows as they stand, the empty ones left out; seconds that are none are None."""
    columns = {name: data.getlist(f"trigger-{name}") for name in ("on", "contains", "seconds", "visits")}
    words = {code: data.getlist(f"trigger-text.{code}") for code, _name in settings.LANGUAGES}
    found = []
    for place in range(min(len(columns["contains"]), triggers.MOST + 1)):
        row = {name: (values[place] if place < len(values) else "") for name, values in columns.items()}
        texts = {
            code: storable(values[place]).strip()[: triggers.LONGEST_TEXT]
            for code, values in words.items()
            if place < len(values)
        }
        if not row["contains"].strip() and not any(texts.values()):
            continue
        seconds = number(row["seconds"].strip() or "0")
        found.append(
            {
                "on": row["on"] != "no",
                "contains": storable(row["contains"]).strip()[:200],
                "seconds": seconds if seconds is not None and seconds <= triggers.LONGEST_SECONDS else None,
                "returning": row["visits"] == "returning",
                "texts": texts,
            }
        )
    return found
