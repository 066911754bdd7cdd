"""Policies: what is refused, versions, order, copies, the starter."""

from __future__ import annotations

import pytest

from journal.models import Entry
from sla import commands as sla
from sla.errors import BadPolicy
from sla.models import Policy, PolicyVersion
from sla.starter import make_policy as make_starter
from sla.targets import clean
from tests.sla.conftest import MANAGER, make_policy, target

GOOD = {"resolution": target(8)}


@pytest.mark.parametrize(
    "targets",
    [
        None,
        {},
        {"promise": target(1)},
        {"resolution": None},
        {"resolution": {"seconds": 3600}},
        {"resolution": {**target(8), "seconds": {"normal": 59}}},
        {"resolution": {**target(8), "seconds": {"normal": 3600.0}}},
        {"resolution": {**target(8), "seconds": {"normal": True}}},
        {"resolution": {**target(8), "seconds": {"normal": 10**9}}},
        {"resolution": {**target(8), "seconds": {"highest": 3600}}},
        {"resolution": {**target(8), "warn_percent": 100}},
        {"resolution": {**target(8), "business": "yes"}},
        {"resolution": {**target(8), "pauses": ["new"]}},
        {"resolution": {**target(8), "pauses": "pending"}},
    ],
)
def test_targets_that_are_refused(targets):
    with pytest.raises(BadPolicy):
        clean(targets)


@pytest.mark.parametrize(
    "conditions",
    [
        {"field": "nothing", "op": "is", "value": 1},
        {"field": "category", "op": "is", "value": "open"},
        {"all": [{"any": [{"field": "opened", "op": "older_than", "value": 60}]}]},
        {"field": "sla_breached", "op": "is", "value": True},
        {"field": "assignee", "op": "is", "value": "me"},
        {"field": "team", "op": "in", "value": ["mine"]},
    ],
)
def test_conditions_that_are_refused(db, conditions):
    with pytest.raises(BadPolicy) as refused:
        sla.save_policy(None, name="x", conditions=conditions, calendar=None, targets=GOOD, actor=MANAGER)
    assert refused.value.field == "conditions"
    assert not Policy.objects.exists()


def test_saving_the_same_makes_no_version(world, office):
    first = make_policy(resolution=8)
    again = make_policy(policy_id=first.policy_id, resolution=8)
    assert again == first
    renamed = make_policy("Other", policy_id=first.policy_id, resolution=8)
    assert (renamed, renamed.policy.name) == (first, "Other")
    assert Entry.objects.filter(kind="policy_saved").count() == 2
    second = make_policy("Other", policy_id=first.policy_id, calendar=office, resolution=8)
    assert (second.number, PolicyVersion.objects.count()) == (2, 2)


def test_names_are_taken_once(db):
    make_policy("One", resolution=8)
    with pytest.raises(BadPolicy):
        make_policy("One", resolution=4)
    with pytest.raises(BadPolicy):
        make_policy("  ", resolution=4)
    assert Policy.objects.count() == 1


def test_order_and_copies(db):
    one, two, three = (make_policy(name, resolution=8).policy for name in ("One", "Two", "Three"))
    copy = sla.clone_policy(one.pk, actor=MANAGER)
    second = sla.clone_policy(one.pk, actor=MANAGER)
    assert (copy.is_active, copy.current.targets) == (False, one.current.targets)
    assert [row.name for row in Policy.objects.all()] == ["One", second.name, copy.name, "Two", "Three"]
    assert len({copy.name, second.name}) == 2
    sla.order_policies([three.pk, one.pk], actor=MANAGER)
    assert [row.pk for row in Policy.objects.all()][:2] == [three.pk, one.pk]
    moved = Entry.objects.filter(kind="policy_moved").count()
    sla.order_policies([three.pk, one.pk], actor=MANAGER)
    assert Entry.objects.filter(kind="policy_moved").count() == moved
    with pytest.raises(BadPolicy):
        sla.order_policies([two.pk, 999_999], actor=MANAGER)


def test_the_starter_comes_once(db):
    policy = make_starter("ru")
    assert policy is not None and policy.is_active
    targets = policy.current.targets
    assert targets["first_response"]["seconds"]["normal"] == 4 * 3600
    assert targets["first_response"]["seconds"]["urgent"] == 3600
    assert targets["resolution"]["pauses"] == ["pending", "resolved"]
    assert make_starter("ru") is None
