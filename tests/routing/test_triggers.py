"""What makes rules act, through the journal; once, in order, and with an end."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from common import clock
from journal.actor import Actor
from journal.drain import sweep_before
from journal.models import Delivery, Entry
from journal.record import record
from routing import executor
from routing.commands import order_rules, request_rule
from routing.engine import MAX_DEPTH
from routing.models import Rule, RuleRun
from sla import events as sla
from sla import starter
from sla.commands import make_promise
from sla.firing import fire
from sla.models import Promise
from tests.routing.conftest import is_
from tickets import commands, errors
from tickets.content import Content
from tickets.models import Category, CustomField, Priority

TAG = {"do": "add_tags", "value": ["сработало"]}


def tagged(ticket):
    return ticket.tags.filter(name="сработало").exists()


@pytest.fixture
def quiet(world, drain):
    """A ticket whose opening is history."""
    ticket = world.ticket(team=world.first_line)
    drain()
    return ticket


def test_a_ticket_is_opened_with_its_first_message(world, rule, drain):
    contains = {"field": "message_text", "op": "contains", "value": "кофемашина"}
    rule(TAG, when=contains)
    ticket = world.ticket("Кофемашина не включается")
    drain()
    assert tagged(ticket)


def test_a_message_is_asked_about_itself(world, rule, drain, quiet):
    rule(
        TAG, on="message_received", when={"field": "message_text", "op": "matches", "value": r"счё?т\s+№\d+"}
    )
    world.receive(quiet, "Просто так")
    drain()
    assert not tagged(quiet)
    world.receive(quiet, "Где мой счёт №12?")
    world.receive(quiet, "И ещё одно")  # both wait when the worker comes
    drain()
    assert tagged(quiet)


def test_machines_and_outsiders_trigger_nothing(world, rule, drain, quiet):
    rule(TAG, on="message_received")
    world.receive(quiet, "I am away", automatic_kind="auto-reply")
    side = commands.open_side_thread(quiet.pk, contact=world.stranger, subject="?", user=world.anna)
    world.receive(quiet, "Ответ поставщика", contact=world.stranger, side_thread=side)
    drain()
    assert not tagged(quiet)


def test_a_reply_is_sent(world, rule, drain, quiet):
    rule(TAG, on="reply_sent")
    commands.post_note(quiet.pk, user=world.anna, content=Content(text="Заметка"))
    drain()
    assert not tagged(quiet)
    world.reply(quiet)
    drain()
    assert tagged(quiet)


CHANGES = {
    "status": lambda w, t: commands.set_status(t.pk, status=w.status(Category.PENDING), actor=w.as_anna),
    "priority": lambda w, t: commands.set_priority(t.pk, priority=4, actor=w.as_anna),
    "team": lambda w, t: commands.set_team(t.pk, team=w.second_line, actor=w.as_anna),
    "assignee": lambda w, t: commands.assign(t.pk, to=w.boris, actor=w.as_anna),
    "subject": lambda w, t: commands.set_subject(t.pk, subject="Другое", actor=w.as_anna),
    "requester": lambda w, t: commands.set_requester(t.pk, contact=w.peter, actor=w.as_anna),
    "tags": lambda w, t: commands.add_tag(t.pk, name="VIP", actor=w.as_anna),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_changes(world, rule, drain, quiet, runs, name):
    mine = rule(TAG, on="field_changed", field=name, name="this")
    rule({"do": "note", "text": "x"}, on="field_changed", field="topic", name="another")
    any_field = rule({"do": "note", "text": "x"}, on="field_changed", field="", name="any")
    CHANGES[name](world, quiet)
    drain()
    acted = {run.rule_id for run in runs()}
    assert acted == {mine.pk, any_field.pk}


def test_a_custom_field_changes(world, rule, drain, quiet):
    size = CustomField.objects.create(key="size", kind="number", labels={"en": "Size"})
    rule(TAG, on="field_changed", field="field.size", when={"field": "field.size", "op": "gte", "value": 5})
    for value, expected in ((2, False), (7, True)):
        commands.set_attribute(quiet.pk, field=size, value=value, actor=world.as_anna)
        drain()
        assert tagged(quiet) is expected


def test_an_agent_asks_for_it(world, rule, drain, quiet):
    mine = rule(TAG, on="manual", when=is_("priority", "normal"))
    other = rule({"do": "set_priority", "value": "low"}, on="manual")
    request_rule(quiet.pk, rule_id=mine.pk, user=world.anna)
    drain()
    quiet.refresh_from_db()
    assert tagged(quiet)
    assert quiet.priority == Priority.NORMAL
    run = RuleRun.objects.get()
    assert (run.rule, run.entry.actor_id) == (mine, world.anna.pk)
    assert other.pk != mine.pk


def test_only_manual_rules_in_force_can_be_asked_for(world, rule, quiet):
    for unfit in (rule(TAG), rule(TAG, on="manual", enabled=False)):
        with pytest.raises(errors.Invalid):
            request_rule(quiet.pk, rule_id=unfit.pk, user=world.anna)
    assert not Entry.objects.filter(kind="rule_requested").exists()


def test_rules_that_are_off_do_nothing(world, rule, drain):
    rule(TAG, enabled=False)
    ticket = world.ticket()
    drain()
    assert not tagged(ticket)
    assert not RuleRun.objects.exists()


def test_a_delivery_that_comes_twice_acts_once(world, rule, drain, runs):
    rule({"do": "note", "text": "раз"})
    ticket = world.ticket()
    drain()
    entry = Entry.objects.get(stream_id=ticket.pk, kind="ticket_opened")
    Delivery.objects.create(
        entry=entry,
        subscriber="routing",
        stream_type="ticket",
        stream_id=ticket.pk,
        not_before=entry.recorded_at,
    )
    drain()
    assert len(runs()) == 1
    assert ticket.messages.filter(kind="note").count() == 1


def test_two_rules_that_undo_each_other_come_to_an_end(world, rule, drain, runs):
    rule({"do": "set_priority", "value": "high"}, on="field_changed", when=is_("priority", "low"), name="up")
    rule(
        {"do": "set_priority", "value": "low"}, on="field_changed", when=is_("priority", "high"), name="down"
    )
    ticket = world.ticket()
    drain()
    commands.set_priority(ticket.pk, priority=Priority.HIGH, actor=world.as_anna)
    assert drain() < 20
    assert [run.rule.name for run in runs()] == ["down", "up"]
    ticket.refresh_from_db()
    assert ticket.priority == Priority.HIGH
    assert Delivery.objects.filter(parked=True).count() == 0
    # What began anew with a person begins anew for the rules.
    commands.set_priority(ticket.pk, priority=Priority.LOW, actor=world.as_anna)
    drain()
    assert len(runs()) == 4


def test_a_chain_ends_at_its_depth_and_says_so(world, rule, drain, runs):
    for step in range(MAX_DEPTH + 3):
        rule(
            {"do": "add_tags", "value": [f"шаг{step + 1}"]},
            on="field_changed",
            field="tags",
            when={"all": [
                {"field": "tags", "op": "in", "value": [f"шаг{step}"]},
                {"field": "tags", "op": "not_in", "value": [f"шаг{step + 1}"]},
            ]},
            name=f"{step}",
        )  # fmt: skip
    ticket = world.ticket()
    drain()
    # Rules later in the order see the tag at once, so ask them from the last to the first.
    order_rules(Rule.objects.order_by("-pk").values_list("pk", flat=True), actor=world.as_anna)
    commands.add_tag(ticket.pk, name="шаг0", actor=world.as_anna)
    drain()
    assert len(runs()) == MAX_DEPTH + 1
    (stopped,) = [run for run in RuleRun.objects.filter(matched=False) if run.trace.get("guard")]
    assert stopped.trace["guard"] == "depth"


def test_rules_that_did_not_act_leave_one_small_row(world, rule, drain):
    for n in range(50):
        rule(TAG, when=is_("subject", f"нет такого {n}"), name=f"{n}")
    world.ticket()
    drain()
    run = RuleRun.objects.get()
    assert (run.matched, run.rule) == (False, None)
    assert len(run.trace["rules"]) == 50
    assert len(str(run.trace)) < 2500


def test_the_queries_of_fifty_rules(world, rule, drain, django_assert_max_num_queries):
    for n in range(50):
        rule(
            TAG,
            when={"any": [
                is_("subject", f"нет такого {n}"),
                {"field": "tags", "op": "in", "value": [f"t{n}"]},
                {"field": "message_text", "op": "contains", "value": f"слово{n}"},
                is_("sender_verdict", "failed"),
            ]},
            name=f"{n}",
        )  # fmt: skip
    ticket = world.ticket()
    entry = Entry.objects.get(stream_id=ticket.pk, kind="ticket_opened")
    executor.react(entry)
    RuleRun.objects.all().delete()
    with django_assert_max_num_queries(10):
        executor.react(entry)
    assert RuleRun.objects.get().matched is False


@pytest.mark.parametrize(
    ("on", "event"),
    [
        ("sla_warned", lambda pk: sla.SlaWarned(pk, "first_response", 0, "")),
        ("sla_breached", lambda pk: sla.SlaBreached(pk, "first_response", 0, "")),
    ],
)
def test_a_deadline(world, rule, drain, quiet, runs, on, event):
    mine = rule(TAG, on=on, target="first_response", name="mine")
    every = rule(TAG, on=on, target="", name="every")
    rule(TAG, on=on, target="resolution", name="another")
    with transaction.atomic():
        record(event(quiet.pk), actor=Actor.system("sla"))
    drain()
    assert {run.rule_id for run in runs()} == {mine.pk, every.pk}


def test_a_missed_deadline_from_the_clock_to_the_lead(world, rule, drain, monkeypatch):
    starter.make_policy()
    world.first_line.memberships.filter(user=world.anna).update(is_lead=True)
    rule({"do": "notify", "who": ["leads"]}, on="sla_breached", target="first_response")
    ticket = world.ticket(team=world.first_line)
    drain()
    at = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: at)
    fire()
    sweep_before(at)
    told = Entry.objects.get(stream_id=ticket.pk, kind="notice_requested")
    assert told.data["user_ids"] == [world.anna.pk]
    assert told.data["data"]["target"] == "first_response"
    assert told.cause.kind == "sla_breached"


def test_a_promise_is_made_and_broken(world, rule, drain, monkeypatch, runs):
    rule({"do": "assign_to", "user": world.anna.pk}, {"do": "promise", "seconds": 3600, "text": "Перезвоним"})
    rule(TAG, on="promise_broken")
    ticket = world.ticket()
    drain()
    promise = Promise.objects.get(ticket=ticket)
    assert (promise.user, promise.text) == (world.anna, "Перезвоним")
    assert not tagged(ticket)
    at = timezone.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: at)
    fire()
    sweep_before(at)
    assert tagged(ticket)


def test_nobody_has_it_so_nobody_can_promise(world, rule, drain, runs):
    rule({"do": "promise", "seconds": 3600})
    world.ticket()
    drain()
    assert runs()[0].effects[0]["result"] == "failed"


def test_a_rule_that_promises_again_when_a_promise_is_broken_does_not_go_on_for_ever(world, rule, drain):
    """What a broken promise causes goes back to what the promise was made for."""
    again = {"do": "promise", "seconds": 60}
    rule(again, TAG, on="promise_broken")
    ticket = world.ticket(assignee=world.anna)
    made = make_promise(ticket.pk, user=world.anna, due_at=clock.now() + timedelta(minutes=1))
    drain()
    for hours in range(1, 5):
        fire(clock.now() + timedelta(hours=hours))
        drain()
    assert tagged(ticket), "the first time it acts"
    assert Promise.objects.filter(ticket=ticket).count() == 2
    broken = Entry.objects.get(kind="promise_broken", data__promise_id=made.pk)
    assert broken.cause == Entry.objects.get(kind="promise_made", data__promise_id=made.pk)
