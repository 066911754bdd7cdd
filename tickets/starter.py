"""What every installation begins with: statuses and views, in both languages.

Making them twice changes nothing.
"""

from typing import Any

from tickets.models import Category, Status, View

STATUSES: list[tuple[Category, str, str]] = [
    (Category.NEW, "New", "Новое"),
    (Category.OPEN, "Open", "В работе"),
    (Category.PENDING, "Pending", "Ждём клиента"),
    (Category.ON_HOLD, "On hold", "Отложено"),
    (Category.RESOLVED, "Solved", "Решено"),
    (Category.CLOSED, "Closed", "Закрыто"),
]

_OPEN = {"field": "category", "op": "in", "value": ["new", "open", "pending", "on_hold"]}
_AWAKE = {"field": "snoozed", "op": "is", "value": False}

VIEWS: list[tuple[str, str, str, str, str, dict[str, Any]]] = [
    (
        "mine", "Mine", "Мои", "user", "due_at",
        {"all": [{"field": "assignee", "op": "is", "value": "me"}, _OPEN, _AWAKE]},
    ),
    (
        "unassigned", "Unassigned", "Без исполнителя", "user-question", "-active_at",
        {"all": [{"field": "assignee", "op": "empty"}, _OPEN, _AWAKE]},
    ),
    (
        "my-teams", "My teams", "Мои группы", "users", "-active_at",
        {"all": [{"field": "team", "op": "in", "value": ["mine"]}, _OPEN, _AWAKE]},
    ),
    ("open", "All open", "Все открытые", "inbox", "-active_at", {"all": [_OPEN]}),
    (
        "waiting", "Waiting for us", "Ждут ответа", "clock", "waiting_since",
        {"all": [{"field": "waiting", "op": "is", "value": True}, _OPEN]},
    ),
    (
        "due-soon", "Due soon", "Скоро срок", "flame", "due_at",
        {"all": [{"field": "due", "op": "not_empty"}, _OPEN]},
    ),
    (
        "snoozed", "Snoozed", "Напомнить позже", "clock-pause", "snoozed_until",
        {"all": [{"field": "snoozed", "op": "is", "value": True}, _OPEN]},
    ),
    (
        "solved", "Recently solved", "Недавно решённые", "circle-check", "-resolved_at",
        {"all": [{"field": "category", "op": "in", "value": ["resolved", "closed"]}]},
    ),
    ("spam", "Spam", "Спам", "ban", "-active_at", {"all": [{"field": "spam", "op": "is", "value": True}]}),
]  # fmt: skip


def make_statuses() -> None:
    """One default status for each category."""
    there = set(Status.objects.filter(is_default=True).values_list("category", flat=True))
    Status.objects.bulk_create(
        Status(category=category, is_default=True, labels={"en": english, "ru": russian})
        for category, english, russian in STATUSES
        if category not in there
    )


def make_views() -> None:
    """The shared views that every desk begins with."""
    there = set(View.objects.filter(owner=None, team=None).values_list("key", flat=True))
    View.objects.bulk_create(
        View(
            key=key,
            labels={"en": english, "ru": russian},
            icon=icon,
            order=order,
            conditions=conditions,
            position=position,
        )
        for position, (key, english, russian, icon, order, conditions) in enumerate(VIEWS)
        if key not in there
    )
