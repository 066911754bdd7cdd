"""One mail inbox: how its mail comes in, how it goes out, what is done with it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels_in.inboxes import SECRETS
from channels_in.models import Inbox
from desk.settings.forms.fields import AddressesField, SecretField, WordsField
from people.models import Team
from tickets.models import Brand

# Which secret belongs to which server: it is asked again when the server becomes another.
_GUARDED = {
    "imap_password": ("imap_host",),
    "smtp_password": ("smtp_host",),
    "oauth_client_secret": ("oauth_token_url",),
    "oauth_refresh_token": ("oauth_token_url",),
}
_LAST_PORT = 65535


class InboxForm(forms.Form):
    """Reads only; ``channels_in.inboxes`` writes."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), help_text=_("For colleagues, and in From."), max_length=120
    )
    address = forms.EmailField(label=_("Address"), help_text=_("What customers write to, and our From."))
    aliases = AddressesField(
        label=_("Further addresses"),
        help_text=_("That lead to the same mailbox, one a line."),
        required=False,
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
        label=_("In use"), help_text=_("Switched off, nothing is fetched, taken or sent."), required=False
    )

    fetch = forms.ChoiceField(label=_("How mail comes in"), choices=Inbox.Fetch, widget=forms.RadioSelect)
    imap_host = forms.CharField(label=_("IMAP server"), max_length=255, required=False)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=_LAST_PORT)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=Inbox.Security)
    imap_user = forms.CharField(
        label=_("User name"), help_text=_("Often the whole address."), max_length=320, required=False
    )
    imap_password = SecretField(label=_("Password"))
    imap_folder = forms.CharField(label=_("Folder"), max_length=255, required=False)
    imap_after = forms.ChoiceField(
        label=_("Once a mail is stored here"),
        help_text=_("In the mailbox. We keep the raw mail either way."),
        choices=Inbox.AfterStoring,
    )
    imap_move_to = forms.CharField(label=_("Folder to move it to"), max_length=255, required=False)

    smtp_host = forms.CharField(label=_("SMTP server"), max_length=255, required=False)
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=_LAST_PORT)
    smtp_security = forms.ChoiceField(label=_("Encryption"), choices=Inbox.Security)
    smtp_user = forms.CharField(
        label=_("User name"), help_text=_("Often the whole address."), max_length=320, required=False
    )
    smtp_password = SecretField(label=_("Password"))

    sign = forms.ChoiceField(
        label=_("How we sign in"),
        help_text=_("To both servers. Large providers accept only OAuth 2.0."),
        choices=Inbox.Sign,
    )
    oauth_client_id = forms.CharField(label=_("Client id"), max_length=255, required=False)
    oauth_client_secret = SecretField(label=_("Client secret"))
    oauth_refresh_token = SecretField(label=_("Refresh token"))
    oauth_token_url = forms.URLField(
        label=_("Token address"), max_length=200, required=False, assume_scheme="https"
    )
    oauth_scope = forms.CharField(label=_("Scope"), max_length=500, required=False)

    acknowledge = forms.BooleanField(
        label=_("Acknowledge each new ticket"),
        help_text=_("The customer gets its number at once. Never sent to machines, and within a budget."),
        required=False,
    )
    quote_history = forms.BooleanField(
        label=_("Quote the conversation under replies"),
        help_text=_("Most mail programs show it anyway."),
        required=False,
    )
    plus_addresses = forms.BooleanField(
        label=_("Signed reply addresses"),
        help_text=_(
            "Answers find their ticket even when a mail program drops the headers. "
            "Only if the domain delivers name+anything@ too."
        ),
        required=False,
    )
    authserv_ids = WordsField(
        label=_("Whose sender checks we believe"),
        help_text=_(
            "The name your own mail server signs Authentication-Results with, e.g. mx.example.org. "
            "Others' are ignored."
        ),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, inbox: Inbox | None = None) -> None:
        self.inbox = inbox
        start = inbox or Inbox()
        initial = {
            name: getattr(start, f"{name}_id" if name in {"brand", "team"} else name)
            for name in self.base_fields
            if name not in SECRETS
        }
        super().__init__(data, initial=initial)
        self._offer("brand", Brand.objects.filter(is_active=True), inbox.brand_id if inbox else None)
        self._offer("team", Team.objects.filter(is_active=True), inbox.team_id if inbox else None)
        for name in SECRETS:
            if inbox is not None and getattr(inbox, name):
                self.fields[name].widget.attrs["placeholder"] = _("Kept; write to replace it")

    def _offer(self, name: str, rows: Any, chosen: int | None) -> None:
        """Those in use, and the one that is set even if it is not any more."""
        self.fields[name].queryset = rows | rows.model.objects.filter(pk=chosen)  # type: ignore[attr-defined]

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("fetch") == Inbox.Fetch.IMAP:
            self._need("imap_host", _("Which server keeps the mailbox?"))
            self._need("imap_user", _("Who signs in there?"))
        if data.get("imap_after") == Inbox.AfterStoring.MOVE:
            self._need("imap_move_to", _("Which folder?"))
        if data.get("sign") == Inbox.Sign.OAUTH2:
            self._need("oauth_client_id", _("OAuth 2.0 needs it."))
            self._need("oauth_token_url", _("OAuth 2.0 needs it."))
        data["imap_folder"] = data.get("imap_folder") or "INBOX"
        self._guard_secrets(data)
        return data

    def _need(self, name: str, words: Any) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, words)

    def _guard_secrets(self, data: dict[str, Any]) -> None:
        """A stored secret never goes to a server it was not entered for."""
        if self.inbox is None:
            return
        for secret, servers in _GUARDED.items():
            stored = getattr(self.inbox, secret)
            moved = any(data.get(name) != getattr(self.inbox, name) for name in servers)
            if stored and moved and not data.get(secret):
                self.add_error(secret, _("The server is another one now: enter this again."))

    @property
    def values(self) -> dict[str, Any]:
        """What to write: everything, except for secrets that were left alone."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in SECRETS or value or self.inbox is None
        }
