"""An office with fifty rules, and mails of which it is known which rules each of them meets.

``python -m bench.fifty PORT`` makes it in an empty database; the outgoing mails go to that port of loopback.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

SUPPORT = "support@fifty.bench.test"
AGENTS = 10
ROOM = 200  # mails that each agent may have open

TOPICS = (
    "счёт", "доставка", "возврат", "помол", "кофемашина", "подписка",
    "пароль", "скидка", "зерно", "фильтр", "магазин", "обучение",
)  # fmt: skip
ORDERS = 12  # rules that look for order numbers of their own thousand
QUEUES, MODULES, GOLDEN = 10, 5, 6
LAST = "Найти исполнителя"


@dataclass(frozen=True)
class Mail:
    """The ``number``-th mail; what is in it follows from the number."""

    number: int

    @property
    def topic(self) -> int:
        return self.number % len(TOPICS)

    @property
    def order(self) -> int:
        return self.number % ORDERS + 1 if self.number % 3 else 0

    @property
    def is_golden(self) -> bool:
        return self.number % 4 == 0

    @property
    def sender(self) -> str:
        domain = ("gold", "plain", "someone", "another")[self.number % 4]
        return f"vera{self.number % 40}@{domain}.bench.test"

    def letter(self, identity: str) -> EmailMessage:
        made = EmailMessage()
        made["From"], made["To"] = f"Вера Серова <{self.sender}>", SUPPORT
        made["Subject"] = f"Вопрос {self.number}: {TOPICS[self.topic]}"
        made["Message-ID"] = f"<{identity}-{self.number}@fifty.bench.test>"
        order = f"Это заказ № {self.order}{self.number % 1000:03}." if self.order else "Заказа ещё нет."
        made.set_content(f"Здравствуйте!\n\n{order} Всё ли с ним хорошо?\n\nВера\n")
        return made

    def expected(self) -> set[str]:
        """The names of the rules that act on it."""
        found = {f"Тема {self.topic}", "Всегда открыто", LAST}
        if self.order:
            found.add(f"Заказ {self.order}")
        if self.topic < QUEUES:
            found.add(f"Очередь {self.topic}")
        if self.topic < MODULES:
            found.add(f"Модуль {self.topic}")
        if self.is_golden and self.topic < GOLDEN:
            found.add(f"Золото {self.topic}")
            found.add("Срочное днём")
        return found


def _leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(conditions)}


def rules(open_always: int, open_rarely: int) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, conditions, action of each, in order. The calendars: one works now, one does not."""
    for number, word in enumerate(TOPICS):
        yield f"Тема {number}", _all(_leaf("subject", "contains", word)), _tag(f"тема-{number}")
    for number in range(1, ORDERS + 1):
        pattern = rf"\b(заказ\w*|order)\s*№?\s*{number}\d{{3}}\b"
        yield f"Заказ {number}", _all(_leaf("message_text", "matches", pattern)), _tag(f"заказ-{number}")
    for number in range(QUEUES):
        tags = _leaf("tags", "in", [f"тема-{number}", f"очередь-{number}"])
        field = {"do": "set_field", "key": "module", "value": f"module-{number}"}
        action = field if number < MODULES else _tag(f"очередь-{number}")
        yield f"Очередь {number}", _all(tags, _leaf("channel", "is", "email")), action
    for number in range(MODULES):
        yield f"Модуль {number}", _all(_leaf("field.module", "is", f"module-{number}")), _tag("модуль")
    for number in range(GOLDEN):
        tier = _leaf("tier", "is", "gold")
        urgent = {"do": "set_priority", "value": "urgent"}
        yield f"Золото {number}", _all(tier, _leaf("subject", "contains", TOPICS[number])), urgent
    now, never = _leaf("working_time", "in", [open_always]), _leaf("working_time", "in", [open_rarely])
    high = {"any": [_leaf("priority", "is", "high"), _leaf("priority", "is", "urgent")]}
    yield "Всегда открыто", _all(now), _tag("в-рабочее-время")
    yield "Никогда не открыто", _all(never), _tag("вне-рабочего-времени")
    yield "Срочное днём", _all(now, high), {"do": "notify", "who": ["leads"], "text": "Срочное обращение"}
    yield "Срочное ночью", _all(never, high), {"do": "note", "text": "Ночью отвечает дежурный"}
    yield LAST, _all(_leaf("team", "not_empty"), _leaf("assignee", "empty")), {"do": "assign"}


