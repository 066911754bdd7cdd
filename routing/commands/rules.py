"""Verbs that change rules. A definition is never overwritten: every edit is a version."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from common import clock
from common.text import one_line, storable
from journal.actor import Actor, ActorKind
from journal.events import changed
from journal.record import record
from routing.definitions import DefinitionError, checked
from routing.events import RuleDeleted, RuleSaved, RulesOrdered, RuleSwitched, RuleUndeleted
from routing.models import Rule, RuleVersion
from routing.references import check_references

MOST_RULES = 500
_ADVISORY = 0x72756C65  # "rule": positions and the number of rules are everybody's


@transaction.atomic
def save_rule(rule_id: int | None, *, name: str, definition: Any, actor: Actor, note: str = "") -> Rule:
    """Make a rule, switched off and last in order, or change one; raises ``DefinitionError``.

    A definition that says what the newest version says makes no new one.
    """
    name = one_line(storable(name), 120)
    if not name:
        raise DefinitionError("name", _("Give the rule a name."))
    definition = checked(definition)
    check_references(definition)
    if rule_id is None:
        rule = _new(name)
        newest = None
    else:
        rule = _locked(rule_id)
        newest = rule.current
    if newest is not None and newest.definition == definition and rule.name == name:
        return rule
    old_name, old_number = rule.name, newest.number if newest else None
    if rule.name != name:
        rule.name = name
        rule.save(update_fields=["name"])
    if newest is None or newest.definition != definition:
        newest = RuleVersion.objects.create(
            rule=rule,
            number=newest.number + 1 if newest else 1,
            definition=definition,
            author_id=actor.id if actor.kind == ActorKind.USER else None,
            note=one_line(storable(note), 400),
        )
    changes = changed(name=(old_name, name), number=(old_number, newest.number))
    record(RuleSaved(rule.pk, newest.pk, newest.number, rule.name, changes), actor=actor)
    return rule


def _locked(rule_id: int) -> Rule:
    return Rule.objects.select_for_update(no_key=True).get(pk=rule_id, is_deleted=False)


def _lock_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])


def _new(name: str) -> Rule:
    _lock_order()
    kept = Rule.objects.filter(is_deleted=False)
    if kept.count() >= MOST_RULES:
        raise DefinitionError("name", _("There are %(most)d rules already.") % {"most": MOST_RULES})
    last = kept.aggregate(last=Max("position"))["last"] or 0
    return Rule.objects.create(name=name, position=last + 1)


@transaction.atomic
def restore_version(rule_id: int, *, number: int, actor: Actor) -> Rule:
    """Let the rule say again what it said in a version; a new version that says so."""
    rule = _locked(rule_id)
    old = rule.versions.get(number=number)
    note = _("As in version %(number)d") % {"number": number}
    return save_rule(rule.pk, name=rule.name, definition=old.definition, actor=actor, note=note)


@transaction.atomic
def switch_rule(rule_id: int, *, is_enabled: bool, actor: Actor) -> Rule:
    """Put the rule in force, or out of it. One whose teams or people are gone is refused."""
    rule = _locked(rule_id)
    if rule.is_enabled == is_enabled:
        return rule
    if is_enabled:
        check_references(checked(rule.current.definition))
        rule.enabled_at = clock.now()
    rule.is_enabled = is_enabled
    rule.save(update_fields=["is_enabled", "enabled_at"])
    record(RuleSwitched(rule.pk, is_enabled), actor=actor)
    return rule


@transaction.atomic
def order_rules(rule_ids: Iterable[int], *, actor: Actor) -> list[Rule]:
    """Put rules in this order; those that are not named come after them, in the order they have."""
    _lock_order()
    rules = {
        rule.pk: rule
        for rule in Rule.objects.select_for_update(no_key=True).filter(is_deleted=False).order_by("pk")
    }
    wanted = list(dict.fromkeys(rule_ids))
    if any(pk not in rules for pk in wanted):
        raise DefinitionError("order", _("One of these rules is not there any more."))
    before = sorted(rules.values(), key=lambda rule: (rule.position, rule.pk))
    after = [rules[pk] for pk in wanted] + [rule for rule in before if rule.pk not in set(wanted)]
    if after == before:
        return after
    for position, rule in enumerate(after, 1):
        rule.position = position
    Rule.objects.bulk_update(after, ["position"])
    record(RulesOrdered(0, [rule.pk for rule in after]), actor=actor)
    return after


@transaction.atomic
def delete_rule(rule_id: int, *, actor: Actor) -> None:
    """Take the rule out. Its row stays: what it did can still be explained, and the deletion undone."""
    rule = Rule.objects.select_for_update(no_key=True).get(pk=rule_id)
    if rule.is_deleted:
        return
    rule.is_deleted, rule.is_enabled = True, False
    rule.save(update_fields=["is_deleted", "is_enabled"])
    record(RuleDeleted(rule.pk), actor=actor)


@transaction.atomic
def undelete_rule(rule_id: int, *, actor: Actor) -> Rule:
    """Take the deletion back: the rule is there again in its place, switched off."""
    _lock_order()
    rule = Rule.objects.select_for_update(no_key=True).get(pk=rule_id)
    if not rule.is_deleted:
        return rule
    if Rule.objects.filter(is_deleted=False).count() >= MOST_RULES:
        raise DefinitionError("name", _("There are %(most)d rules already.") % {"most": MOST_RULES})
    rule.is_deleted = False
    rule.save(update_fields=["is_deleted"])
    record(RuleUndeleted(rule.pk), actor=actor)
    return rule
