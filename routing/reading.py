"""For screens: why something happened, what is planned, what can be asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from journal.models import Entry
from routing import traces
from routing.actions import ACTIONS
from routing.models import Rule, RuleRun, RuleVersion, ScheduledAction
from tickets.conditions.language import leaves
from tickets.models import Ticket

MOST_RUNS = 100
_LONGEST_CHAIN = 20


@dataclass(frozen=True)
class Idle:
    """A rule that heard of something and did not act; without ``conditions`` it had acted for it before."""

    rule: Rule
    version: RuleVersion
    conditions: Mapping[str, Any] | None


@dataclass(frozen=True)
class Cause:
    """One run and what it reacted to. ``changes``: the entries that the rule wrote then.

    ``conditions`` is the explained tree: {"all"|"any": […], "ok"} and leaves {"field", "op", "value",
    "actual", "ok"}. ``effects``: {"action", "label", "result": done | waiting | planned | withheld | nobody |
    failed, "reason" or "error" or "missing" …}.
    """

    run: RuleRun
    rule: Rule
    version: RuleVersion
    entry: Entry
    at: datetime
    conditions: Mapping[str, Any]
    effects: list[dict[str, Any]]
    changes: list[Entry] = field(default_factory=list)


def why(entry: Entry) -> list[Cause]:
    """The runs that led to ``entry``, nearest first: of the rule that wrote it, then of what caused that."""
    rule_id, cause_ids = rule_of(entry), _causes(entry)
    if not cause_ids:
        return []
    found = {
        (run.entry_id, run.rule_id): run
        for run in _runs(RuleRun.objects.filter(entry_id__in=cause_ids, matched=True))
    }
    entries = Entry.objects.in_bulk(cause_ids)
    causes = []
    for cause_id in cause_ids:
        run = found.get((cause_id, rule_id))
        if run is not None:
            causes.append(_cause(run, []))
        # A request or a plan of a rule comes between: it is the same rule's.
        rule_id = rule_of(entries[cause_id]) if cause_id in entries else None
    return causes


def rule_of(entry: Entry) -> int | None:
    """The rule that wrote an entry; None for anybody else."""
    prefix, _colon, number = entry.actor_name.partition(":")
    return int(number) if prefix == "rule" and number.isdigit() else None


def _causes(entry: Entry) -> list[int]:
    """The ids of the causes, nearest first."""
    found: list[int] = []
    cause_id = entry.cause_id
    while cause_id is not None and len(found) < _LONGEST_CHAIN:
        found.append(cause_id)
        cause_id = Entry.objects.values_list("cause_id", flat=True).get(pk=cause_id)
    return found


def _runs(runs: QuerySet[RuleRun]) -> QuerySet[RuleRun]:
    return runs.select_related("rule", "version", "entry")


def _cause(run: RuleRun, changes: list[Entry]) -> Cause:
    assert run.rule is not None  # a run that acted has its rule
    assert run.version is not None
    effects = [{**effect, "label": ACTIONS[effect["action"]["do"]].label} for effect in run.effects]
    return Cause(
        run, run.rule, run.version, run.entry, run.at, run.trace.get("conditions", {}), effects, changes
    )


def runs_of(ticket: Ticket) -> list[Cause]:
    """Everything that rules did to a ticket, newest first, with what each run changed; two queries."""
    runs = list(_runs(RuleRun.objects.filter(ticket=ticket, matched=True)).order_by("-pk")[:MOST_RUNS])
    written: dict[tuple[int | None, int | None], list[Entry]] = {}
    entries = Entry.objects.filter(
        stream_type="ticket", stream_id=ticket.pk, cause_id__in=[run.entry_id for run in runs]
    )
    for entry in entries.order_by("sequence"):
        written.setdefault((entry.cause_id, rule_of(entry)), []).append(entry)
    return [_cause(run, written.get((run.entry_id, run.rule_id), [])) for run in runs]


def idle_of(entry: Entry) -> list[Idle]:
    """The rules that heard of ``entry`` and did not act, and why not; kept for seven days."""
    run = RuleRun.objects.filter(entry=entry, rule=None).first()
    if run is None:
        return []
    rows = run.trace.get("rules", [])
    versions = RuleVersion.objects.select_related("rule").in_bulk([row[1] for row in rows])
    return [
        Idle(version.rule, version, traces.expand(run.trace, row, version.definition["conditions"]))
        for row in rows
        if (version := versions.get(row[1])) is not None
    ]


def planned_for(ticket: Ticket) -> QuerySet[ScheduledAction]:
    """What rules are going to do to the ticket later, soonest first."""
    waiting = ScheduledAction.objects.filter(ticket=ticket, state=ScheduledAction.State.WAITING)
    return waiting.select_related("rule").order_by("due_at")


def manual_rules() -> list[Rule]:
    """The rules that agents can ask for, in their order."""
    rules = Rule.objects.filter(is_enabled=True, is_deleted=False).order_by("position", "pk")
    return [rule for rule in rules if rule.current.definition["trigger"]["on"] == "manual"]


def rule_names(rule_ids: Iterable[str]) -> dict[str, str]:
    """Names by id, of deleted ones too: who "rule:12" in the journal is."""
    wanted = [int(one) for one in rule_ids if one.isdigit()]
    return {str(pk): name for pk, name in Rule.objects.filter(pk__in=wanted).values_list("pk", "name")}


def unmet(explained: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The leaves that kept a rule from acting, of an explained tree."""
    return [leaf for leaf in leaves(_without_verdicts(explained)) if not leaf["ok"]]


def _without_verdicts(node: Mapping[str, Any]) -> Mapping[str, Any]:
    for kind in ("all", "any"):
        if kind in node:
            return {kind: [_without_verdicts(child) for child in node[kind]]}
    return node
