"""Work that passes between people: lines, experts, summaries, custom fields."""

import pytest

from journal.actor import Actor
from journal.models import Entry
from tickets import commands, errors
from tickets.conditions import dynamic
from tickets.content import Content
from tickets.models import CustomField, Follower, MessageKind
from tickets.timeline import timeline


def kinds(ticket):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk).order_by("sequence")
    return list(entries.values_list("kind", flat=True))


def test_escalating_says_why_moves_and_keeps_the_holder_informed(world):
    ticket = world.ticket(team=world.first_line, assignee=world.anna)
    done = commands.escalate(ticket.pk, team=world.second_line, reason="Нужен инженер", actor=world.as_anna)
    assert (done.team, done.assignee) == (world.second_line, None)
    assert Follower.objects.filter(ticket=ticket, user=world.anna).exists()
    assert kinds(ticket)[-4:] == ["ticket_escalated", "follower_added", "team_changed", "ticket_assigned"]
    assert any("Нужен инженер" in item.text for item in timeline(done))


def test_escalating_back_and_twice(world):
    ticket = world.ticket(team=world.first_line)
    commands.escalate(ticket.pk, team=world.second_line, reason="Вверх", actor=world.as_anna)
    before = kinds(ticket)
    commands.escalate(ticket.pk, team=world.second_line, reason="Ещё раз", actor=world.as_anna)
    assert kinds(ticket) == before
    back = commands.escalate(ticket.pk, team=world.first_line, reason="Решили", actor=Actor.user(world.boris))
    assert back.team == world.first_line


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_a_reason_is_needed_and_has_a_limit(world, reason):
    ticket = world.ticket(team=world.first_line)
    before = kinds(ticket)
    with pytest.raises(errors.TicketError):
        commands.escalate(ticket.pk, team=world.second_line, reason=reason, actor=world.as_anna)
    assert kinds(ticket) == before


def test_a_team_that_is_switched_off_gets_nothing(world):
    world.second_line.is_active = False
    world.second_line.save()
    ticket = world.ticket(team=world.first_line)
    with pytest.raises(errors.Invalid):
        commands.escalate(ticket.pk, team=world.second_line, reason="Вверх", actor=world.as_anna)


def test_an_expert_is_called_in_without_taking_over(world):
    ticket = world.ticket(team=world.first_line, assignee=world.anna)
    commands.call_in(ticket.pk, user=world.egor, question="Что за ошибка E-17?", actor=world.as_anna)
    ticket.refresh_from_db()
    assert ticket.assignee == world.anna
    assert Follower.objects.filter(ticket=ticket, user=world.egor).exists()
    commands.release(ticket.pk, user=world.egor, actor=world.as_anna)
    commands.release(ticket.pk, user=world.egor, actor=world.as_anna)
    assert kinds(ticket)[-4:] == ["follower_added", "expert_called", "follower_removed", "expert_released"]


def test_a_customer_or_the_holder_cannot_be_called_in(world):
    ticket = world.ticket(assignee=world.anna)
    for user in (world.carla, world.anna):
        with pytest.raises(errors.Invalid):
            commands.call_in(ticket.pk, user=user, question="", actor=world.as_anna)


def test_a_summary_is_written_changed_and_removed(world):
    ticket = world.ticket()
    for text in ("Ждём деталь до пятницы", "Ждём деталь до пятницы", "Деталь пришла", ""):
        commands.set_summary(ticket.pk, text=text, actor=world.as_anna)
    ticket.refresh_from_db()
    assert ticket.summary == ""
    assert kinds(ticket).count("summary_written") == 3
    with pytest.raises(errors.TooLong):
        commands.set_summary(ticket.pk, text="x" * 4001, actor=world.as_anna)


def test_a_rule_can_write_a_note_under_its_name(world):
    ticket = world.ticket()
    actor = Actor.system("rule:7")
    note = commands.post_note(
        ticket.pk, user=None, content=Content(text="Проверь"), actor=actor, author_name="VIP"
    )
    assert (note.kind, note.author_name, note.author_user) == (MessageKind.NOTE, "VIP", None)
    entry = Entry.objects.filter(stream_id=ticket.pk, stream_type="ticket").latest("sequence")
    assert (entry.kind, entry.actor_name, entry.event.user_id) == ("note_posted", "rule:7", None)


def field(kind, **given):
    made = CustomField.objects.create(key=kind, kind=kind, labels={"en": kind, "ru": kind}, **given)
    dynamic.forget()
    return made


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", "  E-17 \n", "E-17"),
        ("number", "1 234,5", 1234.5),
        ("number", 7, 7),
        ("date", "2026-03-06", "2026-03-06"),
        ("flag", False, False),
        ("choice", "red", "red"),
        ("text", "", None),
    ],
)
def test_a_custom_field_takes_what_fits(world, kind, given, stored):
    row = field(kind, choices=[{"value": "red", "labels": {"en": "Red", "ru": "Красный"}}])
    ticket = commands.set_attribute(world.ticket().pk, field=row, value=given, actor=world.as_anna)
    ticket.refresh_from_db()
    assert ticket.attributes.get(kind) == stored
    timeline(ticket)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("number", "many"), ("number", True), ("number", "nan"), ("number", "1e99"), ("date", "06.03.2026"),
        ("flag", "yes"), ("choice", "green"), ("text", 5), ("text", ["a"]),
    ],
)  # fmt: skip
def test_a_custom_field_refuses_what_does_not(world, kind, given):
    row = field(kind, choices=[{"value": "red", "labels": {"en": "Red"}}])
    ticket = world.ticket()
    with pytest.raises(errors.Invalid):
        commands.set_attribute(ticket.pk, field=row, value=given, actor=world.as_anna)
    ticket.refresh_from_db()
    assert ticket.attributes == {}


def test_a_field_of_another_brand_is_refused(world):
    row = field("text", brand=world.other_brand)
    with pytest.raises(errors.Invalid):
        commands.set_attribute(world.ticket().pk, field=row, value="x", actor=world.as_anna)
