"""The rules in force, compiled and in order, kept by each process and read anew once they change.

Whether they have changed is one look at the journal: every change of a rule is an entry.
"""

from dataclasses import dataclass, field, replace
from time import monotonic

from django.db import connection
from django.db.models import OuterRef, Subquery

from common.statements import Statement
from journal.models import Entry
from routing import engine
from routing.definitions import compiled, what_is_known
from routing.models import Rule, RuleVersion
from tickets import conditions

_LONGEST = 30.0  # seconds: statuses and teams' lines, which rules rest on, change without a rule's entry

_STAMP = Statement(
    "journal_entry",
    """
    SELECT COALESCE((SELECT MAX(id) FROM journal_entry WHERE stream_type = 'rule'), 0),
           COALESCE((SELECT MAX(id) FROM journal_entry), 0)
    """,
)


@dataclass(frozen=True)
class Book:
    """All rules that are switched on, in their order. ``stamp``: the last change they know of."""

    stamp: int
    rules: tuple[engine.Rule, ...]
    read_at: float
    seen: int  # the journal's last entry when it was looked at last
    _heard: dict[engine.Trigger, tuple[engine.Rule, ...]] = field(default_factory=dict)

    def hearing(self, trigger: engine.Trigger) -> tuple[engine.Rule, ...]:
        """Those that hear of ``trigger``, in order."""
        if trigger.rule_id is not None:  # too many different ones to remember
            return tuple(rule for rule in self.rules if engine.hears(rule, trigger))
        found = self._heard.get(trigger)
        if found is None:
            found = tuple(rule for rule in self.rules if engine.hears(rule, trigger))
            self._heard[trigger] = found
        return found


_book: Book | None = None


def current(entry: Entry | None = None) -> Book:
    """The rules in force: one query when nothing has changed, none for an ``entry`` from before the last."""
    global _book  # noqa: PLW0603  # a memo of the process
    book = _book
    if book is not None and entry is not None and entry.pk <= book.seen and not _is_old(book):
        return book
    with connection.cursor() as cursor:
        _STAMP.run(cursor)
        stamp, seen = cursor.fetchone()
    if book is None or book.stamp != stamp or _is_old(book):
        _book = Book(stamp, tuple(_read()), monotonic(), seen)
    else:
        _book = replace(book, seen=seen)
    return _book


def _is_old(book: Book) -> bool:
    return monotonic() - book.read_at > _LONGEST


def _read() -> list[engine.Rule]:
    newest = RuleVersion.objects.filter(rule=OuterRef("rule")).order_by("-number").values("pk")[:1]
    versions = (
        RuleVersion.objects.filter(rule__is_enabled=True, rule__is_deleted=False, pk=Subquery(newest))
        .order_by("rule__position", "rule_id")
        .values_list("rule_id", "pk", "definition")
    )
    known = what_is_known()
    return [compiled(rule_id, pk, definition, known) for rule_id, pk, definition in versions]


def fields_needed(rules: tuple[engine.Rule, ...]) -> set[str]:
    """What a snapshot must hold for these rules; the category too, since a change of status depends on it."""
    return conditions.fields_of(*(rule.conditions for rule in rules)) | {"category"}


def enabled(rule_id: int) -> Rule | None:
    """The rule's row, if it is in force."""
    return Rule.objects.filter(pk=rule_id, is_enabled=True, is_deleted=False).first()
