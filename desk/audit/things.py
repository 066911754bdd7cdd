"""What entries are about: by their stream, what it is called and where it is changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from calendars.models import Calendar
from channels_in.models import BotFlow, ChatWidget, Inbox, TelegramBot
from common.text import within_quotes
from journal.models import Entry
from notifications.models import Webhook
from people.models import Contact, Organization, Skill, StaffRole, Team, User
from routing.models import Rule
from sla.models import Policy
from tickets.models import (
    Brand,
    CustomField,
    Macro,
    Problem,
    Service,
    Status,
    Tag,
    Ticket,
    Topic,
    View,
)


@dataclass(frozen=True)
class Sort:
    """A sort of thing. ``noun`` takes ``name``; ``address``: of the page where it is changed."""

    noun: str | Promise
    model: type[Model] | None
    address: str
    group: str


# The filter's choices, in this order.
GROUPS: dict[str, str | Promise] = {
    "people": gettext_lazy("Colleagues, roles, teams and skills"),
    "customers": gettext_lazy("Customers and organisations"),
    "automation": gettext_lazy("Rules, SLA and calendars"),
    "tickets": gettext_lazy("Statuses, fields, topics, services and tags"),
    "lists": gettext_lazy("Views, exports and macros"),
    "channels": gettext_lazy("Brands, inboxes, forms, chats and bots"),
    "systems": gettext_lazy("Webhooks and other settings"),
    "problems": gettext_lazy("Problems and messages to all"),
    "removal": gettext_lazy("Deleted and blacked out in tickets"),
}
SORTS: dict[str, Sort] = {
    "user": Sort(gettext_lazy("colleague %(name)s"), User, "user", "people"),
    "role": Sort(gettext_lazy("role “%(name)s”"), StaffRole, "role", "people"),
    "team": Sort(gettext_lazy("team “%(name)s”"), Team, "team_settings", "people"),
    "skill": Sort(gettext_lazy("skill “%(name)s”"), Skill, "skill", "people"),
    "contact": Sort(gettext_lazy("customer %(name)s"), Contact, "customer", "customers"),
    "organization": Sort(gettext_lazy("organisation “%(name)s”"), Organization, "organization", "customers"),
    "rule": Sort(gettext_lazy("rule “%(name)s”"), Rule, "rule", "automation"),
    "policy": Sort(gettext_lazy("SLA policy “%(name)s”"), Policy, "sla_policy", "automation"),
    "calendar": Sort(gettext_lazy("calendar “%(name)s”"), Calendar, "calendar", "automation"),
    "status": Sort(gettext_lazy("status “%(name)s”"), Status, "status_settings", "tickets"),
    "custom_field": Sort(gettext_lazy("ticket field “%(name)s”"), CustomField, "custom_field", "tickets"),
    "topic": Sort(gettext_lazy("topic “%(name)s”"), Topic, "topic_settings", "tickets"),
    "service": Sort(gettext_lazy("service “%(name)s”"), Service, "service", "tickets"),
    "tag": Sort(gettext_lazy("tag “%(name)s”"), Tag, "tag_settings", "tickets"),
    "view": Sort(gettext_lazy("view “%(name)s”"), View, "view_definition", "lists"),
    "macro": Sort(gettext_lazy("macro “%(name)s”"), Macro, "macro", "lists"),
    "brand": Sort(gettext_lazy("brand “%(name)s”"), Brand, "brand", "channels"),
    "inbox": Sort(gettext_lazy("inbox “%(name)s”"), Inbox, "inbox", "channels"),
    "bot_flow": Sort(gettext_lazy("bot “%(name)s”"), BotFlow, "bot", "channels"),
    "webhook": Sort(gettext_lazy("webhook “%(name)s”"), Webhook, "webhook", "systems"),
    "settings": Sort("%(name)s", None, "", "systems"),
    "problem": Sort(gettext_lazy("problem “%(name)s”"), Problem, "problem", "problems"),
    "ticket": Sort(pgettext_lazy("audit", "ticket #%(name)s"), Ticket, "ticket", "removal"),
}
_OTHER = Sort("%(name)s", None, "", "systems")
# Settings without a stream of their own (``journal.settings_log``).
SETTINGS: dict[str, tuple[str | Promise, str]] = {
    "blocked_sender": (gettext_lazy("blocked sender %(name)s"), "blocked_senders"),
    "profile": (gettext_lazy("own profile of %(name)s"), ""),
    "sign_in": (gettext_lazy("sign-in of %(name)s"), ""),
}


@dataclass(frozen=True)
class Thing:
    """``href`` is empty for what is gone."""

    words: str
    href: str


class Things:
    """The names of all that some entries are about, each sort in one query."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        wanted: dict[str, set[int]] = {}
        for entry in entries:
            wanted.setdefault(entry.stream_type, set()).add(entry.stream_id)
        self._rows: dict[tuple[str, int], Any] = {}
        for stream, ids in wanted.items():
            model = sort_of(stream).model
            if model is not None and model is not Ticket:  # a ticket's number is its name
                self._rows |= {(stream, pk): row for pk, row in model._default_manager.in_bulk(ids).items()}
        tickets = Ticket.objects.filter(pk__in=wanted.get("ticket", ()), deleted_at=None)
        self._tickets = set(tickets.values_list("pk", flat=True))
        chats = [pk for pk in wanted.get("inbox", ()) if self._kind(pk) == Inbox.Kind.CHAT]
        self._chats = (
            dict(ChatWidget.objects.filter(inbox__in=chats).values_list("inbox_id", "pk")) if chats else {}
        )

        bots = [pk for pk in wanted.get("inbox", ()) if self._kind(pk) == Inbox.Kind.TELEGRAM]
        self._bots = set(
            TelegramBot.objects.filter(inbox__in=bots).values_list("inbox_id", flat=True) if bots else ()
        )

    def of(self, entry: Entry) -> Thing:
        stream, pk = entry.stream_type, entry.stream_id
        if stream == "settings":
            return _setting(entry)
        sort = sort_of(stream)
        if stream == "ticket":
            href = reverse("ticket", args=[pk]) if pk in self._tickets else ""
            return Thing(str(sort.noun) % {"name": pk}, href)
        if stream == "inbox" and pk == 0:
            return Thing(_("automatic mail"), reverse("mail_health"))
        if stream == "rule" and pk == 0:
            return Thing(_("rules"), reverse("rules"))
        row = self._rows.get((stream, pk))
        name = _name(row) if row is not None else _told(entry) or f"#{pk}"
        return Thing(str(sort.noun) % {"name": within_quotes(name)}, self._href(stream, sort, row))

    def _href(self, stream: str, sort: Sort, row: Any) -> str:
        if row is None or not sort.address:
            return ""
        if stream == "inbox":
            return self._inbox(row)
        gone = getattr(row, "is_deleted", False)
        if gone or (isinstance(row, View) and not row.is_active):
            return ""
        if isinstance(row, View | Macro) and row.owner_id is not None:
            return ""  # one's own: nobody else opens it
        return reverse(sort.address, args=[row.pk])

    def _inbox(self, row: Inbox) -> str:
        match row.kind:
            case Inbox.Kind.EMAIL:
                return reverse("inbox", args=[row.pk])
            case Inbox.Kind.TELEGRAM if row.pk in self._bots:
                return reverse("telegram_bot", args=[row.pk])
            case Inbox.Kind.FORM:
                return reverse("web_form_settings", args=[row.brand_id])
            case Inbox.Kind.CHAT if row.pk in self._chats:
                return reverse("chat_settings", args=[self._chats[row.pk]])
        return ""

    def _kind(self, pk: int) -> str:
        row = self._rows.get(("inbox", pk))
        return str(row.kind) if row is not None else ""


def sort_of(stream: str) -> Sort:
    return SORTS.get(stream, _OTHER)


def streams_of(group: str) -> list[str]:
    return [stream for stream, sort in SORTS.items() if sort.group == group]


def _name(row: Any) -> str:
    return str(row.label if hasattr(row, "labels") else getattr(row, "name", "") or row)


def _told(entry: Entry) -> str:
    """What the entry itself calls what is gone."""
    data = entry.data
    if isinstance(labels := data.get("labels"), dict) and labels:
        return str(next(iter(labels.values())))
    return str(data.get("name") or data.get("title") or data.get("email") or data.get("address") or "")


def _setting(entry: Entry) -> Thing:
    noun, address = SETTINGS.get(entry.data["thing"], ("%(name)s", ""))
    href = reverse(address) if address else ""
    if entry.data["thing"] in {"profile", "sign_in"}:
        href = reverse("user", args=[entry.stream_id])
    return Thing(str(noun) % {"name": entry.data["name"]}, href)
