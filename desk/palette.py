"""The commands of the palette: every place this person may go to, and what can be done here.

A command leads to an address, or presses what is on the page already: a key of the desk (``press``), a
control (``click``), or the button of a menu (``opens``). What ``needs`` names must be on the page. So the
palette can do nothing that the page cannot, and asks for no permission of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from desk.navigation import STOPS, Stop
from desk.request import DeskRequest
from desk.settings.menu import PAGES, Page
from people.access import Permission, may
from tickets import listing


@dataclass(frozen=True)
class Command:
    """``also``: further words it is found by; ``keys``: the shortcut that does the same."""

    words: str
    icon: str
    href: str = ""
    press: str = ""
    click: str = ""
    opens: str = ""
    needs: str = ""
    keys: tuple[str, ...] = ()
    also: str = ""


Group = tuple[str, list[Command]]
_OPEN = "ticket-view"
_HEAD, _MENU = "#ticket-head", "#head-menu"


def commands(request: DeskRequest) -> list[Group]:
    """What this person has, in groups; those about the open ticket first."""
    return [
        (_("This ticket"), list(_ticket())),
        (_("Views"), list(_views(request))),
        (_("Go to"), list(_places(request))),
        (_("Settings"), list(_settings(request))),
        (_("You"), list(_own(request))),
    ]


def _ticket() -> Iterator[Command]:
    mine = f"{_HEAD} button[name=assignee]"
    yield Command(_("Assign to me"), "user-check", click=mine, needs=mine, also=_("Take it"))
    for words, icon, key, needs in [
        (_("Assign …"), "user", "a", "#side-assignee"),
        (_("Set the status …"), "circle-check", "s", "#head-status"),
        (_("Set the priority …"), "urgent", "p", "#side-priority"),
        (_("Add a tag …"), "tag", "t", "#side-tag"),
        (_("Reply"), "arrow-back-up", "r", "ticket-composer input[value=reply]"),
        (_("Write a private note"), "lock", "n", "ticket-composer"),
        (_("Pass on, or ask for help"), "switch-horizontal", "e", "#head-hand"),
    ]:
        yield Command(words, icon, press=key, needs=needs, keys=(key,))
    macros = '[data-keys="m"]'
    yield Command(_("Apply a macro …"), "sparkles", click=macros, needs=macros, keys=("m",))
    yield Command(_("Set the topic …"), "bookmark", opens="side-topic", needs="#side-topic")
    yield Command(_("Move to a team …"), "users", opens="side-team", needs="#side-team")
    yield Command(_("Snooze …"), "clock-pause", opens="head-snooze", needs="#head-snooze")
    for words, value in [
        (_("Snooze for an hour"), "1h"),
        (_("Snooze until tomorrow at 9:00"), "tomorrow"),
        (_("Snooze until next Monday at 9:00"), "monday"),
    ]:
        yield _button(words, "clock-pause", f'#head-snooze button[value="{value}"]')
    yield _button(_("Wake now"), "clock-play", '#head-snooze button[hx-post$="/snooze/removal/"]')
    yield Command(_("Apply a rule"), "bolt", opens="head-rules", needs="#head-rules")
    for words, icon, button in [
        (_("Follow"), "bell", 'button[hx-post$="/following/"]'),
        (_("Stop following"), "bell-off", 'button[hx-post$="/following/removal/"]'),
        (_("Mark as unread"), "mail", "button[data-unread]"),
        (_("Copy the link"), "link", "button[data-copy]"),
        (_("Print, or save as PDF"), "printer", 'a[href$="/print/"]'),
        (_("Forward to somebody outside"), "mail-forward", "button[data-dialog=forward]"),
        (_("Merge into another ticket"), "git-merge", "button[data-dialog=merge]"),
        (_("Link to another ticket"), "link", "button[data-dialog=link]"),
        (_("Mark as spam"), "ban", 'button[hx-post$="/spam/"]'),
        (_("Not spam"), "shield-check", 'button[hx-post$="/spam/removal/"]'),
    ]:
        yield _button(words, icon, f"{_MENU} {button}")
    yield Command(
        _("Show or hide the side panel"), "layout-sidebar-right", press="i", needs=_OPEN, keys=("i",)
    )


def _button(words: str, icon: str, selector: str) -> Command:
    return Command(words, icon, click=selector, needs=selector)


def _views(request: DeskRequest) -> Iterator[Command]:
    for view in listing.views_of(request.user):
        also = " ".join(str(label) for label in view.labels.values())
        yield Command(view.label, view.icon, reverse("view", args=[view.pk]), also=also)


def _places(request: DeskRequest) -> Iterator[Command]:
    if may(request.user, Permission.REPLY):
        yield Command(_("New ticket"), "pencil", reverse("new_ticket"), keys=("c",))
    yield Command(_("Search"), "search", reverse("search"), keys=("/",))
    yield Command(_("Notices"), "bell", reverse("notices"), keys=("g", "n"))
    for stop in STOPS:
        # The settings have a group of their own, and the quarantine stands in it.
        if stop.name not in {"settings", "quarantine"} and _open_to(request, stop):
            yield from _page(stop.words, stop.icon, stop.name)
    yield Command(_("Organisations"), "building", reverse("organizations"), also=_in_english("Organisations"))
    yield Command(_("Keyboard shortcuts"), "keyboard", press="?", keys=("?",))


def _open_to(request: DeskRequest, stop: Stop) -> bool:
    return any(may(request.user, permission) for permission in stop.permissions)


def _settings(request: DeskRequest) -> Iterator[Command]:
    for page in PAGES:
        if may(request.user, page.permission):
            yield from _page(page.words, page.icon, page.name, _group(page))
    yield Command(_("Your settings"), "user-cog", reverse("profile"))


def _group(page: Page) -> str:
    return str(page.group)


def _page(words: str | Promise, icon: str, name: str, also: str = "") -> Iterator[Command]:
    try:
        href = reverse(name)
    except NoReverseMatch:  # of a part that is not installed
        return
    yield Command(str(words), icon, href, also=f"{also} {_in_english(words)}")


def _in_english(words: str | Promise) -> str:
    """Many know the pages by their English names, whatever language they read."""
    with override("en"):
        return str(words)


def _own(request: DeskRequest) -> Iterator[Command]:
    takes = request.user.is_available
    yield Command(
        _("Take no new tickets") if takes else _("Take new tickets"),
        "coffee" if takes else "circle-check",
        click="#availability button[role=switch]",
        needs="#availability",
        also=_("Availability, break"),
    )
    for value, words, icon in [
        ("light", pgettext("palette", "Theme: light"), "sun"),
        ("dark", pgettext("palette", "Theme: dark"), "moon"),
        ("auto", pgettext("palette", "Theme: as the system"), "device-mobile"),
    ]:
        yield Command(words, icon, click=f"[data-theme-form] input[value={value}]", needs="[data-theme-form]")
    for code, name in settings.LANGUAGES:
        words = pgettext("palette", "Language: %(name)s") % {"name": name}
        button = f'button[name=language][value="{code}"]'
        yield Command(words, "language", click=button, needs=button, also="language")
