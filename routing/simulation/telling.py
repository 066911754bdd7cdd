"""What a replay found, as it is stored and shown: each ticket beside what happened to it, and the sums."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from routing.models import SimulatedTicket
from routing.simulation.copies import Copy
from routing.simulation.replay import Result

# What is compared; custom fields come as "field.<key>".
FIELDS = ("team", "assignee", "status", "priority", "topic", "service")


@dataclass(frozen=True)
class Line:
    """One ticket: values by field as they were and as they would have been."""

    copy: Copy
    before: dict[str, Any]
    after: dict[str, Any]
    changed: tuple[str, ...]


def lines(result: Result) -> Iterator[Line]:
    """Tickets opened in the period; of those that were there before, what would differ or was acted on.

    Spam, test, deleted and merged-away tickets are in no figure.
    """
    for copy in result.copies.values():
        if copy.is_hidden or copy.is_test:
            continue
        line = _line(copy)
        if not copy.is_older or line.changed or copy.acted:
            yield line


def _line(copy: Copy) -> Line:
    before: dict[str, Any] = {name: copy.was[name] for name in FIELDS}
    after: dict[str, Any] = {name: getattr(copy, name) for name in FIELDS}
    before["tags"], after["tags"] = _names(copy.was["tags"]), _names(copy.tags)
    for key in sorted(copy.was["attributes"].keys() | copy.attributes.keys()):
        before[f"field.{key}"] = copy.was["attributes"].get(key)
        after[f"field.{key}"] = copy.attributes.get(key)
    changed = tuple(name for name, value in after.items() if name != "tags" and before[name] != value) + (
        ("tags",) if copy.was["tags"].keys() != copy.tags.keys() else ()
    )
    return Line(copy, before, after, changed)


def _names(tags: dict[str, str]) -> list[str]:
    return [tags[key] for key in sorted(tags)]


def rows(simulation_id: int, found: list[Line], result: Result) -> Iterator[SimulatedTicket]:
    names = {one.id: {"id": one.id if one.id > 0 else None, "name": one.name} for one in result.tried}
    for line in found:
        yield SimulatedTicket(
            simulation_id=simulation_id,
            ticket_id=line.copy.id,
            before=line.before,
            after=line.after,
            differs=bool(line.changed),
            rules=[names[rule_id] for rule_id in line.copy.acted],
        )


def summary(found: list[Line], result: Result) -> dict[str, Any]:
    """The sums. ``given``: how many tickets the draft's strategies gave somebody, whatever came then."""
    given: Counter[int | None] = Counter()
    for line in found:
        given.update(set(line.copy.given))
    people = {pk: person.name for pk, person in result.staff.people.items()}
    teams = {pk: team.name for pk, team in result.staff.teams.items()}
    changed = sum(bool(line.changed) for line in found)
    by_agent = _by("assignee", "user_id", people, found)
    for row in by_agent:
        row["given"] = given[row["user_id"]]
    return {
        "by_agent": by_agent,
        "by_team": _by("team", "team_id", teams, found),
        "changed": changed,
        "unchanged": len(found) - changed,
        "unassigned": sum(line.after["assignee"] is None for line in found),
        "waiting": sum(line.copy.id in result.waiting for line in found),
        "older": sum(line.copy.is_older for line in found),
        "fields": dict(Counter(name for line in found for name in line.changed)),
        "rules": _by_rule(found, result),
        "left_out": [
            {"id": one.id if one.id > 0 else None, "name": one.name, "why": one.left_out}
            for one in result.tried
            if one.left_out
        ],
    }


def _by(field: str, key: str, names: dict[int, str], found: list[Line]) -> list[dict[str, Any]]:
    """Tickets by who has them at last."""
    simulated = Counter(line.after[field] for line in found)
    happened = Counter(line.before[field] for line in found)
    return [
        {key: pk, "name": names.get(pk, ""), "simulated": simulated[pk], "happened": happened[pk]}
        for pk in sorted(simulated.keys() | happened.keys(), key=lambda pk: pk or 0)
    ]


def _by_rule(found: list[Line], result: Result) -> list[dict[str, Any]]:
    """On how many tickets each rule would have acted."""
    acted = Counter(rule_id for line in found for rule_id in line.copy.acted)
    return [
        {"id": one.id if one.id > 0 else None, "name": one.name, "tickets": acted[one.id]}
        for one in result.tried
    ]
