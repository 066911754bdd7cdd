"""Rules as rows: versions, order, switching, deleting; and that workers hear of it."""

import pytest

from journal.actor import Actor
from journal.models import Entry
from routing import rulebook, starter
from routing.commands import delete_rule, order_rules, restore_version, save_rule, switch_rule, undelete_rule
from routing.definitions import DefinitionError
from routing.models import Rule, RuleVersion, ScheduledAction
from tickets.models import Category, Priority


def definition(value="high", **given):
    return {
        "trigger": {"on": "ticket_opened"},
        "conditions": {},
        "actions": [{"do": "set_priority", "value": value}],
    } | given


@pytest.fixture
def as_maria(world):
    return Actor.user(world.maria)


def test_a_new_rule_is_off_and_last(world, as_maria):
    first = save_rule(None, name=" Первое ", definition=definition(), actor=as_maria, note="для начала")
    second = save_rule(None, name="Второе", definition=definition(), actor=as_maria)
    assert (first.name, first.is_enabled, first.position, second.position) == ("Первое", False, 1, 2)
    version = first.current
    assert (version.number, version.author, version.note) == (1, world.maria, "для начала")


def test_an_edit_is_a_version_and_the_same_again_is_none(as_maria):
    rule = save_rule(None, name="a", definition=definition(), actor=as_maria)
    save_rule(rule.pk, name="a", definition=definition(), actor=as_maria)
    assert rule.versions.count() == 1
    assert Entry.objects.filter(stream_type="rule").count() == 1
    save_rule(rule.pk, name="a", definition=definition("low"), actor=as_maria)
    renamed = save_rule(rule.pk, name="b", definition=definition("low"), actor=as_maria)
    assert [v.number for v in rule.versions.order_by("number")] == [1, 2]
    assert renamed.name == "b"
    assert [e.data["number"] for e in Entry.objects.filter(kind="rule_saved").order_by("pk")] == [1, 2, 2]


def test_what_a_version_said_can_be_said_again(as_maria):
    rule = save_rule(None, name="a", definition=definition("high"), actor=as_maria)
    save_rule(rule.pk, name="a", definition=definition("low"), actor=as_maria)
    restore_version(rule.pk, number=1, actor=as_maria)
    assert rule.current.number == 3
    assert rule.current.definition["actions"][0]["value"] == "high"
    with pytest.raises(RuleVersion.DoesNotExist):
        restore_version(rule.pk, number=9, actor=as_maria)


def test_a_bad_edit_changes_nothing(as_maria):
    rule = save_rule(None, name="a", definition=definition(), actor=as_maria)
    for bad in ({"name": "b", "definition": {}}, {"name": "  ", "definition": definition("low")}):
        with pytest.raises(DefinitionError):
            save_rule(rule.pk, actor=as_maria, **bad)
    rule.refresh_from_db()
    assert (rule.name, rule.versions.count()) == ("a", 1)


def test_order(as_maria):
    a, b, c = (save_rule(None, name=name, definition=definition(), actor=as_maria) for name in "abc")
    assert order_rules([c.pk, a.pk], actor=as_maria) == [c, a, b]
    assert [rule.name for rule in Rule.objects.all()] == ["c", "a", "b"]
    order_rules([c.pk], actor=as_maria)
    assert Entry.objects.filter(kind="rules_ordered").count() == 1, "nothing has moved"
    with pytest.raises(DefinitionError):
        order_rules([c.pk, 999_999], actor=as_maria)


def test_switching(world, as_maria):
    rule = save_rule(None, name="a", definition=definition(), actor=as_maria)
    for _twice in range(2):
        assert switch_rule(rule.pk, is_enabled=True, actor=as_maria).enabled_at is not None
    assert Entry.objects.filter(kind="rule_switched").count() == 1


def test_a_rule_whose_people_are_gone_cannot_be_switched_on(world, as_maria):
    to_boris = definition(actions=[{"do": "assign_to", "user": world.boris.pk}])
    rule = save_rule(None, name="a", definition=to_boris, actor=as_maria)
    world.boris.is_active = False
    world.boris.save()
    with pytest.raises(DefinitionError):
        switch_rule(rule.pk, is_enabled=True, actor=as_maria)
    rule.refresh_from_db()
    assert not rule.is_enabled


def test_deleting_keeps_the_row(as_maria):
    rule = save_rule(None, name="a", definition=definition(), actor=as_maria)
    for _twice in range(2):
        delete_rule(rule.pk, actor=as_maria)
    rule.refresh_from_db()
    assert (rule.is_deleted, rule.is_enabled) == (True, False)
    assert Entry.objects.filter(kind="rule_deleted").count() == 1
    with pytest.raises(Rule.DoesNotExist):
        save_rule(rule.pk, name="b", definition=definition(), actor=as_maria)


def test_a_deletion_is_undone(as_maria):
    rule = save_rule(None, name="a", definition=definition(), actor=as_maria)
    switch_rule(rule.pk, is_enabled=True, actor=as_maria)
    delete_rule(rule.pk, actor=as_maria)
    for _twice in range(2):
        back = undelete_rule(rule.pk, actor=as_maria)
        assert (back.is_deleted, back.is_enabled, back.position) == (False, False, rule.position)
    assert Entry.objects.filter(kind="rule_undeleted").count() == 1


def test_workers_hear_of_every_change(world, as_maria, django_assert_num_queries):
    def values():
        return [(rule.id, rule.actions[0]["value"]) for rule in rulebook.current().rules]

    a = save_rule(None, name="a", definition=definition("high"), actor=as_maria)
    b = save_rule(None, name="b", definition=definition("low"), actor=as_maria)
    assert values() == []
    switch_rule(a.pk, is_enabled=True, actor=as_maria)
    switch_rule(b.pk, is_enabled=True, actor=as_maria)
    assert values() == [(a.pk, Priority.HIGH), (b.pk, Priority.LOW)]
    with django_assert_num_queries(1):
        values()
    order_rules([b.pk], actor=as_maria)
    assert [pk for pk, _value in values()] == [b.pk, a.pk]
    save_rule(b.pk, name="b", definition=definition("urgent"), actor=as_maria)
    assert values()[0] == (b.pk, Priority.URGENT)
    switch_rule(b.pk, is_enabled=False, actor=as_maria)
    delete_rule(a.pk, actor=as_maria)
    assert values() == []


@pytest.mark.parametrize(("language", "first"), [("en", "Urgent words"), ("ru", "Срочные слова")])
def test_what_an_installation_begins_with(world, language, first):
    made = starter.make_rules(language)
    assert len(made) == 5
    assert made[0].name.startswith(first)
    assert all(rule.is_enabled for rule in made)
    assert starter.make_rules(language) == []


def test_what_an_installation_begins_with_works(world, drain):
    starter.make_rules("ru")
    ticket = world.ticket("Срочно! Кофемашина не включается", team=world.first_line)
    calm = world.ticket("Не срочность, а вопрос", team=world.first_line)
    drain()
    ticket.refresh_from_db()
    calm.refresh_from_db()
    assert (ticket.priority, ticket.assignee) == (Priority.HIGH, world.anna)
    assert (calm.priority, calm.assignee) == (Priority.NORMAL, world.anna)
    world.reply(ticket, status=world.status(Category.RESOLVED))
    drain()
    assert ScheduledAction.objects.get().ticket == ticket
