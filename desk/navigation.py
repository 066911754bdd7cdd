"""The stops of the slim navigation beyond tickets, search and the new ticket: upper parts add theirs."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk.request import DeskRequest
from desk.settings.menu import PAGES
from people.access import Permission, may


@dataclass(frozen=True)
class Stop:
    """``name`` is the URL it leads to; ``names``, those under which it is the current one.

    Whoever has one of ``permissions`` has the stop.
    """

    name: str
    icon: str
    words: str | Promise
    permissions: tuple[Permission, ...]
    names: tuple[str, ...] = ()


SETTINGS = tuple(dict.fromkeys(page.permission for page in PAGES))


def settings_pages() -> tuple[str, ...]:
    """Every page under the settings but those that have a stop of their own."""
    return tuple(name for page in PAGES if page.name != "quarantine" for name in (page.name, *page.names))


STOPS = [
    Stop(
        "customers",
        "users",
        _("Customers"),
        (Permission.READ,),
        ("customers", "customer", "customer_merge", "organizations", "organization", "new_organization"),
    ),
    Stop(
        "problems",
        "bug",
        _("Problems"),
        (Permission.READ,),
        ("problems", "problem", "new_problem", "problem_details", "problem_message"),
    ),
    Stop(
        "quarantine",
        "shield-lock",
        _("Quarantine"),
        (Permission.MANAGE_INBOXES,),
        ("quarantine", "quarantined"),
    ),
    Stop("settings", "settings", _("Settings"), SETTINGS, settings_pages()),
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
        if any(may(request.user, permission) for permission in stop.permissions):
            try:
                href = reverse(stop.name)
            except NoReverseMatch:
                continue
            shown.append(Shown(stop.name, stop.names, href, stop.icon, str(stop.words)))
    return shown