def _tag(name: str) -> dict[str, Any]:
    return {"do": "add_tags", "value": [name]}


def make(smtp_port: int, *, with_rules: bool = True, room: int = ROOM) -> None:
    """The office. Without rules and policies it is what it was before there were any."""
    from calendars.starter import make_calendar
    from channels_in.models import Inbox
    from people.models import Access, Membership, Organization, Role, Team, User
    from tickets import starter
    from tickets.models import Brand

    starter.make_statuses()
    starter.make_views()
    make_calendar(zone="Europe/Moscow", language="ru")
    brand = Brand.objects.create(name="Тихий помол", slug="fifty", language="ru")
    team = Team.objects.create(name="Первая линия", strategy="least_loaded")
    maria = User.objects.create_user(
        "maria@fifty.bench.test", name="Мария", role=Role.ADMINISTRATOR, access=Access.ALL
    )
    Membership.objects.create(team=team, user=maria, is_lead=True)
    User.objects.filter(pk=maria.pk).update(is_available=False)
    for number in range(AGENTS):
        agent = User.objects.create_user(
            f"agent{number}@fifty.bench.test", name=f"Агент {number}", role=Role.AGENT,
            capacity={"email": room},
        )  # fmt: skip
        Membership.objects.create(team=team, user=agent)
    Organization.objects.create(name="Золотой клиент", domains=["gold.bench.test"], tier="gold")
    Organization.objects.create(name="Обычный клиент", domains=["plain.bench.test"], tier="standard")
    Inbox.objects.create(
        brand=brand, name="Поддержка", address=SUPPORT, team=team, smtp_host="127.0.0.1", smtp_port=smtp_port,
        smtp_security="none", sign="none",
    )  # fmt: skip
    if with_rules:
        _make_field()
        _make_policies()
        _make_rules()


def _make_field() -> None:
    from journal.actor import Actor
    from tickets.commands.custom_fields import create_field

    create_field(
        actor=Actor.system("bench"), kind="choice", key="module", labels={"ru": "Модуль", "en": "Module"},
        choices=[{"value": f"module-{n}", "labels": {"ru": f"Модуль {n}"}} for n in range(QUEUES)],
    )  # fmt: skip


def _make_policies() -> None:
    """Four, of which the starter's, the last, catches all."""
    from journal.actor import Actor
    from sla.commands import save_policy
    from sla.starter import make_policy

    standard = make_policy("ru")
    assert standard is not None
    for name, condition in (
        ("Золото", _leaf("tier", "is", "gold")),
        ("Срочное", _leaf("priority", "is", "urgent")),
        ("Модули", _leaf("field.module", "not_empty")),
    ):
        save_policy(
            None, name=name, conditions=_all(condition), calendar=None, targets=standard.current.targets,
            actor=Actor.system("bench"),
        )  # fmt: skip


def _make_rules() -> None:
    from calendars.arithmetic import Definition
    from calendars.commands import save_calendar
    from common import clock
    from journal.actor import Actor
    from routing.commands import save_rule, switch_rule

    actor = Actor.system("bench")
    day = ((0, 86_400),)
    far = (clock.now() + timedelta(days=3)).weekday()
    calendars = [
        save_calendar(None, name=name, definition=Definition(zone="UTC", week=week), actor=actor).calendar_id
        for name, week in (
            ("Круглосуточно", (day,) * 7),
            ("Раз в неделю", tuple(day if weekday == far else () for weekday in range(7))),
        )
    ]
    made = list(rules(*calendars))
    assert len(made) == 50
    for name, conditions, action in made:
        definition = {"trigger": {"on": "ticket_opened"}, "conditions": conditions, "actions": [action]}
        switch_rule(
            save_rule(None, name=name, definition=definition, actor=actor).pk, is_enabled=True, actor=actor
        )


if __name__ == "__main__":
    import django

    django.setup()
    make(int(sys.argv[1]), with_rules="--without-rules" not in sys.argv)
