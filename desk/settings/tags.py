"""Tags as their settings show them, and carrying a new name on to what names the old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from common import clock
from common.text import fold
from desk.customers.finding import decode, encode
from desk.settings.naming import Use, Wanted, uses_of
from journal.actor import Actor
from people.errors import PeopleError
from routing.commands import save_rule
from routing.definitions import DefinitionError
from sla.commands import save_policy
from sla.errors import BadPolicy
from tickets.commands.macros import change_macro
from tickets.commands.views import change_view
from tickets.errors import TicketError
from tickets.macros.actions import stored
from tickets.models import MoveJob, Tag

PAGE = 50
MOST_COUNTED = 1000
_JOBS = 5
_TOLD_FOR = timedelta(days=1)

# Of each tag up to so many of its tickets, by the index that keeps a tag once on a ticket: never the table.
_COUNT = """
    SELECT asked.id, (
        SELECT count(*) FROM (SELECT 1 FROM tickets_tagging WHERE tag_id = asked.id LIMIT %(most)s) AS several
    ) FROM unnest(%(ids)s::bigint[]) AS asked(id)
"""


@dataclass(frozen=True)
class Row:
    """A tag with how many tickets have it; ``is_more``: than that."""

    tag: Tag
    count: int
    is_more: bool


def page_of_tags(words: str, *, after: str | None) -> tuple[list[Row], str | None]:
    """By name, from ``after`` on, the second value of the page before; those with ``words`` in their name."""
    rows = Tag.objects.annotate(lowered=Lower("name"))
    if words:
        rows = rows.filter(name__folded__contains=fold(words))
    if cursor := decode(after):
        rows = rows.filter(
            Q(lowered__gt=cursor[0]) | Q(lowered=cursor[0], pk__gt=cursor[1]), lowered__gte=cursor[0]
        )
    found = list(rows.order_by("lowered", "pk")[: PAGE + 1])
    following = encode(found[PAGE - 1].lowered, found[PAGE - 1].pk) if len(found) > PAGE else None
    shown = found[:PAGE]
    counted = counts(shown)
    lines = [Row(tag, min(counted[tag.pk], MOST_COUNTED), counted[tag.pk] > MOST_COUNTED) for tag in shown]
    return lines, following


def counts(tags: Sequence[Tag]) -> dict[int, int]:
    """How many tickets each has, up to one more than ``MOST_COUNTED``; in one query."""
    if not tags:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": [tag.pk for tag in tags], "most": MOST_COUNTED + 1})
        return dict(cursor.fetchall())


def latest_jobs() -> list[MoveJob]:
    """What is being merged or removed, and what was within a day; the newest first."""
    rows = MoveJob.objects.filter(kind=MoveJob.Kind.TAG).select_related("owner")
    return list(rows.filter(still_told()).order_by("-pk")[:_JOBS])


def still_told() -> Q:
    """Of jobs: those that are not over, and those that were not a day ago."""
    return Q(finished_at=None) | Q(finished_at__gt=clock.now() - _TOLD_FOR)


def carry_on(old: str, new: str, *, actor: Actor) -> list[Use]:
    """Let views, macros, rules and policies that name ``old`` name ``new``; gives those that were left.

    Each by its own verb, with its own entry and version. A verb that refuses, because something else of the
    thing is not right any more, leaves it as it is.
    """
    renaming = _Renaming(old, new)
    return [use for use in uses_of(Wanted.tag(old)) if not (use.follows and _renamed(use, renaming, actor))]


@dataclass(frozen=True)
class _Renaming:
    old: str
    new: str

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return list(dict.fromkeys(self.value(one) for one in value))
        return self.new if isinstance(value, str) and fold(value) == fold(self.old) else value

    def tree(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        for group in ("all", "any"):
            if group in tree:
                return {group: [self.tree(child) for child in tree[group]]}
        if tree.get("field") == "tags" and "value" in tree:
            return {**tree, "value": self.value(tree["value"])}
        return dict(tree)

    def action(self, action: Mapping[str, Any]) -> dict[str, Any]:
        names = action.get("do") in {"add_tags", "remove_tags", "add_tag"}
        return {**action, "value": self.value(action["value"])} if names else dict(action)


def _renamed(use: Use, renaming: _Renaming, actor: Actor) -> bool:
    note = _("The tag “%(old)s” is called “%(new)s” now.") % {"old": renaming.old, "new": renaming.new}
    row = use.row
    try:
        with transaction.atomic():
            match row._meta.model_name:
                case "view":
                    change_view(row.pk, actor=actor, conditions=renaming.tree(row.conditions))
                case "macro":
                    change_macro(
                        row.pk, actor=actor, name=row.name, texts=row.texts, folder=row.folder,
                        owner=row.owner, team=row.team, brand=row.brand, is_active=row.is_active,
                        actions=stored([renaming.action(one) for one in row.actions]),
                    )  # fmt: skip
                case "ruleversion":
                    definition = {
                        **row.definition,
                        "conditions": renaming.tree(row.definition["conditions"]),
                        "actions": [renaming.action(one) for one in row.definition["actions"]],
                    }
                    save_rule(row.rule_id, name=row.rule.name, definition=definition, actor=actor, note=note)
                case _:
                    save_policy(
                        row.policy_id, name=row.policy.name, conditions=renaming.tree(row.conditions),
                        calendar=row.calendar, targets=row.targets, actor=actor, note=note,
                    )  # fmt: skip
    except (TicketError, PeopleError, DefinitionError, BadPolicy):
        return False
    return True
