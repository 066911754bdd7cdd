"""The company of these tests, the drafts that are tried on it, and how people work there, by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from people.models import Membership, Skill, Team, User
from routing.definitions import checked
from tests.assignment.cast import agents, away, make_calendar, works
from tests.routing_simulation.stage import Act, Stage
from tests.world import World
from tickets.conditions import dynamic
from tickets.models import Category, CustomField, Status, Ticket, Topic
from tickets.status import default_status

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # a Monday
DAYS = 3
END = START + timedelta(days=DAYS)

TEXTS = [
    "Срочно! Не работает ничего.",
    "Where is my order, please?",
    "Хочу оформить возврат кофемашины",
    "Подскажите, когда приедет курьер",
    "The invoice is wrong and we have not paid it",
    "Спасибо!",
    "Thanks a lot",
    "Ещё вопрос: можно ли изменить адрес?",
]


@dataclass
class Company:
    world: World
    people: list[User]
    teams: dict[str, Team]
    topics: list[Topic]
    statuses: dict[str, int]
    calendar: int
    skill: int


def make_company(world: World) -> Company:
    """Three teams with seven agents of little capacity, on shifts; a night team that takes over."""
    first, second = world.first_line, world.second_line
    night = Team.objects.create(name="Night", strategy="weighted")
    Membership.objects.all().delete()
    day = make_calendar("Day", 7, 12, 13, 18, days=7)
    late = make_calendar("Late", 17, 25, days=7)
    skill = Skill.objects.create(labels={"en": "Returns"})
    people = agents(4, first, prefix="day", capacity={"email": 3, "chat": 2})
    people += agents(2, second, prefix="expert", capacity={"email": 4}, spoken=["ru", "en"])
    people += agents(2, night, prefix="night", capacity={"email": 5, "chat": 1})
    Membership.objects.create(team=second, user=people[0])
    people[0].skills.add(skill)
    people[4].skills.add(skill)
    for person in people[:4]:
        works(person, day)
    for person in people[6:]:
        works(person, late)
    away(people[1], START + timedelta(days=1, hours=3), timedelta(hours=5))
    Team.objects.filter(pk=first.pk).update(
        strategy="round_robin", shift_end="hand_over", hands_over_to=night, on_reopen="if_available",
        escalates_to=second, calendar=day,
    )  # fmt: skip
    Team.objects.filter(pk=second.pk).update(strategy="least_loaded", on_reopen="queue")
    Team.objects.filter(pk=night.pk).update(shift_end="queue", on_reopen="keep", hands_over_to=first)
    CustomField.objects.create(
        key="size", kind="choice", labels={"en": "Size"},
        choices=[{"value": one, "labels": {"en": one}} for one in ("small", "large")],
    )  # fmt: skip
    CustomField.objects.create(key="count", kind="number", labels={"en": "Count"})
    dynamic.forget()
    topics = [
        Topic.objects.create(labels={"en": "Delivery"}),
        Topic.objects.create(labels={"en": "Invoice"}, brand=world.other_brand),
        Topic.objects.create(labels={"en": "Return"}, brand=world.brand),
    ]
    statuses = {category.name.lower(): default_status(category).pk for category in Category}
    statuses["courier"] = Status.objects.create(labels={"en": "Courier"}, category=Category.PENDING).pk
    teams = {team.name: team for team in Team.objects.all()}
    return Company(world, people, teams, topics, statuses, day.pk, skill.pk)


def leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def rule(
    name: str, on: str, when: list[dict[str, Any]], *actions: dict[str, Any], **given: Any
) -> dict[str, Any]:
    stop = given.pop("stop", False)
    return {
        "name": name,
        "definition": {
            "trigger": {"on": on, **given},
            "conditions": {"all": when} if when else {},
            "actions": list(actions),
            "stop": stop,
        },
    }


def draft(company: Company) -> list[dict[str, Any]]:
    """Twenty rules that read and write nearly everything, and answer each other."""
    teams = {name: team.pk for name, team in company.teams.items()}
    return [
        rule("hour", "ticket_opened", [leaf("working_time", "not_in", [company.calendar])],
             {"do": "add_tags", "value": ["После работы"]}),
        rule("brand", "ticket_opened",
             [leaf("brand", "is", company.world.other_brand.pk), leaf("team", "empty")],
             {"do": "set_team", "value": teams["Second line"]},
             {"do": "set_topic", "value": company.topics[1].pk}),
        rule("wrong topic", "ticket_opened", [leaf("brand", "is", company.world.brand.pk)],
             {"do": "set_topic", "value": company.topics[1].pk}),
        rule("urgent", "ticket_opened", [leaf("message_text", "matches", r"\bсрочно\b|invoice")],
             {"do": "set_priority", "value": "urgent"}, {"do": "add_tags", "value": ["urgent", "new"]}),
        rule("return", "ticket_opened", [leaf("message_text", "contains", "возврат")],
             {"do": "set_field", "key": "size", "value": "large"},
             {"do": "assign", "strategy": "least_loaded", "team": teams["First line"],
              "skills": [company.skill]}),
        rule("english", "ticket_opened", [leaf("message_language", "is", "en"), leaf("assignee", "empty")],
             {"do": "assign", "team": teams["Second line"], "language": "of_ticket"}),
        rule("chat", "ticket_opened", [leaf("channel", "is", "chat"), leaf("assignee", "empty")],
             {"do": "assign", "strategy": "weighted", "team": teams["First line"]}, stop=True),
        rule("default", "ticket_opened", [leaf("team", "empty")],
             {"do": "set_team", "value": teams["First line"]}),
        rule("assign", "ticket_opened", [leaf("assignee", "empty")], {"do": "assign"}),
        rule("gold", "message_received",
             [leaf("tier", "is", "gold"), leaf("priority", "in", ["low", "normal"]),
              leaf("messages", "gte", 3)],
             {"do": "set_priority", "value": "high"}),
        rule("again", "message_received", [leaf("message_text", "contains", "вопрос")],
             {"do": "add_tags", "value": ["question"]}, {"do": "set_field", "key": "count", "value": 2}),
        rule("answered", "reply_sent", [leaf("tags", "in", ["new"])],
             {"do": "remove_tags", "value": ["new"]}, {"do": "note", "text": "Отвечено"}),
        rule("solved", "field_changed", [leaf("category", "is", "resolved")],
             {"do": "close_after", "seconds": 7 * 3600}, field="status"),
        rule("escalate", "field_changed",
             [leaf("priority", "is", "urgent"), leaf("team", "is", teams["First line"]),
              leaf("tags", "in", ["question"])],
             {"do": "escalate", "reason": "Срочно"}, field="priority"),
        rule("question", "field_changed", [leaf("tags", "in", ["question"]), leaf("priority", "is", "low")],
             {"do": "set_priority", "value": "normal"}, field="tags"),
        rule("lost", "field_changed", [leaf("assignee", "empty"), leaf("priority", "is", "urgent"),
                                       leaf("category", "in", ["new", "open"])],
             {"do": "assign", "team": teams["Night"]}, field="assignee"),
        rule("late", "time_since", [leaf("waiting", "is", True), leaf("priority", "not_in", ["urgent"]),
                                    leaf("category", "in", ["new", "open"])],
             {"do": "set_priority", "value": "high"}, {"do": "add_tags", "value": ["late"]},
             since="customer_message", seconds=2 * 3600),
        rule("silent", "time_since", [leaf("category", "is", "pending")],
             {"do": "set_status", "value": "resolved"}, since="agent_reply", seconds=5 * 3600, business=True),
        rule("courier", "field_changed", [leaf("status", "is", company.statuses["courier"])],
             {"do": "snooze", "seconds": 3 * 3600}, field="status"),
        rule("moved", "field_changed", [leaf("team", "is", teams["Second line"]), leaf("assignee", "empty")],
             {"do": "assign", "strategy": "round_robin"}, field="team"),
        rule("size", "field_changed", [leaf("field.size", "is", "small")],
             {"do": "unassign"}, {"do": "set_status", "value": "on_hold"}, field="field.size"),
        rule("old", "time_since",
             [leaf("opened", "older_than", 26 * 3600), leaf("category", "in", ["new", "open"])],
             {"do": "add_tags", "value": ["old"]}, {"do": "assign", "team": teams["Second line"]},
             since="status_changed", seconds=24 * 3600),
    ]  # fmt: skip


def former(company: Company) -> list[dict[str, Any]]:
    """What the company had before: its effects are in the history, and must not be in the replay."""
    return [
        rule("everything to Night", "ticket_opened", [],
             {"do": "set_team", "value": company.teams["Night"].pk}, {"do": "assign"},
             {"do": "set_priority", "value": "low"}, {"do": "add_tags", "value": ["former"]}),
        rule("close at once", "field_changed", [leaf("category", "is", "resolved")],
             {"do": "close_after", "seconds": 3600}, field="status"),
        rule("solve what is silent", "time_since", [leaf("category", "is", "open")],
             {"do": "set_status", "value": "resolved"}, since="agent_reply", seconds=4 * 3600),
    ]  # fmt: skip


def live(stage: Stage, company: Company, lots: random.Random, tickets: int, merges: bool = True) -> list[Act]:
    """Let people work by chance from START on; returns what they did that had any effect."""
    done: list[Act] = []
    times = sorted(START + (END - START) * lots.random() for _ in range(tickets * 6))
    opened = 0
    for position, at in enumerate(times):
        wants = opened < tickets and (not stage.tickets or lots.random() < tickets / len(times) * 1.15)
        if wants or len(times) - position <= tickets - opened:
            act = _opening(lots, at)
            opened += 1
        else:
            stage.advance(at)
            act = _work(stage, company, lots, at, merges)
        if stage.perform(act):
            done.append(act)
    stage.advance(END, inclusive=True)
    return done


def _opening(lots: random.Random, at: datetime) -> Act:
    brand, contact = lots.choice([("brand", "vera"), ("brand", "peter"), ("other_brand", "stranger")])
    given = {
        "brand": brand,
        "contact": contact,
        "channel": lots.choices(["email", "chat"], weights=[4, 1])[0],
        "subject": f"Вопрос {lots.randrange(1000)}",
        "text": lots.choice(TEXTS),
        "team": lots.choice([None, None, None, "First line", "Second line"]),
    }
    return Act(at, "open", None, given)


def _work(stage: Stage, company: Company, lots: random.Random, at: datetime, merges: bool) -> Act:
    recent = max(0, len(stage.tickets) - 40)
    index = lots.randrange(recent, len(stage.tickets))
    user = lots.choice(company.people).pk
    statuses = company.statuses
    row = Ticket.objects.get(pk=stage.tickets[index].pk)
    choices: list[tuple[int, str, dict[str, Any]]] = [
        (22, "receive", {"text": lots.choice(TEXTS)}),
        (16, "reply", {"user": user}),
        (6, "reply", {"user": user, "status": lots.choice([statuses["pending"], statuses["resolved"]])}),
        (2, "withdraw", {}),
        (12, "status", {"user": user, "status": statuses["resolved"]}),
        (5, "status", {"user": user, "status": lots.choice(list(statuses.values()))}),
        (6, "assign", {"user": user, "to": lots.choice([None, *(one.pk for one in company.people)])}),
        (3, "team", {"user": user, "team": lots.choice(["First line", "Second line", "Night"])}),
        (3, "escalate", {"user": user, "team": "Second line"}),
        (6, "priority", {"user": user, "priority": lots.randrange(1, 5)}),
        (3, "topic", {"user": user, "topic": lots.choice(company.topics).pk}),
        (4, "tag", {"user": user, "name": lots.choice(["question", "Новый", "late"])}),
        (3, "untag", {"user": user, "name": lots.choice(["question", "urgent", "late"])}),
        (3, "field", {"user": user, "key": "size", "value": lots.choice(["small", "large", None])}),
        (3, "snooze", {"user": user, "seconds": lots.randrange(600, 40_000)}),
        (2, "wake", {"user": user}),
        (2, "undo_thanks", {"user": user}),
        (3, "note", {"user": user}),
        (1, "spam", {"user": user}),
        (2, "unspam", {"user": user}),
        (5, "available", {"user": user, "available": lots.random() < 0.6}),
    ]  # fmt: skip
    if merges and row.merged_into_id is None:
        choices.append((1, "merge", {"user": user, "into": lots.randrange(len(stage.tickets))}))
    if row.merged_into_id is not None:
        choices = [(1, "unmerge", {"user": user})]
    weights = [weight for weight, _name, _given in choices]
    _weight, name, given = lots.choices(choices, weights=weights)[0]
    if name == "reply" and given.get("status") == row.status_id:
        del given["status"]  # it changes nothing and leaves no trace: history knows of a mere reply
    return Act(at, name, None if name == "available" else index, given)


def tried(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """As ``routing.simulate.start`` keeps them."""
    for row in rows:
        yield {"id": None, "name": row["name"], "definition": checked(row["definition"])}
