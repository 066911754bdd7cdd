"""A form that arrives twice."""

from datetime import timedelta

import pytest

from common import clock
from desk import once
from desk.models import PostedForm


def test_the_second_time_gets_the_first_outcome(world):
    acts = []

    def act():
        acts.append(1)
        return "message:7"

    assert once.once(world.anna, "k", act) == ("message:7", True)
    assert once.once(world.anna, "k", act) == ("message:7", False)
    assert once.once(world.boris, "k", act) == ("message:7", True)  # somebody else's form
    assert len(acts) == 2


def test_a_refusal_leaves_the_key_free(world):
    def refuse():
        raise ValueError

    with pytest.raises(ValueError):
        once.once(world.anna, "k", refuse)
    assert once.once(world.anna, "k", lambda: "ok") == ("ok", True)


def test_old_keys_are_forgotten(world, monkeypatch):
    monkeypatch.setattr(once, "SWEEP_ONE_IN", 1)
    row = PostedForm.objects.create(user=world.anna, key="old")
    PostedForm.objects.filter(pk=row.pk).update(created_at=clock.now() - timedelta(days=3))
    once.once(world.anna, "new", lambda: "x")
    assert list(PostedForm.objects.values_list("key", flat=True)) == ["new"]
