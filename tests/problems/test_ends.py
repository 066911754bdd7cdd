"""Ends of a problem: a mistake is deleted, two that are one are merged with their tickets."""

from __future__ import annotations

import pytest

from journal.actor import Actor
from journal.models import Entry
from tickets import commands
from tickets.commands.broadcasts import Addressee
from tickets.models import Broadcast, MoveJob, Problem
from tickets.moves import running, starting


@pytest.fixture
def both(world):
    """The leaking pump, written down twice by Boris."""
    actor = Actor.user(world.boris)
    first = commands.open_problem(actor=actor, title="Leaking pump", owner=world.boris)
    return first, commands.open_problem(actor=actor, title="Pump drips", owner=world.boris)


def linked(world, problem, **given):
    ticket = world.ticket(team=world.first_line, **given)
    commands.link_problem(ticket.pk, problem_id=problem.pk, actor=world.as_anna)
    return ticket


def test_a_mistake_is_deleted_and_what_hangs_together_is_not(world, by, both):
    stays, gone = both
    linked(world, stays)
    boris, anna = by(world.boris), by(world.anna)
    assert anna.get(f"/problems/{gone.pk}/deletion/").status_code == 403, "it is not hers"
    offered = boris.get(f"/problems/{gone.pk}/deletion/").text
    assert "cannot be undone" in offered and 'class="btn btn-danger"' in offered
    boris.post(f"/problems/{gone.pk}/deletion/")
    asked = boris.get(f"/problems/{stays.pk}/deletion/").text
    assert "1 ticket is linked to it" in asked and "no ticket is linked" not in asked
    assert f'href="/problems/{stays.pk}/merging/"' in asked and 'class="btn btn-danger"' not in asked
    refused = boris.post(f"/problems/{stays.pk}/deletion/")
    assert refused.status_code == 422 and "Merge it into another one" in refused.text
    assert list(Problem.objects.all()) == [stays]
    entry = Entry.objects.get(kind="problem_deleted")
    assert (entry.stream_id, entry.data["title"], entry.actor_id) == (gone.pk, "Pump drips", world.boris.pk)


def test_a_problem_that_customers_were_written_to_about_offers_no_deletion(world, by, both):
    kept, _other = both
    ticket = linked(world, kept)
    commands.start_broadcast(
        kept.pk, user=world.boris, texts={"ru": "Готово"}, to=[Addressee(world.vera.pk, ticket.pk, "ru")]
    )
    commands.unlink_problem(ticket.pk, actor=world.as_anna)
    boris = by(world.boris)
    asked = boris.get(f"/problems/{kept.pk}/deletion/").text
    assert "Customers were written to" in asked and "linked to it" not in asked
    assert 'class="btn btn-danger"' not in asked and "Merge into another problem" in asked


def test_two_problems_become_one_with_their_tickets_and_messages(world, by, both):
    stays, gone = both
    boris = by(world.boris)
    mine, merged = linked(world, gone), linked(world, gone)
    into = world.ticket(team=world.first_line)
    commands.merge(merged.pk, into=into.pk, actor=world.as_anna)
    told = commands.start_broadcast(
        gone.pk, user=world.boris, texts={"ru": "Готово"}, to=[Addressee(world.vera.pk, mine.pk, "ru")]
    )
    assert "Leaking pump" in boris.get(f"/problems/{gone.pk}/merging/?q=leaking").text
    assert boris.get(f"/problems/{gone.pk}/merging/?into={stays.pk}").status_code == 422, "it is being sent"
    Broadcast.objects.update(state=Broadcast.State.DONE)
    assert boris.post(f"/problems/{gone.pk}/merging/", {"into": gone.pk}).status_code == 422
    assert "1 ticket" in boris.get(f"/problems/{gone.pk}/merging/?into={stays.pk}").text
    answer = boris.post(f"/problems/{gone.pk}/merging/", {"into": stays.pk})
    assert answer["Location"] == f"/problems/{stays.pk}/"
    assert list(Problem.objects.all()) == [stays]
    for ticket in (mine, merged):
        ticket.refresh_from_db()
        assert ticket.problem == stays
        entry = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind="problem_linked").last()
        assert (entry.data["problem_id"], entry.data["instead_of"]) == (stays.pk, gone.pk)
    told.refresh_from_db()
    assert told.problem == stays
    assert "Pump drips" in boris.get(f"/problems/{stays.pk}/").text, "its history tells what it took over"


def test_a_merge_in_the_background_can_be_stopped_and_begun_again(world, by, both, monkeypatch):
    stays, gone = both
    for _ in range(3):
        linked(world, gone)
    monkeypatch.setattr(running, "SMALL", 0)
    job = starting.merge_problem(gone, stays, owner=world.boris)
    running.run(job.pk, seconds=0)  # one ticket, then it waits for its next turn
    boris, anna = by(world.boris), by(world.anna)
    stop = f"/problems/merges/{job.pk}/stop/"
    for problem in both:
        assert stop in boris.get(f"/problems/{problem.pk}/").text
        assert stop not in anna.get(f"/problems/{problem.pk}/").text
    assert anna.post(stop).status_code == 403, "neither is hers"
    assert boris.get(stop).status_code == 405
    answer = boris.post(stop, follow=True)
    assert answer.redirect_chain == [(f"/problems/{gone.pk}/", 302)]
    assert "both problems are still there" in answer.text
    assert stop not in answer.text
    assert not running.run_next()
    job.refresh_from_db()
    assert (job.state, job.done) == (MoveJob.State.STOPPED, 1)
    assert (stays.tickets.count(), gone.tickets.count()) == (1, 2)
    assert "It was over already." in boris.post(stop, follow=True).text

    starting.merge_problem(gone, stays, owner=world.boris)
    assert running.run_next()
    assert list(Problem.objects.all()) == [stays] and stays.tickets.count() == 3
    assert boris.post(stop)["Location"] == f"/problems/{stays.pk}/", "the other one is gone"


def test_brands_never_mix_and_a_refusal_on_the_way_leaves_both(world, by, both, monkeypatch):
    stays, gone = both
    ticket = linked(world, gone)
    commands.edit_problem(stays.pk, actor=Actor.user(world.boris), brand=world.other_brand)
    boris = by(world.boris)
    refused = boris.post(f"/problems/{gone.pk}/merging/", {"into": stays.pk})
    assert refused.status_code == 422 and "another brand" in refused.text
    monkeypatch.setattr(running, "SMALL", 0)
    commands.edit_problem(stays.pk, actor=Actor.user(world.boris), brand=None)
    job = starting.merge_problem(gone, stays, owner=world.boris)
    commands.edit_problem(stays.pk, actor=Actor.user(world.boris), brand=world.other_brand)
    assert running.run_next()
    job.refresh_from_db()
    assert (job.state, job.done) == (MoveJob.State.FAILED, 0)
    assert "belongs to another brand" in boris.get(f"/problems/{gone.pk}/").text
    ticket.refresh_from_db()
    assert ticket.problem == gone
