"""Twenty rules tried on a year of tickets: ``python -m bench.simulation 10000``.

In a seeded database (``bench.seed``), as a worker does it: from the row that asks to the row that tells.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from time import monotonic
from typing import Any

import django

from bench.ground import Ground, folder
from helpdesk.local import Services

DATABASE = "bench_simulation"
DAYS = 366  # the seed's year; people can ask for ninety


def rules(teams: list[int], topics: list[int]) -> list[dict[str, Any]]:
    """Twenty: half of them hear of every new ticket, and strategies assign; two wait for time to pass."""

    def rule(on: str, when: list[dict[str, Any]], *actions: dict[str, Any], **given: Any) -> dict[str, Any]:
        return {"trigger": {"on": on, **given}, "conditions": {"all": when}, "actions": list(actions)}

    def leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
        return {"field": field, "op": op} | ({} if value is None else {"value": value})

    words = ["order", "invoice", "заказ", "возврат", "пароль", "delivery"]
    about = [
        rule("ticket_opened", [leaf("message_text", "contains", word), leaf("priority", "is", "normal")],
             {"do": "add_tags", "value": [f"about {word}"]})
        for word in words
    ]  # fmt: skip
    return [
        *about,
        rule("ticket_opened", [leaf("message_text", "matches", r"\b(срочно|urgent(ly)?|asap)\b")],
             {"do": "set_priority", "value": "urgent"}),
        rule("ticket_opened", [leaf("message_language", "is", "en"), leaf("topic", "empty")],
             {"do": "set_topic", "value": topics[0]}),
        rule("ticket_opened", [leaf("tier", "in", ["gold", "platinum"])],
             {"do": "add_tags", "value": ["vip"]}),
        rule("ticket_opened", [leaf("team", "empty")], {"do": "set_team", "value": teams[0]}),
        rule("ticket_opened", [leaf("assignee", "empty"), leaf("priority", "is", "urgent")],
             {"do": "assign", "strategy": "least_loaded"}),
        rule("ticket_opened", [leaf("assignee", "empty")], {"do": "assign", "strategy": "round_robin"}),
        rule("message_received", [leaf("tags", "in", ["vip"]), leaf("messages", "gte", 3)],
             {"do": "set_priority", "value": "high"}),
        rule("message_received", [leaf("message_text", "contains", "спасибо")],
             {"do": "add_tags", "value": ["thanks"]}),
        rule("reply_sent", [leaf("category", "is", "open")], {"do": "add_tags", "value": ["answered"]}),
        rule("field_changed", [leaf("category", "is", "resolved")], {"do": "close_after", "seconds": 604_800},
             field="status"),
        rule("field_changed", [leaf("priority", "is", "urgent"), leaf("assignee", "empty")],
             {"do": "assign", "strategy": "weighted"}, field="priority"),
        rule("field_changed", [leaf("assignee", "empty")], {"do": "note", "text": "Back in the queue"},
             field="assignee"),
        rule("time_since", [leaf("waiting", "is", True)], {"do": "set_priority", "value": "high"},
             since="customer_message", seconds=4 * 3600),
        rule("time_since", [leaf("category", "is", "pending")], {"do": "set_status", "value": "resolved"},
             since="agent_reply", seconds=3 * 86_400, business=True),
    ]  # fmt: skip


def measure() -> None:
    """One simulation in this process's database."""
    django.setup()
    from people.models import Team
    from routing.definitions import checked
    from routing.models import Simulation
    from routing.simulation.running import run_next
    from tickets.models import Message, Ticket, Topic

    now = Message.objects.latest("created_at").created_at
    teams = list(Team.objects.order_by("pk").values_list("pk", flat=True))
    definition = rules(teams, list(Topic.objects.order_by("pk").values_list("pk", flat=True)))
    Simulation.objects.create(
        created_at=now,
        days=DAYS,
        definition=[
            {"id": None, "name": f"Rule {number}", "definition": checked(one)}
            for number, one in enumerate(definition, start=1)
        ],
    )
    began = monotonic()
    run_next()
    seconds = monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    row = Simulation.objects.latest("pk")
    if row.state != Simulation.State.DONE:
        raise SystemExit(f"{row.state}: {row.error}")
    acted = sum(rule["tickets"] for rule in row.summary["rules"])
    print(
        f"{len(definition)} rules over {Ticket.objects.count():,} tickets in {seconds:.1f} s "
        f"({usage.ru_utime:.1f} s of computing, {usage.ru_maxrss // 1024} MB); "
        f"{row.summary['changed']:,} would differ, {acted:,} times a rule would have acted",
        flush=True,
    )
    if seconds > 60:
        sys.exit("over a minute")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("tickets", type=int, nargs="?", default=10_000)
    tickets = parser.parse_args().tickets
    with Services(folder(), environment={}) as services:
        ground = Ground(services)
        ground.prepare(tickets)
        ground.copy_of(tickets, DATABASE)
        environment = ground.environment(tickets) | {"DATABASE_URL": ground.copy_of(tickets, DATABASE)}
        try:
            os.environ.update(environment)
            measure()
        finally:
            django.db.connections.close_all()
            ground.drop(DATABASE)


if __name__ == "__main__":
    main()
