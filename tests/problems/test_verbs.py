"""Writing problems down, changing them, linking tickets: once as well as twice, and what is refused."""

from __future__ import annotations

import pytest

from journal.models import Entry
from people.access import may_manage_problem
from people.commands.contacts import resolve_contact
from people.commands.merging import merge_contacts
from people.models import Membership
from tickets import commands, conditions, errors, problems
from tickets.conditions import Context
from tickets.models import Stage, Ticket
from tickets.problem_history import history
from tickets.timeline import timeline


def kinds(stream, key):
    rows = Entry.objects.filter(stream_type=stream, stream_id=key).order_by("sequence")
    return list(rows.values_list("kind", flat=True))


def test_a_problem_is_written_down_as_just_found(world, problem):
    assert (problem.stage, problem.owner, problem.created_by) == (Stage.FOUND, world.anna, world.anna)
    assert set(problem.reached) == {"found"}
    assert kinds("problem", problem.pk) == ["problem_opened"]


def test_changing_it_twice_is_one_change(world, problem):
    for _again in range(2):
        commands.edit_problem(
            problem.pk, actor=world.as_anna, title="Котёл холодный", owner=world.maria,
            description="<p>Помогает <b>перезапуск</b></p>",
        )  # fmt: skip
    problem.refresh_from_db()
    assert (problem.title, problem.owner, problem.plain) == (
        "Котёл холодный",
        world.maria,
        "Помогает перезапуск",
    )
    assert kinds("problem", problem.pk) == ["problem_opened", "problem_changed"]
    words = history(problem)[0]
    assert words.actor_name == "Anna Lind"
    assert (
        words.text == "Description changed · Owner: Maria Weber · Title was “Котёл не греет после обновления”"
    )


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://tracker.example/1", "https://", "//tracker.example", "tracker.example",
     "https://anna:secret@tracker.example/", "https://tracker.example/a b", "http://[::1", "https://x:port/"],
)  # fmt: skip
def test_a_link_leads_to_the_web_and_nowhere_else(world, problem, address):
    with pytest.raises(errors.Invalid) as refused:
        commands.edit_problem(problem.pk, actor=world.as_anna, tracker_url=address)
    assert refused.value.field == "tracker_url"


def test_a_problem_needs_a_title_a_known_kind_and_an_owner_of_the_desk(world, problem):
    for wrong in ({"title": "  \x00"}, {"kind": "sabotage"}, {"owner": world.carla}):
        with pytest.raises(errors.Invalid) as refused:
            commands.edit_problem(problem.pk, actor=world.as_anna, **wrong)
        assert refused.value.field in wrong
    with pytest.raises(errors.TooLong):
        commands.edit_problem(problem.pk, actor=world.as_anna, description="x" * 100_001)


def test_stages_keep_when_they_were_reached_and_going_back_forgets(world, problem):
    for stage in (Stage.CONFIRMED, Stage.IN_WORK, Stage.FIXED, Stage.FIXED):
        commands.set_stage(problem.pk, stage=stage, actor=world.as_anna)
    problem.refresh_from_db()
    assert set(problem.reached) == {"found", "confirmed", "in_work", "fixed"} and problem.is_over
    assert kinds("problem", problem.pk).count("problem_stage_changed") == 3
    commands.set_stage(problem.pk, stage=Stage.WONT_FIX, actor=world.as_anna)
    problem.refresh_from_db()
    assert set(problem.reached) == {"found", "confirmed", "in_work", "wont_fix"}, "one end or the other"
    commands.set_stage(problem.pk, stage=Stage.CONFIRMED, actor=world.as_anna)
    problem.refresh_from_db()
    assert set(problem.reached) == {"found", "confirmed"}
    with pytest.raises(errors.Invalid):
        commands.set_stage(problem.pk, stage="forgotten", actor=world.as_anna)


