"""What a new version of a rule, a policy, a calendar or a bot says otherwise than the one before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q

from calendars.models import CalendarVersion
from channels_in.bots.flow import shaped
from channels_in.models import BotFlowVersion
from desk.settings import calendar_changes, policy_words, rule_changes
from desk.settings.bot_changes import FlowWords
from desk.settings.differences import Difference
from desk.settings.rule_words import RuleWords
from journal.models import Entry
from routing.models import RuleVersion
from sla.models import PolicyVersion


@dataclass(frozen=True)
class _Kind:
    """``owner``: the column of the version that names what it is a version of."""

    model: type[Model]
    owner: str


_KINDS = {
    "rule_saved": _Kind(RuleVersion, "rule_id"),
    "policy_saved": _Kind(PolicyVersion, "policy_id"),
    "calendar_saved": _Kind(CalendarVersion, "calendar_id"),
    "bot_flow_published": _Kind(BotFlowVersion, "flow_id"),
}


class Versions:
    """Of some entries: each kind of versions in one query, and all that they name in a few."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        told = [entry for entry in entries if entry.kind in _KINDS and _is_new(entry)]
        self._rows: dict[tuple[str, int, int], Any] = {}
        for kind, sort in _KINDS.items():
            if wanted := [entry for entry in told if entry.kind == kind]:
                self._rows |= _rows(kind, sort, wanted)
        rules = self._of("rule_saved")
        policies = self._of("policy_saved")
        self._words = RuleWords(
            [row.definition for row in rules], [row.conditions for row in policies], whole=True
        )
        self._calendars = policy_words.calendar_names(policies) if policies else {}
        self._flows = {row.pk: shaped(row.definition) for row in self._of("bot_flow_published")}
        self._flow_words = FlowWords(self._flows.values())

    def _of(self, kind: str) -> list[Any]:
        return [row for (of, _pk, _number), row in self._rows.items() if of == kind]

    def note(self, entry: Entry) -> str:
        """What its author wrote about the version."""
        newer = self._row(entry, 0)
        return str(newer.note) if newer is not None else ""

    def is_first(self, entry: Entry) -> bool:
        """Whether there was none before it."""
        return self._row(entry, 0) is not None and self._row(entry, 1) is None

    def differences(self, entry: Entry) -> list[Difference]:
        """In the reader's words; of a first version all it says, of other entries nothing."""
        newer, older = self._row(entry, 0), self._row(entry, 1)
        if newer is None:
            return []
        match entry.kind:
            case "rule_saved":
                return rule_changes.differences(self._words, older and older.definition, newer.definition)
            case "policy_saved":
                return policy_words.differences(older, newer, self._words, self._calendars)
            case "calendar_saved":
                return calendar_changes.differences(older and older.definition, newer.definition)
        return self._flow_words.differences(older and self._flows[older.pk], self._flows[newer.pk])

    def _row(self, entry: Entry, before: int) -> Any:
        if entry.kind not in _KINDS or not _is_new(entry):
            return None
        return self._rows.get((entry.kind, entry.stream_id, _number(entry) - before))


def _rows(kind: str, sort: _Kind, entries: list[Entry]) -> dict[tuple[str, int, int], Any]:
    """The versions that entries speak of, and those before them."""
    asked = [
        Q(**{sort.owner: entry.stream_id, "number__in": [_number(entry) - 1, _number(entry)]})
        for entry in entries
    ]
    found: Iterable[Any] = sort.model._default_manager.filter(reduce(or_, asked))
    return {(kind, getattr(row, sort.owner), row.number): row for row in found}


def _is_new(entry: Entry) -> bool:
    """Whether it brought a version, and not only a name. Entries from before that was said are taken to."""
    return "number" in entry.data.get("changes", {"number": None})


def _number(entry: Entry) -> int:
    return int(entry.data.get("number") or entry.data.get("version_number") or 0)
