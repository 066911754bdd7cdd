"""What the fields of entries are called, what keys under them are of, and what stored words mean."""

from collections.abc import Callable, Mapping

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from calendars.models import Calendar
from channels_in.models import BotFlow, ChatWidget, FormField, Inbound, Inbox, TelegramBot, WebForm
from desk.presentation import language_name
from desk.settings.forms.tag import COLOURS
from desk.settings.role_words import WORDS
from desk.view_form import ORDER_WORDS
from people.models import Absence, Claim, Contact, Identity, Organization, Skill, StaffRole, Team, User
from people.models.user import Role
from tickets.models import Brand, Column, CustomField, Problem, Service, Status, View

LABELS: dict[str, str | Promise] = {
    # of many things
    "name": pgettext_lazy("of a thing", "Name"),
    "labels": pgettext_lazy("of a thing", "Name"),
    "is_active": gettext_lazy("In use"),
    "is_enabled": gettext_lazy("In use"),
    "position": gettext_lazy("Place"),
    "order": gettext_lazy("Order"),
    "kind": gettext_lazy("Kind"),
    "key": gettext_lazy("Key"),
    "colour": gettext_lazy("Colour"),
    "icon": gettext_lazy("Icon"),
    "description": gettext_lazy("Description"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "signature": gettext_lazy("Signature"),
    "team": gettext_lazy("Team"),
    "team_id": gettext_lazy("Team"),
    "brand": gettext_lazy("Brand"),
    "brand_id": gettext_lazy("Brand"),
    "brand_ids": gettext_lazy("Brands"),
    "calendar": gettext_lazy("Business calendar"),
    "calendar_id": gettext_lazy("Business calendar"),
    "previous_id": gettext_lazy("Until then"),
    "note": gettext_lazy("Note"),
    "notes": gettext_lazy("Notes"),
    "reason": gettext_lazy("Reason"),
    "since": gettext_lazy("Since"),
    "words": gettext_lazy("Words"),
    "starts_at": gettext_lazy("From"),
    "ends_at": gettext_lazy("Until"),
    "valid_from": gettext_lazy("From"),
    "valid_until": gettext_lazy("Until"),
    # people
    "email": gettext_lazy("E-mail address"),
    "role": gettext_lazy("Role"),
    "role_kind": gettext_lazy("Kind"),
    "custom_role": gettext_lazy("Role of the company’s own"),
    "custom_role_id": gettext_lazy("Role of the company’s own"),
    "copied_from": gettext_lazy("Made as a copy of"),
    "permissions": gettext_lazy("What it may"),
    "access": gettext_lazy("Sees"),
    "people": gettext_lazy("People who have it"),
    "available": gettext_lazy("Takes new tickets"),
    "spoken": gettext_lazy("Languages"),
    "capacity": gettext_lazy("Capacity"),
    "teams": gettext_lazy("Teams"),
    "skills": gettext_lazy("Skills"),
    "members": gettext_lazy("Members"),
    "leads": gettext_lazy("Leads"),
    "line": gettext_lazy("Line"),
    "escalates_to": gettext_lazy("Escalates to"),
    "hands_over_to": gettext_lazy("Hands over to"),
    "strategy": gettext_lazy("Who gets the next ticket"),
    "shift_end": gettext_lazy("Open tickets when somebody's shift ends"),
    "on_reopen": gettext_lazy("A ticket that comes back is"),
    "absence_kind": gettext_lazy("Why"),
    "password": gettext_lazy("Password"),
    # customers
    "organization": gettext_lazy("Organisation"),
    "domains": gettext_lazy("Domains"),
    "tier": gettext_lazy("Tier"),
    "identity_kind": gettext_lazy("Kind"),
    "value": gettext_lazy("Value"),
    "proof": gettext_lazy("Known by"),
    "source": gettext_lazy("Known by"),
    "merged_id": gettext_lazy("Customer"),
    "into_id": gettext_lazy("Customer"),
    "from_id": gettext_lazy("Customer"),
    "other_id": gettext_lazy("Customer"),
    "pattern": gettext_lazy("Address"),
    # what is automatic
    "conditions": gettext_lazy("Conditions"),
    "actions": gettext_lazy("Actions"),
    # tickets' words
    "category": gettext_lazy("Category"),
    "field_kind": gettext_lazy("Kind"),
    "choices": gettext_lazy("Choices"),
    "keywords": gettext_lazy("Further words it is found by"),
    "is_public": gettext_lazy("In the portal's catalogue"),
    "service": gettext_lazy("Service"),
    "folder": gettext_lazy("Folder"),
    "texts": gettext_lazy("Texts"),
    "columns": gettext_lazy("Columns"),
    "grouping": gettext_lazy("Grouping"),
    "filters": gettext_lazy("Filters"),
    "owner": pgettext_lazy("problem", "Owner"),
    "owner_id": pgettext_lazy("problem", "Owner"),
    # forms
    "help": gettext_lazy("Hint under it"),
    "required": gettext_lazy("Has to be answered"),
    "fills": gettext_lazy("Fills in"),
    "limits": gettext_lazy("Limits"),
    "custom_field": gettext_lazy("Ticket field"),
    "shown_by": gettext_lazy("Shown by the answer to"),
    "shown_values": gettext_lazy("Shown by these answers"),
    "intro": gettext_lazy("Above the questions"),
    "thanks": gettext_lazy("What happens next, after sending"),
    "sites": gettext_lazy("Sites"),
    "embeds": gettext_lazy("In a frame, by a script tag"),
    "plain_posts": gettext_lazy("As a plain HTML form of their own"),
    "challenge": gettext_lazy("Ask browsers for a proof of work"),
    # brands
    "logo_path": gettext_lazy("Logo"),
    "portal_is_on": gettext_lazy("Customers have a portal"),
    "portal_host": gettext_lazy("Host of its own"),
    "portal_languages": gettext_lazy("Languages of the portal"),
    "portal_welcome": gettext_lazy("Words above the search"),
    "portal_sees": gettext_lazy("Besides their own requests customers see"),
    "portal_tells_times": gettext_lazy("Tell when an answer and a solution are expected"),
    # inboxes, chats, bots
    "address": gettext_lazy("Address"),
    "aliases": gettext_lazy("Further addresses"),
    "acknowledge": gettext_lazy("Acknowledge each new ticket"),
    "plus_addresses": gettext_lazy("Signed reply addresses"),
    "authserv_ids": gettext_lazy("Whose sender checks we believe"),
    "quote_history": gettext_lazy("Quote the conversation under replies"),
    "fetch": gettext_lazy("How mail comes in"),
    "imap_host": gettext_lazy("IMAP server"),
    "imap_port": gettext_lazy("IMAP: port"),
    "imap_security": gettext_lazy("IMAP: encryption"),
    "imap_user": gettext_lazy("IMAP: user name"),
    "imap_password": gettext_lazy("IMAP: password"),
    "imap_folder": gettext_lazy("IMAP: folder"),
    "imap_after": gettext_lazy("Once a mail is stored here"),
    "imap_move_to": gettext_lazy("Folder to move it to"),
    "smtp_host": gettext_lazy("SMTP server"),
    "smtp_port": gettext_lazy("SMTP: port"),
    "smtp_security": gettext_lazy("SMTP: encryption"),
    "smtp_user": gettext_lazy("SMTP: user name"),
    "smtp_password": gettext_lazy("SMTP: password"),
    "sign": gettext_lazy("How we sign in"),
    "oauth_client_id": gettext_lazy("Client id"),
    "oauth_client_secret": gettext_lazy("Client secret"),
    "oauth_refresh_token": gettext_lazy("Refresh token"),
    "oauth_token_url": gettext_lazy("Token address"),
    "oauth_scope": gettext_lazy("Scope"),
    "identity_secret": gettext_lazy("Secret for signed visitors"),
    "theme": gettext_lazy("Theme"),
    "side": gettext_lazy("Where the button is"),
    "asks": gettext_lazy("Asks before the chat"),
    "longest_queue": gettext_lazy("Longest queue"),
    "pick_up_seconds": gettext_lazy("Seconds to take a chat"),
    "quiet_minutes": gettext_lazy("Minutes until a chat ends"),
    "blocked_types": gettext_lazy("Refused files"),
    "bot": gettext_lazy("Bot"),
    "triggers": gettext_lazy("Invitations"),
    "token": gettext_lazy("Token"),
    "api_url": gettext_lazy("Bot API server"),
    "mode": gettext_lazy("How updates come"),
    "allow_groups": gettext_lazy("Listen in groups"),
    "inbound_id": gettext_lazy("Message"),
    "ticket_id": gettext_lazy("Ticket"),
    "status": gettext_lazy("Status"),
    "url": gettext_lazy("Address"),
    # problems
    "title": pgettext_lazy("problem", "Title"),
    "problem_kind": gettext_lazy("Kind"),
    "stage": pgettext_lazy("problem", "Stage"),
    "tracker_url": gettext_lazy("Link to the tracker"),
    "tracker_title": gettext_lazy("Title in the tracker"),
    "tracker_state": gettext_lazy("State in the tracker"),
}
# What keys under a name stand for.
NAMED: dict[str, type[Model]] = {
    "teams": Team, "team": Team, "team_id": Team, "escalates_to": Team, "hands_over_to": Team,
    "skills": Skill, "members": User, "leads": User, "owner": User, "owner_id": User,
    "brand": Brand, "brand_id": Brand, "brand_ids": Brand, "calendar": Calendar, "calendar_id": Calendar,
    "bot": BotFlow, "organization": Organization, "custom_field": CustomField, "previous_id": Status,
    "custom_role": StaffRole, "custom_role_id": StaffRole, "copied_from": StaffRole, "service": Service,
    "shown_by": FormField, "merged_id": Contact, "into_id": Contact, "from_id": Contact,
    "other_id": Contact, "other": Contact,
}  # fmt: skip
# Lists whose order says nothing: told is what came and what went.
SETS = frozenset(
    {
        "teams", "skills", "members", "leads", "brand_ids", "permissions", "spoken", "columns", "domains",
        "aliases", "sites", "blocked_types", "portal_languages", "authserv_ids", "shown_values",
    }
)  # fmt: skip
# What a stored word is called: the choices of a model's field.
_CHOSEN: dict[str, tuple[type[Model], str]] = {
    "role": (User, "role"), "access": (User, "access"), "tier": (Organization, "tier"),
    "strategy": (Team, "strategy"), "shift_end": (Team, "shift_end"), "on_reopen": (Team, "on_reopen"),
    "category": (Status, "category"), "problem_kind": (Problem, "kind"), "stage": (Problem, "stage"),
    "field_kind": (CustomField, "kind"), "absence_kind": (Absence, "kind"),
    "identity_kind": (Identity, "kind"), "proof": (Identity, "proof"), "source": (Claim, "source"),
    "status": (Inbound, "status"), "grouping": (View, "grouping"),
    "portal_sees": (Brand, "portal_sees"), "challenge": (WebForm, "challenge"), "fills": (FormField, "fills"),
    "fetch": (Inbox, "fetch"), "sign": (Inbox, "sign"), "imap_security": (Inbox, "imap_security"),
    "smtp_security": (Inbox, "smtp_security"), "imap_after": (Inbox, "imap_after"),
    "theme": (ChatWidget, "theme"), "side": (ChatWidget, "side"), "mode": (TelegramBot, "mode"),
}  # fmt: skip
_MEANT: dict[str, Mapping[str, str | Promise]] = {
    "columns": {str(value): label for value, label in Column.choices},
    "role_kind": {str(value): label for value, label in Role.choices},
    "permissions": {str(one): words.name for one, words in WORDS.items()},
    "order": ORDER_WORDS,
}
_BY_CODE: dict[str, Callable[[str], str]] = {
    "language": language_name, "spoken": language_name, "portal_languages": language_name
}  # fmt: skip
_COLOURS = dict(COLOURS)


def label_of(field: str) -> str:
    """What a field is called; one nobody has words for is called as in the code."""
    return str(LABELS.get(field) or field.removesuffix("_id").replace("_", " "))


def chosen(field: str, value: str | int) -> str:
    """What one of the choices of a field is called; empty for what is none."""
    if field in _BY_CODE and isinstance(value, str) and value:
        return _BY_CODE[field](value)
    if field == "colour":
        return str(_COLOURS.get(str(value), ""))
    if field in _MEANT:
        return str(_MEANT[field].get(str(value), ""))
    model, name = _CHOSEN.get(field, (None, ""))
    choices = getattr(model._meta.get_field(name), "flatchoices", ()) if model is not None else ()
    return str(dict(choices).get(value, ""))
