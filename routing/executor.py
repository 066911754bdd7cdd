"""From an entry of the journal to what rules do about it.

One entry is one transaction (the journal's delivery). The ticket is locked, so that the snapshot the rules
look at is the ticket they act on. Each action has a savepoint of its own: one that fails loses neither the
others nor the trace, and stands as failed in the run.
"""

from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.errors import PeopleError
from routing import engine, guard, rulebook, traces
from routing.engine import Effect, Outcome, Trigger
from routing.models import RuleRun
from routing.performing import PERFORM, Doing
from routing.triggers import trigger_of
from tickets import conditions, errors
from tickets.models import Ticket

log = structlog.get_logger(__name__)

# Imports and demonstrations tell of the past, and rules do not act on it. What waited for us a day while a
# server was down still wants to be routed.
_HISTORY = timedelta(days=2)


def heard(entry: Entry) -> tuple[Trigger | None, tuple[engine.Rule, ...]]:
    """What it triggers, and the rules that hear of that."""
    trigger = trigger_of(entry.kind, entry.data)
    if trigger is None or entry.recorded_at - entry.happened_at > _HISTORY:
        return None, ()
    return trigger, rulebook.current(entry).hearing(trigger)


def react(entry: Entry) -> list[RuleRun]:
    """Let the rules that hear of ``entry`` act; the runs that were written. A second time does nothing.

    Hidden tickets (spam, deleted, merged away) are left alone.
    """
    trigger, rules = heard(entry)
    if trigger is None or not rules:
        return []
    chain = guard.chain_of(entry)
    runs = list(RuleRun.objects.filter(root_entry_id=chain.root_id).values_list("entry_id", "rule_id"))
    if any(entry_id == entry.pk for entry_id, _rule_id in runs):
        return []
    ticket = Ticket.objects.lock(entry.stream_id)
    if ticket.is_hidden:
        return []
    if chain.depth > engine.MAX_DEPTH:
        log.warning("rules.too_deep", ticket_id=ticket.pk, entry_id=entry.pk, root_id=chain.root_id)
        run = _run(entry, chain, matched=False, trace={"seen": {}, "rules": [], "guard": "depth"})
        return RuleRun.objects.bulk_create([run])
    outcome = _outcome(ticket, entry, trigger, rules, ran={rule_id for _entry_id, rule_id in runs if rule_id})
    return RuleRun.objects.bulk_create(_perform(entry, chain, trigger, outcome))


def _outcome(
    ticket: Ticket, entry: Entry, trigger: Trigger, rules: tuple[engine.Rule, ...], *, ran: set[int]
) -> Outcome:
    asked = conditions.Asked(clock.now())
    names = rulebook.fields_needed(rules)
    if message_id := entry.data.get("message_id"):
        asked = conditions.Asked(asked.now, {ticket.pk: message_id})
    elif any(field is not None and field.group == "message" for field in map(conditions.find, names)):
        # Looked up once here, instead of by every field that asks about the message.
        asked = conditions.Asked(asked.now, conditions.messages.in_question([ticket], asked))
    found = conditions.of_tickets([ticket], asked, names)
    return engine.run(rules, found[ticket.pk], trigger, conditions.Context(asked.now), ran=ran)


def _perform(entry: Entry, chain: guard.Chain, trigger: Trigger, outcome: Outcome) -> list[RuleRun]:
    """Do what is wanted, rule by rule; the runs that tell of it, of all rules that did nothing one."""
    runs = []
    for trace in outcome.traces:
        if not trace.matched:
            continue
        effects = [perform(effect, entry, position) for position, effect in enumerate(trace.effects)]
        run = _run(
            entry,
            chain,
            rule_id=trace.rule_id,
            version_id=trace.version_id,
            matched=True,
            trace={
                "trigger": {"on": trigger.on, "field": trigger.field, "target": trigger.target},
                "conditions": trace.conditions,
                "stopped": outcome.stopped_by == trace.rule_id,
            },
            effects=effects,
        )
        run.error = next((effect["error"] for effect in effects if effect.get("error")), "")
        runs.append(run)
    idle = [trace for trace in outcome.traces if not trace.matched]
    if idle:
        runs.append(_run(entry, chain, matched=False, trace=traces.compact(idle)))
    return runs


def _run(entry: Entry, chain: guard.Chain, **given: Any) -> RuleRun:
    return RuleRun(
        ticket_id=entry.stream_id, entry=entry, root_entry_id=chain.root_id, at=clock.now(), **given
    )


def perform(effect: Effect, entry: Entry, position: int) -> dict[str, Any]:
    """Do one action and tell how it went. What must not be swallowed is a database that is gone."""
    told: dict[str, Any] = {"action": dict(effect.action)}
    doing = Doing(
        ticket_id=entry.stream_id,
        rule_id=effect.rule_id,
        version_id=effect.version_id,
        position=position,
        entry=entry,
        actor=Actor.system(f"rule:{effect.rule_id}"),
    )
    try:
        with transaction.atomic():
            return told | {"result": "done"} | PERFORM[effect.action["do"]](effect.action, doing)
    except (OperationalError, InterfaceError):
        raise
    except errors.TicketError as error:
        again = {"source": error.source, "params": error.params}  # for readers of another language
        return told | {"result": "failed", "code": error.code, "error": error.message} | again
    except PeopleError as error:
        return told | {"result": "failed", "code": "refused", "error": error.message}
    except Exception as error:
        log.exception("rules.action_failed", ticket_id=entry.stream_id, rule_id=effect.rule_id)
        return told | {"result": "failed", "code": "bug", "error": repr(error)[:400]}
