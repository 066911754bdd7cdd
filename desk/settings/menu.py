"""The list of settings pages, as far as this person has them, and the frame every one is drawn in."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels_in.models import Inbound
from desk.request import DeskRequest
from people.access import Permission, may

MOST = 999  # what a count says at most


@dataclass(frozen=True)
class Page:
    """``name`` is its URL; ``names``, those of the pages under it."""

    name: str
    icon: str
    words: str | Promise
    group: str | Promise
    permission: Permission
    names: tuple[str, ...] = ()


_MAIL, _PEOPLE = _("Mail"), _("Organisation")
_CONNECTIONS = _("Connections")
_WORK = pgettext_lazy("settings", "Work")
_RULES = Permission.MANAGE_RULES
_INBOXES, _STAFF = Permission.MANAGE_INBOXES, Permission.MANAGE_PEOPLE
PAGES = [
    Page("inboxes", "mail", _("Inboxes"), _MAIL, _INBOXES, ("inbox", "new_inbox", "inbox_check")),
    Page("quarantine", "shield-lock", _("Quarantine"), _MAIL, _INBOXES, ("quarantined",)),
    Page("blocked_senders", "ban", _("Blocked senders"), _MAIL, _INBOXES),
    Page("mail_health", "progress", _("Mail health"), _MAIL, _INBOXES),
    Page("users", "users", _("People"), _PEOPLE, _STAFF, ("user", "new_user")),
    Page("roles", "shield-check", _("Roles"), _PEOPLE, _STAFF, ("role", "new_role")),
    Page("teams", "users-group", _("Teams"), _PEOPLE, _RULES, ("team_settings", "new_team")),
    Page("brands", "palette", _("Brands"), _PEOPLE, _STAFF, ("brand", "new_brand")),
    Page("audit", "history", _("Changes"), _PEOPLE, Permission.AUDIT),
    Page(
        "calendars",
        "calendar-time",
        _("Business calendars"),
        _WORK,
        _RULES,
        ("calendar", "new_calendar", "calendar_draft", "new_calendar_draft"),
    ),
    Page("staff", "calendar-week", _("Staff"), _WORK, _RULES, ("member",)),
    Page("skills", "certificate", _("Skills"), _WORK, _RULES, ("skill", "new_skill")),
    Page("waiting", "hourglass", _("Waiting list"), _WORK, _RULES),
    Page("fairness", "scale", _("Fairness"), _WORK, _RULES, ("fairness_tickets",)),
    Page("rules", "route", _("Rules"), _WORK, _RULES, ("rule", "new_rule", "simulations", "simulation")),
    # Everybody has their own macros there; from the menu only those who manage the shared ones come to it.
    Page("macros", "message-2", _("Macros"), _WORK, _RULES, ("macro", "new_macro", "macro_removal")),
    Page("sla_policies", "target", _("SLA policies"), _WORK, _RULES, ("sla_policy", "new_sla_policy")),
    Page("services", "list-check", _("Services"), _WORK, _RULES, ("service", "new_service")),
    Page("topics", "tag", _("Topics"), _WORK, _RULES, ("topic_settings", "new_topic")),
    Page("statuses", "circle-half", _("Statuses"), _WORK, _RULES, ("status_settings", "new_status")),
    Page(
        "tags_settings",
        "tags",
        _("Tags"),
        _WORK,
        _RULES,
        ("tag_settings", "tag_merging", "tag_settings_removal"),
    ),
    Page("custom_fields", "forms", _("Ticket fields"), _WORK, _RULES, ("custom_field", "new_custom_field")),
    Page(
        "web_forms",
        "select",
        _("Web forms"),
        _CONNECTIONS,
        _INBOXES,
        ("web_form_settings", "service_form", "new_form_field", "form_field"),
    ),
    Page("chats_settings", "messages", _("Chats"), _CONNECTIONS, _INBOXES, ("chat_settings", "new_chat")),
    Page("bots", "robot", _("Bots"), _CONNECTIONS, _RULES, ("bot", "new_bot")),
    Page(
        "telegram_bots",
        "brand-telegram",
        _("Telegram bots"),
        _CONNECTIONS,
        _INBOXES,
        ("telegram_bot", "new_telegram_bot", "telegram_bot_check", "telegram_bot_deletion"),
    ),
    Page(
        "webhooks",
        "webhook",
        _("Webhooks"),
        _CONNECTIONS,
        Permission.MANAGE_WEBHOOKS,
        ("webhook", "new_webhook"),
    ),
]


def menu(request: DeskRequest) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups of links; the quarantine says how many mails wait in it."""
    match = request.resolver_match
    here = match.url_name if match else ""
    groups: dict[str, list[dict[str, Any]]] = {}
    for page in PAGES:
        current = here == page.name or here in page.names
        if not may(request.user, page.permission) and not current:
            continue
        count = quarantined() if page.name == "quarantine" else 0
        groups.setdefault(str(page.group), []).append(
            {
                "href": reverse(page.name),
                "icon": page.icon,
                "words": str(page.words),
                "current": current,
                "count": f"{MOST}+" if count > MOST else str(count or ""),
            }
        )
    return list(groups.items())


def quarantined() -> int:
    """How many mails are in quarantine, counted to a thousand: a bounded look at a partial index."""
    return Inbound.objects.filter(status=Inbound.Status.QUARANTINED)[: MOST + 1].count()


def page(
    request: DeskRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A settings page with its list of pages."""
    answer = render(
        request, f"desk/settings/{template}.html", {"menu": menu(request), **(context or {})}, status=status
    )
    # Of a page that is stored nowhere "back" brings no form as it was filled in.
    answer["Cache-Control"] = "private, no-cache"
    return answer
