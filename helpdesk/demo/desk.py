"""What the company has made for itself at the desk: macros of its brands, shared views, and what has caused
many tickets."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common import clock
from helpdesk.demo.company import Company
from journal.actor import Actor
from tickets.commands import link_problem, open_problem, set_stage
from tickets.commands.macros import create_macro
from tickets.commands.views import create_view
from tickets.macros.actions import Action
from tickets.models import Grouping, Problem, ProblemKind, Stage, Ticket

_OPEN = {"field": "category", "op": "in", "value": ["new", "open", "pending", "on_hold"]}
NOTICED = timedelta(minutes=50)  # after a ticket came, somebody saw what had caused it


@dataclass(frozen=True)
class Cause:
    """A problem, the stages it has reached, and the subjects of the tickets it has caused."""

    brand: str
    owner: str
    title: str
    description: str
    kind: str
    stages: tuple[str, ...]
    subjects: tuple[str, ...]
    tracker: dict[str, Any] = field(default_factory=dict)


CAUSES = [
    Cause(
        "tihiy-pomol", "gleb", "Код для входа в личный кабинет не доходит",
        "<div>Почтовые службы возвращают письма с кодом: с нового адреса отправителя их не ждут. "
        "Пока не починили, помогает войти по ссылке из любого нашего письма о заказе.</div>",
        ProblemKind.BUG, (Stage.CONFIRMED, Stage.IN_WORK),
        ("Не приходит код в личный кабинет", "Не могу войти"),
        {
            "tracker_url": "https://tracker.tihiy-pomol.example/SITE-412",
            "tracker_title": "SITE-412 Письма с кодом отклоняются",
            "tracker_state": "В работе",
        },
    ),
    Cause(
        "tihiy-pomol", "katya", "«Гольфстрим» после обновления просит промывку слишком часто",
        "<div>Счётчик чашек обнуляется при каждом включении. Обходной путь: удерживать кнопку промывки "
        "десять секунд.</div>",
        ProblemKind.BUG, (Stage.CONFIRMED,),
        ("«Соло» просит промывку после каждой чашки", "После обновления чёрный экран"),
    ),
    Cause(
        "stockwren", "priya", "Label sheets drift by a few millimetres",
        "<div>The driver scales pages to 98&nbsp;%. Printing at “actual size” helps until the next release."
        "</div>",
        ProblemKind.BUG, (Stage.CONFIRMED, Stage.IN_WORK),
        (
            "Label sheet creeps down the page", "Labels print two millimetres too low",
            "Label printer prints tiny labels",
        ),
        {
            "tracker_url": "https://tracker.stockwren.example/PRINT-88",
            "tracker_title": "PRINT-88 Page scaling of label sheets",
            "tracker_state": "In review",
        },
    ),
    Cause(
        "stockwren", "daniel", "Nobody understands why stock is below zero",
        "<div>It is right: sold before it was booked in. The screen does not say so.</div>",
        ProblemKind.UNCLEAR, (),
        ("How can I have fewer than none?",),
    ),
    Cause(
        "stockwren", "daniel", "Bundles and kits",
        "<div>Several products sold as one, each taken from stock.</div>",
        ProblemKind.MISSING, (Stage.CONFIRMED,),
        ("Bundles / kits?",),
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """A macro of one brand. ``tags``: what it puts on the ticket."""

    brand: str
    name: str
    folder: str
    text: str
    tags: tuple[str, ...] = ()


MACROS = [
    Ready(
        "tihiy-pomol", "Возврат: как отправить", "Возвраты",
        "<div>Здравствуйте, {{contact.first_name}}!</div><div><br></div><div>Оформили возврат по обращению "
        "№{{ticket.number}}. Упакуйте, пожалуйста, технику так, как она пришла, и передайте курьеру: он сам "
        "свяжется с вами. Деньги вернём на ту же карту в течение трёх рабочих дней после осмотра.</div>",
        ("возврат",),
    ),
    Ready(
        "tihiy-pomol", "Гарантия: попросить фото таблички", "Гарантия",
        "<div>Здравствуйте, {{contact.first_name}}!</div><div><br></div><div>Пришлите, пожалуйста, фото "
        "таблички на дне корпуса: по серийному номеру проверим гарантию и сразу подберём запчасть.</div>",
        ("гарантия",),
    ),
    Ready(
        "stockwren", "Refund: what happens next", "Billing",
        "<div>Hello {{contact.first_name}},</div><div><br></div><div>The refund for request "
        "#{{ticket.number}} is on its way. It goes back to the card you paid with and is there within three "
        "working days.</div>",
        ("refund",),
    ),
    Ready(
        "stockwren", "Import: send us the file", "Import",
        "<div>Hello {{contact.first_name}},</div><div><br></div><div>Please attach the file as you tried "
        "to import it, with at least the row that failed. We try it on a copy of your account and tell you "
        "what to change.</div>",
        ("import",),
    ),
]  # fmt: skip


def settle_in(company: Company, now: datetime) -> None:
    """Make all of it, as the people of the company would have."""
    manager = Actor.user(company.users["olga"])
    for one in MACROS:
        brand = company.brands[one.brand]
        create_macro(
            actor=manager, name=one.name, folder=one.folder, brand=brand, texts={brand.language: one.text},
            actions=[Action("add_tag", name) for name in one.tags],
        )  # fmt: skip
    create_view(
        actor=manager, labels={"en": "Gold customers", "ru": "Золотые клиенты"}, order="due_at",
        conditions={"all": [{"field": "tier", "op": "in", "value": ["gold"]}, _OPEN]},
    )  # fmt: skip
    create_view(
        actor=manager, labels={"en": "By colleague", "ru": "По сотрудникам"}, grouping=Grouping.ASSIGNEE,
        conditions={"all": [_OPEN]},
    )  # fmt: skip
    for cause in CAUSES:
        _open(company, cause, now)


def _open(company: Company, cause: Cause, now: datetime) -> Problem | None:
    """Nothing for a demonstration so small that it has none of these tickets."""
    brand, owner = company.brands[cause.brand], company.users[cause.owner]
    caused = list(Ticket.objects.filter(brand=brand, subject__in=cause.subjects).order_by("opened_at"))
    if not caused:
        return None
    actor = Actor.user(owner)
    begun = min(caused[0].opened_at + NOTICED, now)
    with clock.telling(begun):
        problem = open_problem(
            actor=actor, title=cause.title, description=cause.description, kind=cause.kind, owner=owner,
            brand=brand, **cause.tracker,
        )  # fmt: skip
        for stage in cause.stages:
            set_stage(problem.pk, stage=stage, actor=actor)
    for ticket in caused:
        # In the order of the ticket's own journal, whose last word may be later.
        last = max(ticket.active_at, ticket.touched_at or ticket.active_at)
        at = min(max(ticket.opened_at + NOTICED, last), now)
        link_problem(ticket.pk, problem_id=problem.pk, actor=actor, at=at)
    return problem
