"""Why rules acted on a ticket: on its lines of history, for all of it, and asking one by hand."""

from __future__ import annotations

from journal.models import Entry
from routing import commands
from routing.models import RuleRun
from tests.settings.test_rules import DEFINITION, SYSTEM, page, rule
from tickets.models import Tagging

HTMX = {"HX-Request": "true"}
MANUAL = {**DEFINITION, "trigger": {"on": "manual"}, "conditions": {}}


def on(one):
    commands.switch_rule(one.pk, is_enabled=True, actor=SYSTEM)
    return one


def stage(world, drain):
    """A ticket on which one rule acted, one did not, and one acted because of the first."""
    on(rule("Новое метим", conditions={"all": [{"field": "subject", "op": "contains", "value": "кофе"}]}))
    long = {"all": [{"field": "messages", "op": "gte", "value": 50}]}
    on(
        rule(
            "Чужое", conditions={"any": [{"field": "team", "op": "is", "value": world.second_line.pk}, long]}
        )
    )
    on(rule("Помеченное", trigger={"on": "field_changed", "field": "tags"}, conditions={},
            actions=[{"do": "set_priority", "value": "urgent"}]))  # fmt: skip
    ticket = world.ticket(subject="Кофе <b>горький</b>", team=world.first_line)
    drain()
    return ticket


def test_a_line_that_a_rule_wrote_tells_why(world, by, drain):
    ticket = stage(world, drain)
    browser = by(world.anna)
    entry = Entry.objects.get(stream_type="ticket", stream_id=ticket.pk, kind="field_changed")
    path = f"/tickets/{ticket.pk}/entries/{entry.pk}/why/"
    html = page(browser, f"/tickets/{ticket.pk}/")
    assert path in html
    assert "Помеченное" in html, "the line names the rule"
    part = browser.get(path, headers=HTMX).content.decode()
    assert part.index("Помеченное") < part.index("Новое метим"), "nearest cause first"
    assert "Tag added: пожар" in part
    assert "Кофе &lt;b&gt;горький" in part, "what the ticket had"
    assert "Set the priority: Urgent" in part
    assert "<html" in page(browser, path), "without JavaScript a page"


def test_the_whole_ticket_tells_of_rules_that_did_not_act_too(world, by, drain):
    ticket = stage(world, drain)
    html = by(world.maria).get(f"/tickets/{ticket.pk}/rules/", headers=HTMX).content.decode()
    assert "1 rule did not act" in html
    assert "Чужое" in html
    assert "it was: First line" in html
    assert "not met" in html
    assert "Done by the rule “Новое метим”, because of: " in html
    assert "/settings/rules/" in html
    assert "/settings/rules/" not in page(by(world.anna), f"/tickets/{ticket.pk}/rules/").split("<main", 1)[1]


def test_traces_are_for_who_sees_the_ticket(world, by, client, drain):
    ticket = stage(world, drain)
    entry = Entry.objects.get(stream_type="ticket", stream_id=ticket.pk, kind="field_changed")
    for path in (f"/tickets/{ticket.pk}/rules/", f"/tickets/{ticket.pk}/entries/{entry.pk}/why/"):
        assert client.get(path).status_code == 302
        assert by(world.boris).get(path).status_code == 404
        assert by(world.anna).post(path).status_code == 405
    other = world.ticket(team=world.first_line)
    browser = by(world.anna)
    assert browser.get(f"/tickets/{other.pk}/entries/{entry.pk}/why/").status_code == 404
    opened = Entry.objects.get(stream_type="ticket", stream_id=ticket.pk, kind="ticket_opened")
    assert browser.get(f"/tickets/{ticket.pk}/entries/{opened.pk}/why/").status_code == 404, (
        "no rule wrote it"
    )


def test_what_is_not_kept_any_more_is_said(world, by, drain):
    ticket = stage(world, drain)
    entry = Entry.objects.get(stream_type="ticket", stream_id=ticket.pk, kind="field_changed")
    RuleRun.objects.all().delete()
    browser = by(world.anna)
    assert "not kept any more" in page(browser, f"/tickets/{ticket.pk}/entries/{entry.pk}/why/")
    assert "No rule has heard" in page(browser, f"/tickets/{ticket.pk}/rules/")


def test_a_manual_rule_is_asked_for_from_the_ticket(world, by, drain):
    one, other = on(rule("По просьбе", **MANUAL)), on(rule("Сама"))
    off = rule("Выключено", **MANUAL)
    ticket = world.ticket(team=world.first_line)
    drain()
    browser = by(world.anna)
    menu = browser.get(f"/tickets/{ticket.pk}/rules/manual/", headers=HTMX).content.decode()
    assert "По просьбе" in menu
    assert other.name not in menu
    assert off.name not in menu
    path = f"/tickets/{ticket.pk}/rules/{one.pk}/request/"
    assert browser.get(path).status_code == 405
    assert by(world.egor).post(path).status_code in {403, 404}
    assert by(world.boris).post(path).status_code == 404
    for wrong in (other.pk, off.pk, 999):
        answer = browser.post(f"/tickets/{ticket.pk}/rules/{wrong}/request/", headers=HTMX)
        assert answer.status_code == 422
    assert not Entry.objects.filter(kind="rule_requested").exists()
    assert browser.post(path, headers=HTMX).status_code == 200
    drain()
    assert Tagging.objects.filter(ticket=ticket, tag__name="пожар").exists()
    html = browser.get(f"/tickets/{ticket.pk}/rules/", headers=HTMX).content.decode()
    assert "A rule was asked for" in html
