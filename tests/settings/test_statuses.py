"""Statuses of the company's own: names, order, the default of a category, switching one off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from channels_in import later as later_replies
from common import clock
from journal.actor import Actor
from journal.models import Entry
from routing.commands import save_rule, switch_rule
from routing.definitions import DefinitionError
from tickets import commands, listing
from tickets.bulk import starting
from tickets.commands import statuses as verbs
from tickets.commands.macros import carry_out, create_macro
from tickets.commands.views import create_view
from tickets.content import Content
from tickets.errors import Invalid
from tickets.macros.actions import Action, stored
from tickets.models import BulkJob, Category, Status


@pytest.fixture
def maria(world, by):
    return by(world.maria)


def make(client, category=Category.PENDING, **labels):
    named = {f"label_{code}": text for code, text in labels.items()}
    client.post("/settings/statuses/new/", {"category": category.value, **named})
    return Status.objects.latest("pk")


def test_a_manager_adds_renames_and_orders_statuses(world, maria):
    row = make(maria, en="Waits for parts", ru="Ждём запчасти")
    assert (row.category, row.is_default, row.is_active) == (Category.PENDING, False, True)
    assert 'value="30" selected' in maria.get("/settings/statuses/new/?category=30").text
    twice = maria.post("/settings/statuses/new/", {"category": 30, "label_en": "waits FOR parts"})
    nameless = maria.post(f"/settings/statuses/{row.pk}/", {"label_en": " "})
    assert twice.status_code == nameless.status_code == 422
    assert twice.text.count("field-error") == nameless.text.count("field-error") == 1
    russian = maria.post("/settings/statuses/new/", {"category": 30, "label_ru": "ждём ЗАПЧАСТИ"}).text
    field = russian.split('id="id_label_ru"')[1].split('id="id_category"')[0]
    assert "There is a status of this name in this category already." in field, (
        "beside the name that is taken"
    )
    assert russian.count("field-error") == 1
    maria.post(f"/settings/statuses/{row.pk}/", {"label_en": "Waits for parts", "label_ru": "Ждём детали"})
    row.refresh_from_db()
    with translation.override("ru"):
        assert row.label == "Ждём детали"
    usual = world.status(Category.PENDING)
    maria.post(f"/settings/statuses/{row.pk}/move/", {"to": "up"})
    assert list(Status.objects.filter(category=30)) == [row, usual]
    maria.post("/settings/statuses/order/30/", {"row": [usual.pk, row.pk, 99999, "x"]})
    assert list(Status.objects.filter(category=30)) == [usual, row]
    kinds = list(Entry.objects.filter(stream_type="status", stream_id=row.pk).values_list("kind", flat=True))
    assert kinds[:2] == ["status_created", "status_edited"] and "status_made_default" not in kinds
    changed = Entry.objects.filter(stream_type="status", stream_id=row.pk, kind="status_edited").first()
    assert changed.data["changes"]["labels"][0]["ru"] == "Ждём запчасти"


def test_the_default_is_what_automatic_moves_use_and_cannot_be_switched_off(world, maria):
    row, usual = make(maria, Category.OPEN, en="Third shift"), world.status(Category.OPEN)
    assert (
        "Make another status"
        in maria.post(f"/settings/statuses/{usual.pk}/switch/", {"to": "off"}, follow=True).text
    )
    assert Status.objects.get(pk=usual.pk).is_active
    maria.post(f"/settings/statuses/{row.pk}/default/")
    ticket = world.ticket(team=world.first_line)
    commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    world.receive(ticket, "Ещё вопрос: где посылка?")
    ticket.refresh_from_db()
    assert ticket.status == row, "a customer's answer opens it with the new default"
    maria.post(f"/settings/statuses/{usual.pk}/switch/", {"to": "off"})
    with pytest.raises(Invalid):
        verbs.make_default(usual.pk, actor=Actor.user(world.maria))
    with pytest.raises(Invalid):
        verbs.switch_status(row.pk, is_active=False, actor=Actor.user(world.maria))


def test_what_is_switched_off_is_offered_nowhere_and_kept_where_it_is(world, maria, by):
    row, anna, actor = make(maria, en="Waits for parts"), by(world.anna), Actor.user(world.maria)
    ticket, other = world.ticket(team=world.first_line), world.ticket(team=world.first_line)
    commands.set_status(ticket.pk, status=row, actor=world.as_anna)
    macro = create_macro(actor=actor, name="Parts", texts={}, actions=[Action("set_status", row.pk)])
    view = create_view(
        actor=actor,
        labels={"en": "Spare parts"},
        conditions={"all": [{"field": "status", "op": "in", "value": [row.pk]}]},
    )
    definition = {
        "trigger": {"on": "ticket_opened"},
        "conditions": {},
        "actions": [{"do": "set_status", "value": row.pk}],
        "stop": False,
    }
    rule = save_rule(None, name="To the shelf", definition=definition, actor=actor)
    page = maria.get(f"/settings/statuses/{row.pk}/").text
    assert all(name in page for name in ("Spare parts", "Parts", "To the shelf"))
    asked = maria.post(f"/settings/statuses/{row.pk}/switch/", {"to": "off"}, follow=True).text
    assert (
        "Switch off “Waits for parts”?" in asked and "To the shelf" in asked and "“Pending” is set" in asked
    )
    row.refresh_from_db()
    assert row.is_active, "it is asked first"
    maria.post(f"/settings/statuses/{row.pk}/switch/", {"to": "off", "sure": "yes"})
    assert "This status is switched off." in maria.get(f"/settings/statuses/{row.pk}/").text
    assert row not in listing.statuses()
    for address in (f"/tickets/{other.pk}/status/", "/selection/menus/status/", "/macros/new/"):
        assert "Waits for parts" not in anna.get(address).text, address
    anna.post(f"/tickets/{other.pk}/status/", {"status": row.pk})
    other.refresh_from_db()
    assert other.status != row
    assert "Waits for parts" in anna.get(f"/tickets/{ticket.pk}/").text, "it keeps it"
    assert "Status: Pending" in anna.get(f"/tickets/{other.pk}/macros/{macro.pk}/").text
    job = starting.of_tickets(world.anna, BulkJob.Act.STATUS, row.pk, numbers=[other.pk])
    assert (job.done, job.refused) == (0, 1)
    # A rule that names it says so when it is opened, and is not saved with it again.
    opened = maria.get(f"/settings/rules/{rule.pk}/").text
    assert "(switched off)" in opened and "instead “Pending” is set" in opened
    assert "instead “Pending” is set" in maria.get(f"/macros/{macro.pk}/").text
    with pytest.raises(DefinitionError):
        save_rule(rule.pk, name="Again", definition=definition, actor=actor)
    assert view.pk and maria.get(f"/views/{view.pk}/").status_code == 200
    maria.post(f"/settings/statuses/{row.pk}/switch/", {"to": "on"})
    assert "Waits for parts" in anna.get(f"/tickets/{other.pk}/status/").text


def test_what_was_set_up_with_it_goes_on_with_the_default_of_its_category(world, maria, by, drain):
    """A rule, a macro, a reply for later: each sets the default, and the one that is off nobody gets."""
    row, usual, actor = (
        make(maria, en="Waits for parts"),
        world.status(Category.PENDING),
        Actor.user(world.maria),
    )
    macro = create_macro(actor=actor, name="Parts", texts={}, actions=[Action("set_status", row.pk)])
    rule = save_rule(
        None,
        name="To the shelf",
        definition={
            "trigger": {"on": "field_changed", "field": "priority"},
            "conditions": {},
            "actions": [{"do": "set_status", "value": row.pk}],
            "stop": False,
        },
        actor=actor,
    )
    switch_rule(rule.pk, is_enabled=True, actor=actor)
    by_rule, by_macro, later = (world.ticket(team=world.first_line) for _ in range(3))
    kept = commands.schedule_reply(
        later.pk,
        user=world.anna,
        content=Content(text="Заказали", to=[{"name": "", "address": "vera@severgrad.example"}]),
        due_at=clock.now() + timedelta(hours=1),
        status=row,
    )
    drain()
    verbs.switch_status(row.pk, is_active=False, actor=actor)

    commands.set_priority(by_rule.pk, priority=4, actor=world.as_anna)
    drain()
    carry_out(by_macro.pk, actions=stored(macro.actions), user=world.anna)
    later_replies.settle(kept.pk, now=True)
    for ticket in (by_rule, by_macro, later):
        ticket.refresh_from_db()
        assert (ticket.status, ticket.category) == (usual, Category.PENDING)


def test_the_pages_cost_the_same_however_many_there_are(world, maria, django_assert_num_queries):
    with django_assert_num_queries(4):
        maria.get("/settings/statuses/")
    for number in range(12):
        make(maria, Category.OPEN, en=f"Shade {number}")
    with django_assert_num_queries(4):
        maria.get("/settings/statuses/")
