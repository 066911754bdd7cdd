"""Verbs for views: doing a thing twice is doing it once, and what makes no sense is refused."""

from __future__ import annotations

import pytest

from journal.actor import Actor
from journal.models import Entry
from tickets import commands, listing
from tickets.commands import views
from tickets.errors import Invalid
from tickets.models import View


@pytest.fixture
def actor(world):
    return Actor.user(world.anna)


def kinds():
    return list(Entry.objects.filter(stream_type="view").order_by("pk").values_list("kind", flat=True))


def test_each_change_is_told_once(world, actor):
    view = commands.create_view(actor=actor, labels={"en": "Refunds"}, owner=world.anna, columns=["tags"])
    commands.change_view(view.pk, actor=actor, grouping="team")
    commands.change_view(view.pk, actor=actor, grouping="team")
    for _each in range(2):
        commands.delete_view(view.pk, actor=actor)
    for _each in range(2):
        commands.restore_view(view.pk, actor=actor)
    assert kinds() == ["view_created", "view_changed", "view_deleted", "view_restored"]
    assert Entry.objects.get(kind="view_changed").data["changes"] == {"grouping": ["", "team"]}


@pytest.mark.parametrize(
    "given",
    [
        {"labels": {}},
        {"order": "password"},
        {"grouping": "password"},
        {"conditions": {"all": [{"field": "message_text", "op": "is", "value": "x"}]}},
        {"conditions": {"all": [{"field": "subject", "op": "matches", "value": "x"}]}},
        {"conditions": "x"},
    ],
)
def test_what_no_list_can_be_made_of_is_refused(world, actor, given):
    with pytest.raises(Invalid):
        commands.create_view(actor=actor, **{"labels": {"en": "A"}, "owner": world.anna, **given})
    assert kinds() == []


def test_a_view_is_a_persons_or_a_teams(world, actor):
    with pytest.raises(Invalid):
        commands.create_view(actor=actor, labels={"en": "A"}, owner=world.anna, team=world.first_line)


def test_there_is_an_end_to_views(world, actor, monkeypatch):
    monkeypatch.setattr(views, "MAX_VIEWS", 1)
    first = commands.create_view(actor=actor, labels={"en": "A"}, owner=world.anna)
    with pytest.raises(Invalid):
        commands.create_view(actor=actor, labels={"en": "B"}, owner=world.anna)
    commands.delete_view(first.pk, actor=actor)
    commands.create_view(actor=actor, labels={"en": "B"}, owner=world.anna)
    with pytest.raises(Invalid):
        commands.restore_view(first.pk, actor=actor)


def test_teams_have_their_views_and_others_do_not(world, actor):
    view = commands.create_view(actor=actor, labels={"en": "A"}, team=world.first_line)
    assert view in listing.views_of(world.anna)
    assert view not in listing.views_of(world.boris)
    assert View.objects.get(pk=view.pk).owner is None
