"""Why rules acted on a ticket, or did not, in words for its page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from desk.settings.rule_words import RuleWords
from journal.models import Entry
from routing import reading
from routing.definitions import TRIGGERS
from routing.models import RuleRun
from routing.triggers import trigger_of
from tickets.models import Ticket
from tickets.timeline import Names, describe

MOST_EVENTS = 40
RESULTS = {
    "done": ("circle-check", "green"),
    "planned": ("clock", "accent"),
    "waiting": ("hourglass", "amber"),
    "nobody": ("user-off", ""),
    "withheld": ("ban", "amber"),
    "failed": ("alert-triangle", "red"),
}


@dataclass(frozen=True)
class Effect:
    words: str
    result: str
    note: str
    icon: str
    tone: str
    due_at: str


@dataclass(frozen=True)
class Run:
    """One rule's part: of those that acted with effects and changes; ``tree`` none: it had acted before."""

    rule_id: int
    name: str
    version: int
    is_deleted: bool
    matched: bool
    tree: dict[str, Any] | None
    effects: list[Effect] = made(default_factory=list)
    changes: list[str] = made(default_factory=list)
    stopped: bool = False
    at: datetime | None = None


@dataclass
class Happening:
    """Something that rules heard of, what they made of it, and what had caused it."""

    entry: Entry
    words: str
    cause: str
    who: str
    runs: list[Run] = made(default_factory=list)
    guard: str = ""


def why(entry: Entry) -> list[Happening]:
    """What led to a line of history, nearest first: each the rule that acted and what it had heard of."""
    causes = reading.why(entry)
    words = _words(causes)
    names = Names([cause.entry for cause in causes])
    return [
        Happening(
            cause.entry,
            _happened(cause.entry, names),
            "",
            names.actor(cause.entry),
            [_acted(cause, words, names)],
        )
        for cause in causes
    ]


def whole(ticket: Ticket) -> list[Happening]:
    """Everything that rules heard of on a ticket, newest first, with those that did not act."""
    causes = reading.runs_of(ticket)
    idle_ids = (
        RuleRun.objects.filter(ticket=ticket, rule=None).order_by("-pk").values_list("entry", flat=True)
    )
    ids = {cause.entry.pk for cause in causes} | set(idle_ids[:MOST_EVENTS])
    entries = {row.pk: row for row in Entry.objects.select_related("cause").filter(pk__in=ids)}
    newest = sorted(entries, reverse=True)[:MOST_EVENTS]
    idle = {pk: reading.idle_of(entries[pk]) for pk in newest}
    words = _words(causes, [one for rows in idle.values() for one in rows])
    written = [change for cause in causes for change in cause.changes]
    names = Names([*entries.values(), *written, *(row.cause for row in entries.values() if row.cause)])
    guards = _guards(ticket, newest)
    found = []
    for pk in newest:
        entry = entries[pk]
        cause = ""
        if entry.cause and reading.rule_of(entry):
            cause = _("Done by the rule “%(rule)s”, because of: %(what)s") % {
                "rule": names.actor(entry),
                "what": _happened(entry.cause, names),
            }
        runs = [_acted(one, words, names) for one in reversed(causes) if one.entry.pk == pk]
        runs += [_idle(one, words) for one in idle[pk]]
        who = names.actor(entry)
        found.append(Happening(entry, _happened(entry, names), cause, who, runs, guards.get(pk, "")))
    return found


def _guards(ticket: Ticket, entry_ids: Iterable[int]) -> dict[int, str]:
    """Where the chain of causes was cut."""
    rows = RuleRun.objects.filter(ticket=ticket, rule=None, entry__in=list(entry_ids))
    cut = [pk for pk, trace in rows.values_list("entry", "trace") if trace.get("guard")]
    words = _("Rules had set each other off so often that this was left alone.")
    return dict.fromkeys(cut, words)


def _words(causes: Iterable[reading.Cause], idle: Iterable[reading.Idle] = ()) -> RuleWords:
    causes, idle = list(causes), list(idle)
    actions = [effect["action"] for cause in causes for effect in cause.effects]
    trees = [cause.conditions for cause in causes] + [one.conditions for one in idle if one.conditions]
    return RuleWords([{"actions": actions}], trees)


def _happened(entry: Entry, names: Names) -> str:
    """What rules heard, as the ticket's history has it, or as triggers are called."""
    if words := describe(entry, names):
        return words
    trigger = trigger_of(entry.kind, entry.data)
    return str(TRIGGERS[trigger.on]) if trigger else entry.kind.replace("_", " ")


def _acted(cause: reading.Cause, words: RuleWords, names: Names) -> Run:
    return Run(
        cause.rule.pk,
        cause.rule.name,
        cause.version.number,
        cause.rule.is_deleted,
        True,
        words.explained(cause.conditions or {"all": [], "ok": True}),
        [_effect(effect, words) for effect in cause.effects],
        [said for change in cause.changes if (said := describe(change, names))],
        bool(cause.run.trace.get("stopped")),
        cause.at,
    )


def _idle(one: reading.Idle, words: RuleWords) -> Run:
    tree = None if one.conditions is None else words.explained(one.conditions)
    return Run(one.rule.pk, one.rule.name, one.version.number, one.rule.is_deleted, False, tree)


def _effect(effect: Mapping[str, Any], words: RuleWords) -> Effect:
    result = str(effect.get("result", "done"))
    icon, tone = RESULTS.get(result, ("circle", ""))
    note = {
        "planned": _("planned"),
        "waiting": _("nobody was free; it waits for the next one"),
        "nobody": _("there was nobody to tell"),
        "withheld": _withheld(str(effect.get("reason", ""))),
        "failed": failure(effect),
    }.get(result, "")
    if effect.get("missing"):
        note += " " + _("Without a value: %(names)s.") % {"names": ", ".join(effect["missing"])}
    return Effect(
        words.action(effect["action"]), result, note.strip(), icon, tone, effect.get("due_at") or ""
    )


def failure(effect: Mapping[str, Any]) -> str:
    """Why an action could not be done, in the reader's language as far as its words are ours."""
    said = str(effect.get("error", ""))
    if effect.get("code") == "bug":
        return _("an unexpected error: %(error)s") % {"error": said}
    source, params = effect.get("source"), effect.get("params")
    if not source:
        return said
    try:
        return _(source) % params if params else _(source)
    except (KeyError, TypeError, ValueError):  # words of another version
        return said


def _withheld(code: str) -> str:
    """Why an automatic message was not sent."""
    if code.startswith("budget-"):
        return _("not sent: the limit for automatic mail is reached")
    return {
        "hidden": _("not sent: the ticket is hidden or a test"),
        "no-address": _("not sent: the customer has no address"),
        "bounced": _("not sent: mail to this address bounced"),
        "merged": _("not sent: the ticket was merged"),
    }.get(code, _("not sent: the mail came from a machine"))
