"""Verbs for policies. Open tickets are looked at again in the background."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from calendars.models import Calendar
from common import clock
from common.text import one_line, storable
from journal.actor import Actor, ActorKind
from journal.events import changed
from journal.record import record
from sla import use
from sla.errors import BadPolicy
from sla.events import PolicyMoved, PolicySaved, PolicySwitched
from sla.matching import may_ask
from sla.models import Policy, PolicyVersion
from sla.targets import clean
from tickets import conditions as language


def check_conditions(tree: Any) -> None:
    """Raise ``BadPolicy`` unless a policy may have these conditions."""
    try:
        language.validate(tree)
    except language.ConditionError as error:
        raise BadPolicy("conditions", str(error)) from error
    for leaf in _leaves(tree):
        field = language.find(leaf["field"])
        if field is None or not may_ask(field.name):
            label = field.label if field else leaf["field"]
            raise BadPolicy(
                "conditions",
                _("A policy cannot ask about “%(field)s”: it changes by itself.") % {"field": label},
            )
        values = leaf.get("value")
        if {"me", "mine"} & {
            one for one in (values if isinstance(values, list) else [values]) if isinstance(one, str)
        }:
            raise BadPolicy("conditions", _("In a policy nobody is “me”: name the person or the team."))


def _leaves(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if not tree:
        return []
    group = tree.get("all", tree.get("any"))
    return [leaf for child in group for leaf in _leaves(child)] if group is not None else [tree]


@transaction.atomic
def save_policy(
    policy_id: int | None,
    *,
    name: str,
    conditions: dict[str, Any],
    calendar: Calendar | None,
    targets: dict[str, Any],
    actor: Actor,
    note: str = "",
    at: datetime | None = None,
) -> PolicyVersion:
    """Make a policy (``policy_id`` None: the last in order), or give one a new version or name.

    Saving what is there already changes nothing. Raises ``BadPolicy``.
    """
    at = at or clock.now()
    name = one_line(storable(name), 120)
    if not name:
        raise BadPolicy("name", _("A policy needs a name."))
    targets = clean(targets)
    check_conditions(conditions)
    if policy_id is None:
        last = Policy.objects.aggregate(last=Max("position"))["last"]
        policy = Policy(position=0 if last is None else last + 1, created_at=at)
        old = None
    else:
        policy = Policy.objects.select_for_update(no_key=True).get(pk=policy_id)
        old = policy.current
    same = old is not None and (old.conditions, old.calendar_id, old.targets) == (
        conditions,
        calendar.pk if calendar else None,
        targets,
    )
    if old is not None and same and policy.name == name:
        return old
    old_name, policy.name = policy.name, name
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        raise BadPolicy("name", _("There is a policy of this name already.")) from error
    version = (
        old
        if old is not None and same
        else PolicyVersion.objects.create(
            policy=policy,
            number=old.number + 1 if old else 1,
            conditions=conditions,
            calendar=calendar,
            targets=targets,
            created_at=at,
            author_id=actor.id if actor.kind == ActorKind.USER else None,
            note=one_line(storable(note), 500),
        )
    )
    use.begin()
    changes = changed(
        name=(old_name if old else name, name), number=(old.number if old else None, version.number)
    )
    record(PolicySaved(policy.pk, version.pk, version.number, policy.name, changes), actor=actor, at=at)
    return version


@transaction.atomic
def clone_policy(policy_id: int, *, actor: Actor, at: datetime | None = None) -> Policy:
    """A copy to change, switched off, right after the original in order."""
    at = at or clock.now()
    original = Policy.objects.select_for_update(no_key=True).get(pk=policy_id)
    version = original.current
    taken = set(Policy.objects.values_list("name", flat=True))
    number = 1
    while (name := _copy_name(original.name, number)) in taken:
        number += 1
    made = save_policy(
        None,
        name=name,
        conditions=version.conditions,
        calendar=version.calendar,
        targets=version.targets,
        actor=actor,
        at=at,
    ).policy
    switch_policy(made.pk, is_active=False, actor=actor, at=at)
    order = list(Policy.objects.exclude(pk=made.pk).values_list("pk", flat=True))
    order.insert(order.index(original.pk) + 1, made.pk)
    order_policies(order, actor=actor, at=at)
    made.refresh_from_db()
    return made


def _copy_name(name: str, number: int) -> str:
    words = {"name": name[:100], "number": number}
    return _("%(name)s (copy)") % words if number == 1 else _("%(name)s (copy %(number)d)") % words


@transaction.atomic
def order_policies(policy_ids: Sequence[int], *, actor: Actor, at: datetime | None = None) -> None:
    """Put the policies into this order; those not named come after, as they were."""
    policies = {row.pk: row for row in Policy.objects.select_for_update(no_key=True).order_by("pk")}
    if unknown := set(policy_ids) - policies.keys():
        raise BadPolicy("order", _("There is no policy %(number)d.") % {"number": min(unknown)})
    rest = sorted(policies.values(), key=lambda row: (row.position, row.pk))
    order = list(dict.fromkeys([*policy_ids, *(row.pk for row in rest)]))
    for position, pk in enumerate(order):
        row = policies[pk]
        if row.position != position:
            old, row.position = row.position, position
            row.save(update_fields=["position"])
            record(PolicyMoved(pk, old, position), actor=actor, at=at)


@transaction.atomic
def switch_policy(policy_id: int, *, is_active: bool, actor: Actor, at: datetime | None = None) -> Policy:
    """Apply the policy to tickets, or not any more. What has ended keeps what it ended under."""
    policy = Policy.objects.select_for_update(no_key=True).get(pk=policy_id)
    if policy.is_active != is_active:
        policy.is_active = is_active
        policy.save(update_fields=["is_active"])
        record(PolicySwitched(policy.pk, is_active), actor=actor, at=at)
    return policy