def test_a_ticket_has_one_problem_and_its_history_tells(world, problem, asks):
    ticket = asks()
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=world.as_anna)
    other = commands.open_problem(actor=world.as_anna, title="Реле")
    commands.link_problem(ticket.pk, problem_id=other.pk, actor=world.as_anna)
    commands.unlink_problem(ticket.pk, actor=world.as_anna)
    ticket = commands.unlink_problem(ticket.pk, actor=world.as_anna)
    assert ticket.problem is None
    assert kinds("ticket", ticket.pk)[-3:] == ["problem_linked", "problem_linked", "problem_unlinked"]
    said = [item.text for item in timeline(ticket) if "problem" in item.kind]
    assert said == [
        "Caused by the problem “Котёл не греет после обновления”",
        "Caused by the problem “Реле”, not by “Котёл не греет после обновления”",
        "No longer caused by the problem “Реле”",
    ]


def test_brands_never_mix(world, problem):
    ticket = world.ticket(brand=world.other_brand)
    own = commands.open_problem(actor=world.as_anna, title="Зерно", brand=world.brand)
    with pytest.raises(errors.Invalid):
        commands.link_problem(ticket.pk, problem_id=own.pk, actor=world.as_anna)
    with pytest.raises(errors.Invalid):
        commands.link_problem(ticket.pk, problem_id=10**9, actor=world.as_anna)
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=world.as_anna)
    with pytest.raises(errors.Invalid) as refused:
        commands.edit_problem(problem.pk, actor=world.as_anna, brand=world.brand)
    assert refused.value.field == "brand"
    commands.edit_problem(problem.pk, actor=world.as_anna, brand=world.other_brand)


def test_counts_are_of_people_and_tiers_and_leave_out_what_is_hidden(world, problem, asks):
    asks("Peter")
    asks("Peter")
    asks()  # Vera, of a gold organisation
    twin = resolve_contact("telegram", "77", name="verochka")
    merge_contacts(twin.pk, into=world.vera.pk, actor=world.as_anna)
    twin.refresh_from_db()
    asks(requester=twin)  # Vera once more
    commands.mark_spam(asks("Spammer").pk, actor=world.as_anna)
    commands.delete(asks("Gone").pk, actor=world.as_anna)
    commands.merge(asks("Merged").pk, into=asks("Peter").pk, actor=world.as_anna)
    solved = asks("Ivan")
    commands.set_status(solved.pk, status=world.status(50), actor=world.as_anna)
    found = problems.counts([problem.pk])[problem.pk]
    assert (found.tickets, found.people, found.open, found.is_more) == (6, 3, 5, False)
    assert found.tiers == {"standard": 2, "gold": 1}


def test_counting_stops_at_a_bound(world, problem, asks, monkeypatch):
    for name in ("A", "B", "C"):
        asks(name)
    monkeypatch.setattr(problems, "MOST_COUNTED", 2)
    found = problems.counts([problem.pk])[problem.pk]
    assert found.tickets == 2 and found.is_more


def test_views_and_rules_ask_for_the_problem(world, problem, asks):
    ticket, other = asks(), world.ticket()
    asked = {"field": "problem", "op": "is", "value": problem.pk}
    context = Context(now=ticket.opened_at)
    assert list(Ticket.objects.filter(conditions.to_q({"all": [asked]}, context))) == [ticket]
    none = {"field": "problem", "op": "empty"}
    assert list(Ticket.objects.filter(conditions.to_q({"all": [none]}, context))) == [other]


def test_who_may_manage_a_problem(world):
    anna, owner = world.anna, world.anna.pk
    assert may_manage_problem(anna, owner)
    assert not may_manage_problem(world.boris, owner)
    assert may_manage_problem(world.maria, owner) and may_manage_problem(world.oleg, None)
    assert not may_manage_problem(world.egor, world.egor.pk), "experts do not write to customers"
    Membership.objects.filter(user=world.boris).update(is_lead=True)
    world.boris.__dict__.pop("_leads_a_team", None)
    assert may_manage_problem(world.boris, owner)
