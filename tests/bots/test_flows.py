"""Flows in the database: drafts, versions, and which one a conversation follows."""

import pytest

from channels_in.bots import commands, editing
from channels_in.bots.flow import step_of
from channels_in.bots.starter import example
from channels_in.bots.stored import playable, version_of
from journal.actor import Actor
from journal.models import Entry
from tickets.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(world):
    return Actor.user(world.maria)


@pytest.fixture
def bot(maria):
    return commands.make_flow(name="Помощник", definition=example(), actor=maria)


def kinds(entries="bot_flow"):
    return list(Entry.objects.filter(stream_type=entries).order_by("pk").values_list("kind", flat=True))


def test_the_example_can_be_published_as_it_is(bot, maria):
    version = commands.publish(bot.pk, actor=maria)
    assert version.number == 1
    assert bot.current == version
    assert version.definition["steps"][0]["texts"]["ru"].startswith("Здравствуйте!")
    assert kinds() == ["bot_flow_made", "bot_flow_published"]


def test_publishing_the_same_again_changes_nothing(bot, maria):
    first = commands.publish(bot.pk, actor=maria)
    assert commands.publish(bot.pk, actor=maria) == first
    assert kinds().count("bot_flow_published") == 1


def test_a_draft_is_nothing_that_visitors_meet(bot, maria):
    commands.publish(bot.pk, actor=maria)
    bot = commands.edit_draft(bot.pk, edit=lambda draft: editing.add_step(draft, "say"), actor=maria)
    assert bot.drafted_at is not None
    assert len(bot.current.definition["steps"]) == len(bot.draft["steps"]) - 1


def test_taking_a_change_back_leaves_no_draft(bot, maria):
    commands.publish(bot.pk, actor=maria)
    commands.edit_draft(bot.pk, edit=lambda draft: editing.add_step(draft, "say"), actor=maria)
    bot = commands.edit_draft(bot.pk, edit=lambda draft: editing.remove_step(draft, "s7"), actor=maria)
    assert bot.drafted_at is None


def test_what_is_unfinished_is_not_published(bot, maria):
    commands.edit_draft(bot.pk, edit=lambda draft: editing.add_step(draft, "menu"), actor=maria)
    with pytest.raises(Invalid):
        commands.publish(bot.pk, actor=maria)
    assert bot.current is None


def test_a_team_that_is_gone_is_not_published(bot, maria, world):
    step = step_of(bot.draft, "s5") | {"team": world.first_line.pk}
    commands.edit_draft(bot.pk, edit=lambda draft: editing.change_step(draft, "s5", step), actor=maria)
    world.first_line.is_active = False
    world.first_line.save()
    with pytest.raises(Invalid):
        commands.publish(bot.pk, actor=maria)


def test_a_version_comes_back_as_a_draft(bot, maria):
    commands.publish(bot.pk, actor=maria)
    commands.edit_draft(bot.pk, edit=lambda draft: editing.remove_step(draft, "s2"), actor=maria)
    commands.publish(bot.pk, actor=maria)
    bot = commands.restore_version(bot.pk, number=1, actor=maria)
    assert step_of(bot.draft, "s2") is not None
    assert bot.current.number == 2
    assert commands.publish(bot.pk, actor=maria).number == 3


def test_a_conversation_keeps_its_version(bot, maria):
    first = commands.publish(bot.pk, actor=maria)
    commands.edit_draft(bot.pk, edit=lambda draft: editing.remove_step(draft, "s2"), actor=maria)
    second = commands.publish(bot.pk, actor=maria)
    assert version_of(bot, first.pk) == first
    assert version_of(bot) == second
    assert version_of(bot, "nonsense") == second


def test_a_deleted_bot_begins_nothing_and_can_be_brought_back(bot, maria):
    version = commands.publish(bot.pk, actor=maria)
    commands.delete_flow(bot.pk, actor=maria)
    commands.delete_flow(bot.pk, actor=maria)
    bot.refresh_from_db()
    assert version_of(bot) is None
    assert version_of(bot, version.pk) == version
    commands.undelete_flow(bot.pk, actor=maria)
    bot.refresh_from_db()
    assert version_of(bot) == version
    assert kinds()[-2:] == ["bot_flow_deleted", "bot_flow_undeleted"]


def test_a_bot_needs_a_name(bot, maria):
    for verb in (
        lambda: commands.make_flow(name=" ", definition={}, actor=maria),
        lambda: commands.rename_flow(bot.pk, name="\0", actor=maria),
    ):
        with pytest.raises(Invalid):
            verb()
    assert commands.rename_flow(bot.pk, name="  Новый   помощник ", actor=maria).name == "Новый помощник"


def test_own_sentences_win_over_the_standard_ones():
    flow = playable({"phrases": {"handing_over": {"ru": "Минуту!"}}})
    assert flow["phrases"]["handing_over"] == {"ru": "Минуту!", "en": "I am passing you on to a colleague."}


def test_a_new_step_follows_what_led_nowhere():
    flow = editing.add_step(editing.add_step({}, "say"), "ask")
    assert [step["id"] for step in flow["steps"]] == ["s1", "s2"]
    assert step_of(flow, "s1")["next"] == "s2"
    between = editing.add_step(flow, "say", after="s1")
    assert [step["id"] for step in between["steps"]] == ["s1", "s3", "s2"]
    assert step_of(between, "s1")["next"] == "s2"  # its way is its author's


def test_a_choice_can_lead_to_a_step_that_is_made_for_it():
    flow = editing.add_step({}, "menu")
    menu = {
        "choices": [{"texts": {"ru": "А"}, "next": "new:ask"}, {"texts": {"ru": "Б"}, "next": "new:person"}]
    }
    flow = editing.change_step(flow, "s1", menu)
    assert [(step["id"], step["kind"]) for step in flow["steps"]] == [
        ("s1", "menu"),
        ("s2", "ask"),
        ("s3", "person"),
    ]
    assert [one["next"] for one in step_of(flow, "s1")["choices"]] == ["s2", "s3"]


def test_what_led_to_a_removed_step_goes_past_it():
    flow = example()
    flow = editing.remove_step(flow, "s3")
    assert [one["next"] for one in step_of(flow, "s1")["choices"]] == ["s2", "s4", "s4"]
    flow = editing.remove_step(flow, "s4")  # has two ways: nobody can know which is meant
    assert [one["next"] for one in step_of(flow, "s1")["choices"]] == ["s2", "", ""]


def test_moving_a_step_in_the_list_moves_nobody_in_the_conversation():
    flow = editing.move_step(example(), "s1", by=1)
    assert [step["id"] for step in flow["steps"]][:2] == ["s2", "s1"]
    assert flow["start"] == "s1"
    assert editing.move_step(flow, "s2", by=-1) == flow
    assert editing.begin_with(flow, "s2")["start"] == "s2"
    assert editing.begin_with(flow, "gone") == flow


def test_there_is_an_end_to_steps():
    flow = {}
    for _step in range(100):
        flow = editing.add_step(flow, "say")
    assert len(flow["steps"]) == 60
