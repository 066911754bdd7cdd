"""Every action, done by a real delivery of the journal."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from calendars.starter import make_calendar
from common import clock
from desk import rule_traces
from journal.models import Entry
from people.models import Membership, Skill
from routing.models import RuleRun, ScheduledAction, Waiting
from routing.performing import PERFORM
from tests.routing.conftest import is_
from tickets import commands
from tickets.events import NoticeRequested, WebhookRequested
from tickets.models import (
    Category,
    CustomField,
    Follower,
    Message,
    MessageKind,
    Priority,
    Service,
    Topic,
)


def entries(ticket, kind):
    return list(
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind=kind).order_by("sequence")
    )


def only(runs):
    (run,) = runs()
    return run


@pytest.fixture
def opened(world, rule, drain):
    """``opened(action, …)``: a ticket that a rule with these actions has seen being opened."""

    def make(*actions, ticket=None, **given):
        rule(*actions, **given)
        made = world.ticket(**(ticket or {}))
        drain()
        made.refresh_from_db()
        return made

    return make


def test_set_priority_says_who_did_it_and_why(world, opened, runs):
    ticket = opened({"do": "set_priority", "value": "urgent"})
    assert ticket.priority == Priority.URGENT
    run = only(runs)
    (changed,) = entries(ticket, "field_changed")
    assert changed.actor_name == f"rule:{run.rule_id}"
    assert changed.cause_id == run.entry_id == entries(ticket, "ticket_opened")[0].pk
    assert run.effects == [{"action": {"do": "set_priority", "value": 4}, "result": "done"}]
    assert run.trace["conditions"] == {"all": [], "ok": True}


def test_set_status_by_category_and_by_key(world, opened, rule, drain):
    held = world.status(Category.ON_HOLD)
    ticket = opened({"do": "set_status", "value": "pending"})
    assert ticket.category == Category.PENDING
    rule({"do": "set_status", "value": held.pk}, on="field_changed", field="status")
    commands.set_status(ticket.pk, status=world.status(Category.OPEN), actor=world.as_anna)
    drain()
    ticket.refresh_from_db()
    assert ticket.status == held


def test_team_topic_and_service(world, opened):
    topic = Topic.objects.create(labels={"en": "Billing"})
    service = Service.objects.create(labels={"en": "Repair"})
    ticket = opened(
        {"do": "set_team", "value": world.second_line.pk},
        {"do": "set_topic", "value": topic.pk},
        {"do": "set_service", "value": service.pk},
    )
    assert (ticket.team, ticket.topic, ticket.service) == (world.second_line, topic, service)


def test_what_is_set_can_be_taken_away(world, opened):
    ticket = opened({"do": "set_team", "value": None}, ticket={"team": world.first_line})
    assert ticket.team is None


def test_a_custom_field(world, opened):
    CustomField.objects.create(key="size", kind="number", labels={"en": "Size"})
    assert opened({"do": "set_field", "key": "size", "value": 3}).attributes == {"size": 3}


def test_tags_come_and_go(world, opened, rule, drain):
    ticket = opened({"do": "add_tags", "value": ["VIP", "Возврат"]})
    assert set(ticket.tags.values_list("name", flat=True)) == {"VIP", "Возврат"}
    rule({"do": "remove_tags", "value": ["vip"]}, on="message_received")
    world.receive(ticket, "Ещё вопрос")
    drain()
    assert set(ticket.tags.values_list("name", flat=True)) == {"Возврат"}


def test_a_person_gets_it_and_another_follows(world, opened):
    ticket = opened({"do": "assign_to", "user": world.anna.pk}, {"do": "follow", "user": world.boris.pk})
    assert ticket.assignee == world.anna
    assert Follower.objects.get(ticket=ticket).user == world.boris


def test_back_to_the_queue(world, opened):
    assert opened({"do": "unassign"}, ticket={"assignee": world.anna}).assignee is None


def test_a_note_bears_the_name_of_its_rule(world, opened):
    ticket = opened({"do": "note", "text": "Клиент {{contact.name}} ждёт"}, name="Важные клиенты")
    note = Message.objects.get(ticket=ticket, kind=MessageKind.NOTE)
    assert (note.text, note.author_name, note.author_user) == (
        "Клиент Вера Ёлкина ждёт",
        "Важные клиенты",
        None,
    )


def test_colleagues_are_told(world, opened, runs):
    world.first_line.memberships.filter(user=world.anna).update(is_lead=True)
    ticket = opened(
        {"do": "notify", "who": ["assignee", "leads", world.oleg.pk], "text": "№{{ticket.number}} горит"},
        ticket={"team": world.first_line, "assignee": world.boris},
    )
    (told,) = entries(ticket, NoticeRequested.kind)
    assert told.data["user_ids"] == sorted([world.anna.pk, world.boris.pk, world.oleg.pk])
    assert (told.data["notice_kind"], told.data["text"]) == ("rule", f"№{ticket.pk} горит")
    assert told.data["data"]["rule_id"] == only(runs).rule_id


def test_nobody_to_tell_is_no_error(world, opened, runs):
    ticket = opened({"do": "notify", "who": ["assignee"], "text": ""})
    assert entries(ticket, NoticeRequested.kind) == []
    assert only(runs).effects[0]["result"] == "nobody"


def test_a_webhook_is_asked_for(world, opened, runs):
    ticket = opened({"do": "webhook", "webhook_id": 7})
    (asked,) = entries(ticket, WebhookRequested.kind)
    assert (asked.data["webhook_id"], asked.data["origin"]) == (7, f"rule:{only(runs).rule_id}")


def test_a_snooze(world, opened):
    before = timezone.now()
    ticket = opened({"do": "snooze", "seconds": 3600})
    assert timedelta(seconds=3600) <= ticket.snoozed_until - before < timedelta(seconds=3700)


def test_closing_is_planned(world, opened, runs):
    ticket = opened({"do": "close_after", "seconds": 86_400})
    plan = ScheduledAction.objects.get(ticket=ticket)
    assert plan.state == "waiting"
    assert only(runs).effects[0]["result"] == "planned"


def test_one_that_fails_loses_neither_the_others_nor_the_trace(world, opened, runs):
    ticket = opened(
        {"do": "set_priority", "value": "high"},
        {"do": "escalate", "reason": "Нужна вторая линия"},
        {"do": "add_tags", "value": ["после"]},
    )
    assert ticket.priority == Priority.HIGH
    assert ticket.tags.get().name == "после"
    run = only(runs)
    assert [effect["result"] for effect in run.effects] == ["done", "failed", "done"]
    assert run.error == run.effects[1]["error"] != ""


def test_why_one_failed_is_told_in_the_readers_language(world, opened, runs):
    """Also what names somebody; the worker that wrote it down speaks another one."""
    opened({"do": "escalate", "reason": "Нужна вторая линия"})
    (failed,) = only(runs).effects
    assert (failed["result"], failed["error"][:10]) == ("failed", "The ticket")
    told = {"result": "failed", "error": "?", "source": "%(name)s does not work at the desk."}
    for language, words, named in [
        ("ru", "Группе этого обращения некому передать", "Борис"),
        ("en", "The ticket's team has no further line", "Борис does not work at the desk."),
    ]:
        with override(language):
            assert rule_traces.failure(failed).startswith(words)
            assert named in rule_traces.failure({**told, "params": {"name": "Борис"}})
    assert rule_traces.failure({**told, "params": {"user": 1}}) == "?", "words of another version"
    assert "boom" in rule_traces.failure({"code": "bug", "error": "boom"})


def test_a_bug_in_an_action_is_told_and_loses_nothing(world, opened, runs, monkeypatch):
    def broken(action, doing):
        commands.add_tag(doing.ticket_id, name="half done", actor=doing.actor)
        raise ZeroDivisionError("boom")

    monkeypatch.setitem(PERFORM, "unassign", broken)
    ticket = opened({"do": "unassign"}, {"do": "add_tags", "value": ["после"]})
    assert [tag.name for tag in ticket.tags.all()] == ["после"]
    assert "boom" in only(runs).error


def test_who_has_left_since_is_told_in_the_run(world, rule, drain, runs):
    rule({"do": "assign_to", "user": world.boris.pk})
    world.boris.is_active = False
    world.boris.save()
    ticket = world.ticket()
    drain()
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert only(runs).effects[0]["code"] == "invalid"


def test_later_actions_and_rules_see_earlier_ones(world, rule, drain, runs):
    rule({"do": "set_priority", "value": "urgent"}, when=is_("subject", "Авария"), name="1")
    rule(
        {"do": "set_team", "value": world.second_line.pk}, when=is_("priority", "urgent"), name="2", stop=True
    )
    rule({"do": "set_priority", "value": "low"}, name="3")
    ticket = world.ticket(subject="авария")
    drain()
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.team) == (Priority.URGENT, world.second_line)
    assert [run.rule.name for run in runs()] == ["1", "2"]
    assert runs()[1].trace["stopped"]


def test_hidden_tickets_are_left_alone(world, rule, drain):
    rule({"do": "set_priority", "value": "urgent"})
    ticket = world.ticket()
    commands.mark_spam(ticket.pk, actor=world.as_anna)
    drain()
    assert not RuleRun.objects.exists()


def test_the_past_is_left_alone(world, rule, drain):
    rule({"do": "set_priority", "value": "urgent"})
    world.ticket(at=timezone.now() - timedelta(days=3))
    yesterday = world.ticket(at=timezone.now() - timedelta(days=1))
    drain()
    assert [run.ticket_id for run in RuleRun.objects.all()] == [yesterday.pk]


# --- finding an assignee ------------------------------------------------------------------------
def test_a_strategy_finds_somebody(world, opened, runs):
    ticket = opened({"do": "assign"}, ticket={"team": world.first_line})
    assert ticket.assignee == world.anna
    assert only(runs).effects[0]["user_id"] == world.anna.pk


def test_a_strategy_of_another_team(world, opened, runs):
    ticket = opened(
        {"do": "assign", "strategy": "round_robin", "team": world.second_line.pk},
        ticket={"team": world.first_line},
    )
    assert (ticket.team, ticket.assignee) == (world.second_line, world.boris)


def test_nobody_is_there_and_the_ticket_waits(world, opened, runs):
    world.first_line.memberships.all().delete()
    ticket = opened({"do": "assign"}, {"do": "add_tags", "value": ["a"]}, ticket={"team": world.first_line})
    assert ticket.assignee is None
    assert Waiting.objects.get().ticket == ticket
    assert [effect["result"] for effect in only(runs).effects] == ["waiting", "done"]


def test_skills_and_the_ticket_s_language_are_asked_for(world, opened, runs):
    skill = Skill.objects.create(labels={"en": "Coffee"})
    for user, spoken in ((world.anna, ["en"]), (world.boris, ["ru"]), (world.egor, ["ru"])):
        Membership.objects.get_or_create(team=world.first_line, user=user)
        user.spoken = spoken
        user.save()
        user.skills.add(skill)
    world.egor.skills.clear()
    ticket = opened(
        {"do": "assign", "skills": [skill.pk], "language": "of_ticket"},
        ticket={"team": world.first_line, "language": "ru"},
    )
    assert ticket.assignee == world.boris


def test_passing_to_the_next_line(world, opened, runs):
    world.first_line.escalates_to = world.second_line
    world.first_line.save()
    ticket = opened(
        {"do": "escalate", "reason": "Клиент {{contact.name}} просит"},
        ticket={"team": world.first_line, "assignee": world.anna},
    )
    assert ticket.team == world.second_line
    (passed,) = entries(ticket, "ticket_escalated")
    assert passed.data["reason"] == "Клиент Вера Ёлкина просит"
    assert only(runs).effects[0]["team_id"] == world.second_line.pk


def test_two_hours_of_work_on_a_friday_evening_end_on_monday(world, opened, monkeypatch):
    friday = datetime(2026, 3, 6, 14, tzinfo=UTC)  # 17:00 in Moscow; work ends at 18:00
    monkeypatch.setattr(clock, "now", lambda: friday)
    make_calendar(zone="Europe/Moscow")
    ticket = opened({"do": "snooze", "seconds": 2 * 3600, "business": True})
    assert ticket.snoozed_until == datetime(2026, 3, 9, 7, tzinfo=UTC)  # Monday, 10:00
