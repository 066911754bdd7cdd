"""Where the desk's own settings name a thing: views, macros, rules, SLA policies, bots, forms.

They name a tag by its words and everything else by its key, inside JSON, so no foreign key can tell.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from channels_in.models import BotFlow, BotFlowVersion, FormField
from common.text import fold
from routing.models import RuleVersion
from sla.models import PolicyVersion
from tickets.conditions.language import leaves
from tickets.models import Macro, Status, View
from tickets.status import in_use


@dataclass(frozen=True)
class Wanted:
    """What is looked for: ``values`` in a condition on ``field``, or as what one of ``does`` sets."""

    field: str
    values: frozenset[str]
    does: frozenset[str] = frozenset()

    @classmethod
    def tag(cls, name: str) -> "Wanted":
        return cls("tags", frozenset({fold(name)}), frozenset({"add_tags", "remove_tags", "add_tag"}))

    @classmethod
    def status(cls, pk: int) -> "Wanted":
        return cls("status", frozenset({str(pk)}), frozenset({"set_status"}))

    @classmethod
    def problem(cls, pk: int) -> "Wanted":
        return cls("problem", frozenset({str(pk)}))

    def has(self, value: Any) -> bool:
        """Whether a value, or one of a list, is it."""
        if isinstance(value, list):
            return any(self.has(one) for one in value)
        return isinstance(value, str | int) and fold(str(value)) in self.values

    def is_asked(self, tree: Mapping[str, Any]) -> bool:
        return any(leaf.get("field") == self.field and self.has(leaf.get("value")) for leaf in leaves(tree))

    def is_done(self, actions: Iterable[Mapping[str, Any]]) -> bool:
        return any(one.get("do") in self.does and self.has(one.get("value")) for one in actions)


@dataclass(frozen=True)
class Use:
    """A thing that names it. ``row``: the view, macro or version; ``follows``: a new name is carried on."""

    kind: str
    name: str
    href: str
    row: Any
    follows: bool = True


def uses_of(wanted: Wanted) -> list[Use]:
    """All that name it, in a fixed number of queries."""
    found = [*_views(wanted), *_macros(wanted), *_rules(wanted), *_policies(wanted)]
    if wanted.field == "tags":
        found += [*_bots(wanted), *_forms(wanted)]
    return found


def replaced(actions: Iterable[Mapping[str, Any]]) -> list[tuple[Status, Status]]:
    """The statuses that these actions name though they are switched off, each with what is set instead."""
    keys = [one.get("value") for one in actions if one.get("do") == "set_status"]
    keys = [key for key in keys if isinstance(key, int)]
    rows = Status.objects.filter(pk__in=keys, is_active=False) if keys else ()
    return [(row, in_use(row)) for row in rows]


def _views(wanted: Wanted) -> Iterator[Use]:
    rows = View.objects.filter(is_active=True).select_related("owner")
    for row in rows:
        if wanted.is_asked(row.conditions):
            name = f"{row.label} · {row.owner.name}" if row.owner else row.label
            href = "" if row.owner else reverse("view_definition", args=[row.pk])
            yield Use(_("View"), name, href, row)


def _macros(wanted: Wanted) -> Iterator[Use]:
    rows = Macro.objects.exclude(actions=[]).defer("texts").select_related("owner", "team", "brand")
    for row in rows:
        if wanted.is_done(row.actions):
            name = f"{row.name} · {row.owner.name}" if row.owner else row.name
            yield Use(_("Macro"), name, reverse("macro", args=[row.pk]) if not row.owner else "", row)


def _rules(wanted: Wanted) -> Iterator[Use]:
    newest = RuleVersion.objects.order_by("rule_id", "-number").distinct("rule_id")
    for row in newest.filter(rule__is_deleted=False).select_related("rule"):
        if wanted.is_asked(row.definition["conditions"]) or wanted.is_done(row.definition["actions"]):
            yield Use(_("Rule"), row.rule.name, reverse("rule", args=[row.rule_id]), row)


def _policies(wanted: Wanted) -> Iterator[Use]:
    newest = PolicyVersion.objects.order_by("policy_id", "-number").distinct("policy_id")
    for row in newest.select_related("policy", "calendar"):
        if wanted.is_asked(row.conditions):
            yield Use(_("SLA policy"), row.policy.name, reverse("sla_policy", args=[row.policy_id]), row)


def _bots(wanted: Wanted) -> Iterator[Use]:
    """Drafts, and what is in force: a bot is changed in its own editor, so it is only named."""
    newest = BotFlowVersion.objects.order_by("flow_id", "-number").distinct("flow_id")
    published = dict(newest.values_list("flow_id", "definition"))
    for row in BotFlow.objects.filter(is_deleted=False):
        if any(wanted.has(tags) for tags in _named([row.draft, published.get(row.pk)], "tags")):
            yield Use(_("Bot"), row.name, reverse("bot", args=[row.pk]), row, follows=False)


def _forms(wanted: Wanted) -> Iterator[Use]:
    """Questions whose answer becomes a tag: what it is called there is what customers choose."""
    for row in FormField.objects.filter(fills=FormField.Fills.TAG).select_related("service"):
        if any(wanted.has(choice.get("value")) for choice in row.choices):
            href = reverse("service_form", args=[row.service_id])
            yield Use(_("Web form"), f"{row.service.label} · {row.label}", href, row, follows=False)


def _named(value: Any, key: str) -> Iterator[Any]:
    """What stands under a key, however deep."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key:
                yield one
            yield from _named(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one, key)
