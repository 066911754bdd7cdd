"""The stops of the slim navigation beyond tickets, search and the new ticket: upper parts add theirs."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk.request import DeskRequest
from people.access import Permission, may


@dataclass(frozen=True)
class Stop:
    """``name`` is the URL it leads to; ``names``, those under which it is the current one."""

    name: str
    icon: str
    words: str | Promise
    permission: Permission
    names: tuple[str, ...] = ()


SETTINGS = (
    "inboxes", "inbox", "new_inbox", "inbox_check", "blocked_senders", "mail_health", "users", "user",
    "new_user", "teams", "team_settings", "new_team", "brands", "brand", "new_brand",
)  # fmt: skip

STOPS = [
    Stop(
        "quarantine", "shield-lock", _("Quarantine"), Permission.MANAGE_INBOXES, ("quarantine", "quarantined")
    ),
    Stop("settings", "settings", _("Settings"), Permission.MANAGE_INBOXES, SETTINGS),
]


@dataclass(frozen=True)
class Shown:
    name: str
    names: tuple[str, ...]
    href: str
    icon: str
    words: str


def navigation(request: DeskRequest) -> list[Shown]:
    """The stops this person has, as far as their pages exist."""
    shown = []
    for stop in STOPS:
        if may(request.user, stop.permission):
            try:
                href = reverse(stop.name)
            except NoReverseMatch:
                continue
            shown.append(Shown(stop.name, stop.names, href, stop.icon, str(stop.words)))
    return shown
