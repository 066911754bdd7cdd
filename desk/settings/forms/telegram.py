"""One Telegram bot: its token, how its updates come, whom it serves."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels_in.kinds.telegram.api import TOKEN, ApiError, Unreachable
from channels_in.kinds.telegram.connecting import Me, can_be_called, look
from channels_in.models import Inbox, TelegramBot
from desk.settings.forms.fields import SecretField
from people.models import Team
from tickets.models import Brand

_OF_BOT = ("mode", "allow_groups", "api_url")


class BotForm(forms.Form):
    """Reads, and asks Telegram whose token it is; ``channels_in.kinds.telegram.bots`` writes."""

    token = SecretField(
        label=_("Token"), help_text=_("From @BotFather in Telegram: /newbot, or /token for one there is.")
    )
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        help_text=_("For colleagues; empty: as the bot is called."),
        max_length=120,
    )
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=Brand.objects.none(), empty_label=None)
    team = forms.ModelChoiceField(
        label=_("Team"),
        help_text=_("New tickets go to its queue."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("No team"),
    )
    is_active = forms.BooleanField(
        label=_("In use"), help_text=_("Switched off, the bot neither hears nor answers."), required=False
    )
    mode = forms.ChoiceField(label=_("How updates come"), choices=TelegramBot.Mode, widget=forms.RadioSelect)
    api_url = forms.ChoiceField(
        label=_("Bot API server"),
        help_text=_("Offered are those that the installation allows."),
        required=False,
    )
    allow_groups = forms.BooleanField(
        label=_("Listen in groups"),
        help_text=_(
            "Whatever the bot hears in a group becomes a ticket of the group. "
            "Without this it answers in private only."
        ),
        required=False,
    )
    acknowledge = forms.BooleanField(
        label=_("Acknowledge each new ticket"),
        help_text=_("The customer gets its number at once."),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, inbox: Inbox | None = None) -> None:
        self.inbox = inbox
        self.me: Me | None = None
        start = inbox or Inbox()
        bot = inbox.telegram if inbox else TelegramBot(mode=_likely_mode())
        initial: dict[str, Any] = {name: getattr(bot, name) for name in _OF_BOT}
        for name in ("name", "is_active", "acknowledge"):
            initial[name] = getattr(start, name)
        initial |= {"brand": start.brand_id, "team": start.team_id}
        super().__init__(data, initial=initial)
        self._offer("brand", Brand.objects.filter(is_active=True), start.brand_id)
        self._offer("team", Team.objects.filter(is_active=True), start.team_id)
        self.fields["api_url"].choices = _servers(bot.api_url)  # type: ignore[attr-defined]
        self.fields["name"].required = inbox is not None
        if inbox is not None:
            self.fields["token"].widget.attrs["placeholder"] = _("Kept; write to replace it")

    @property
    def offers_servers(self) -> bool:
        return len(self.fields["api_url"].choices) > 1  # type: ignore[attr-defined]

    def _offer(self, name: str, rows: Any, chosen: int | None) -> None:
        """Those in use, and the one that is set even if it is not any more."""
        self.fields[name].queryset = rows | rows.model.objects.filter(pk=chosen)  # type: ignore[attr-defined]

    def clean_token(self) -> str:
        token = str(self.cleaned_data.get("token") or "").strip()
        if not token and self.inbox is None:
            raise forms.ValidationError(_("Enter the bot's token."))
        if token and not TOKEN.fullmatch(token):
            raise forms.ValidationError(_("A token looks like 123456:ABC-DEF… , nothing before or after it."))
        return token

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        api_url = data.get("api_url") or ""
        if data.get("mode") == TelegramBot.Mode.WEBHOOK and not can_be_called(api_url):
            self.add_error(
                "mode",
                _("Telegram calls HTTPS addresses only, and this installation's is %(url)s.")
                % {"url": settings.BASE_URL},
            )
        if not self.errors and data.get("is_active"):
            self._ask(data, api_url)
        if not data.get("name") and self.me is not None:
            data["name"] = self.me.name or f"@{self.me.username}"
        return data

    def _ask(self, data: dict[str, Any], api_url: str) -> None:
        """Whose token it is. One that was tested before is asked again where the server is another."""
        token = data.get("token") or ""
        moved = self.inbox is not None and self.inbox.telegram.api_url != api_url
        if not token and not moved:
            return
        if moved and not token:
            self.add_error("token", _("Enter the token again: it goes to another server."))
            return
        try:
            self.me = look(token, api_url)
        except ApiError as error:
            self.add_error("token", _("Telegram does not take it: %(said)s") % {"said": error.description})
        except Unreachable as error:
            self.add_error("token", error.words)

    @property
    def values(self) -> dict[str, Any]:
        """For the verbs; without a token where the old one stays."""
        values = dict(self.cleaned_data)
        if not values["token"]:
            del values["token"]
        return values


def _likely_mode() -> str:
    public = settings.BASE_URL.startswith("https://")
    return TelegramBot.Mode.WEBHOOK if public else TelegramBot.Mode.POLLING


def _servers(chosen: str) -> list[tuple[str, str]]:
    """The first allowed one is written as empty, so that it can change without touching bots."""
    first, *others = settings.TELEGRAM_API_URLS
    rows = [("", first), *((url, url) for url in others)]
    return rows if chosen in dict(rows) else [*rows, (chosen, chosen)]
