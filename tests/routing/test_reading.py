"""Why something happened; what a draft would match now."""

from time import monotonic

import pytest
from django.utils import translation

from journal.models import Entry
from people.models import Access
from routing import preview as previews
from routing import reading, traces
from routing.engine import Trace
from routing.preview import preview
from tests.routing.conftest import is_
from tests.support.load import allowed
from tickets import commands
from tickets.conditions import ConditionError, Context, explain
from tickets.timeline import timeline


def test_the_journal_names_the_rule(world, rule, drain):
    mine = rule({"do": "set_priority", "value": "high"}, name="Важное — сразу")
    ticket = world.ticket()
    drain()
    (line,) = [item for item in timeline(ticket) if item.kind == "field_changed"]
    assert (line.actor_name, line.actor_key) == ("Важное — сразу", f"rule:{mine.pk}")


def test_why_an_entry_was_written(world, rule, drain):
    first = rule({"do": "add_tags", "value": ["VIP"]}, when=is_("tier", "gold"), name="first")
    second = rule({"do": "set_priority", "value": "high"}, on="field_changed", field="tags", name="second")
    ticket = world.ticket()
    drain()
    changed = Entry.objects.get(stream_id=ticket.pk, kind="field_changed")
    nearest, before = reading.why(changed)
    assert (nearest.rule, before.rule) == (second, first)
    assert nearest.entry.kind == "tag_added"
    assert before.entry.kind == "ticket_opened"
    assert before.conditions == {"field": "tier", "op": "is", "value": "gold", "actual": "gold", "ok": True}
    assert str(before.effects[0]["label"]) == "Add tags"


def test_what_a_person_did_needs_no_reason(world, rule, drain):
    ticket = world.ticket()
    commands.set_priority(ticket.pk, priority=4, actor=world.as_anna)
    assert reading.why(Entry.objects.get(stream_id=ticket.pk, kind="field_changed")) == []


def test_why_an_automatic_message_was_sent(world, rule, drain):
    mine = rule({"do": "reply", "text": {"en": "Hello"}}, name="Ответ")
    ticket = world.ticket()
    drain()
    (posted,) = Entry.objects.filter(
        stream_id=ticket.pk, kind="automatic_posted", actor_name=f"rule:{mine.pk}"
    )
    (cause,) = reading.why(posted)
    assert (cause.rule, cause.effects[0]["result"]) == (mine, "done")


def test_the_whole_ticket(world, rule, drain, django_assert_num_queries):
    rule({"do": "add_tags", "value": ["a"]}, {"do": "note", "text": "b"}, name="first")
    rule({"do": "set_priority", "value": "high"}, on="field_changed", field="tags", name="second")
    ticket = world.ticket()
    drain()
    with django_assert_num_queries(2):
        second, first = reading.runs_of(ticket)
    assert (second.rule.name, first.rule.name) == ("second", "first")
    assert [entry.kind for entry in first.changes] == ["tag_added", "note_posted"]
    assert [entry.kind for entry in second.changes] == ["field_changed"]


def test_why_a_rule_did_not_act(world, rule, drain):
    rule({"do": "set_priority", "value": "low"}, name="changes it")
    mine = rule(
        {"do": "note", "text": "?"},
        when={"any": [is_("subject", "Другое"), {"all": [is_("tier", "gold"), is_("priority", "normal")]}]},
        name="idle",
    )
    ticket = world.ticket(subject="Вопрос")
    drain()
    (idle,) = reading.idle_of(Entry.objects.get(stream_id=ticket.pk, kind="ticket_opened"))
    assert idle.rule == mine
    assert [(leaf["field"], leaf["actual"]) for leaf in reading.unmet(idle.conditions)] == [
        ("subject", "Вопрос"),
        ("priority", 1),
    ]


def test_what_is_stored_of_idle_rules_is_what_was_seen(db):
    tree = {
        "all": [is_("priority", "high"), {"any": [is_("subject", "a"), is_("subject", "b")]}, {"any": []}]
    }
    context = Context(now=None)
    given = [{"priority": 1, "subject": "a"}, {"priority": 3, "subject": "a"}, {"priority": 1, "subject": ""}]
    trees = [explain(tree, snapshot, context) for snapshot in given]
    stored = traces.compact(
        [*(Trace(n, n, False, one) for n, one in enumerate(trees)), Trace(9, 9, False, {}, ran_before=True)]
    )
    *rows, before = stored["rules"]
    assert [traces.expand(stored, row, tree) for row in rows] == trees
    assert traces.expand(stored, before, tree) is None


def test_sentences_in_both_languages(world, rule, drain):
    rule({"do": "close_after", "seconds": 60}, name="a")
    ticket = world.ticket()
    drain()
    world.receive(ticket, "Ещё")
    drain()
    for language in ("en", "ru"):
        with translation.override(language):
            lines = [item.text for item in timeline(ticket) if item.kind == "action_cancelled"]
            assert len(lines) == 1
            assert lines[0]


def test_what_is_planned_and_what_can_be_asked_for(world, rule, drain):
    rule({"do": "close_after", "seconds": 60}, name="closing")
    manual = rule({"do": "note", "text": "x"}, on="manual", name="by hand")
    rule({"do": "note", "text": "x"}, on="manual", enabled=False)
    ticket = world.ticket()
    drain()
    assert [plan.rule.name for plan in reading.planned_for(ticket)] == ["closing"]
    assert reading.manual_rules() == [manual]


# --- the live count -----------------------------------------------------------------------------
def test_what_matches_now(world):
    yes = world.ticket(subject="счёт", team=world.first_line)
    world.ticket(subject="другое")
    solved = world.ticket(subject="счёт")
    commands.set_status(solved.pk, status=world.status(50), actor=world.as_anna)
    found = preview(is_("subject", "счет"), world.maria)
    assert (found.count, found.is_more, found.looked_at, found.tickets) == (1, False, None, [yes])


def test_what_the_database_cannot_answer(world, monkeypatch):
    ticket = world.ticket("Где счёт №15?")
    for _other in range(3):
        world.ticket("Просто вопрос")
    tree = {"field": "message_text", "op": "matches", "value": r"сч[её]т №\d+"}
    found = preview(tree, world.maria)
    assert (found.count, found.looked_at, found.tickets) == (1, None, [ticket])
    monkeypatch.setattr(previews, "MOST_LOOKED_AT", 2)
    found = preview(tree, world.maria)
    assert (found.count, found.is_more, found.looked_at) == (0, True, 2), "it says how far it has looked"


def test_a_pattern_that_takes_long_does_not_keep_whoever_edits_waiting(world, monkeypatch):
    """Each ticket may cost what one pattern may: of a thousand, that would be a minute at every key."""
    for _each in range(4):
        world.ticket("а" * 5000 + "!")
    monkeypatch.setattr(previews, "SECONDS", 0.1)
    began = monotonic()
    found = preview({"field": "message_text", "op": "matches", "value": r"(а|аа|а+)+\d$"}, world.maria)
    assert monotonic() - began < allowed(0.5)
    assert found.is_more
    assert 1 <= found.looked_at < 4


def test_the_list_shows_what_the_reader_may_see(world):
    world.ticket(subject="счёт", team=world.second_line)
    world.anna.access = Access.TEAMS
    found = preview(is_("subject", "счёт"), world.anna)
    assert (found.count, found.tickets) == (1, [])


def test_nonsense_is_refused(world):
    with pytest.raises(ConditionError):
        preview({"field": "no"}, world.maria)
