"""Several tickets at once, as an agent sees it: choosing, progress, refusals, undo; and what opens next."""

from __future__ import annotations

import json

import pytest

from journal.actor import Actor
from tickets import commands
from tickets.bulk import running, starting
from tickets.models import BulkJob, Category, Follower, Tagging, Ticket, View


@pytest.fixture
def tickets(world):
    return [world.ticket(team=world.first_line) for _ in range(3)]


@pytest.fixture
def open_view(world):
    return View.objects.get(key="open")


def select(tickets, **given):
    return {"ticket": [ticket.pk for ticket in tickets], **given}


def undo_address(answer):
    return answer.content.decode().split('hx-post="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("noun", "given", "field", "expected"),
    [
        ("assignment", {"assignee": "anna"}, "assignee_id", "anna"),
        ("team", {"team": "first_line"}, "team_id", "first_line"),
        ("team", {"team": ""}, "team_id", None),
        ("priority", {"priority": 4}, "priority", 4),
        ("spam", {}, "is_spam", True),
    ],
)
def test_what_can_be_done_to_a_selection(world, anna, noun, given, field, expected):
    ticket = world.ticket(team=None if noun == "team" and given["team"] else world.first_line)
    before = getattr(ticket, field)
    named = {name: getattr(world, one).pk if hasattr(world, str(one)) else one for name, one in given.items()}
    answer = anna.send(f"/selection/{noun}/", select([ticket], **named))
    assert "1 ticket changed." in answer.content.decode()
    ticket.refresh_from_db()
    expected = getattr(world, expected).pk if isinstance(expected, str) else expected
    assert getattr(ticket, field) == expected
    undone = anna.send(undo_address(answer)).content.decode()
    assert "Undone: 1 ticket." in undone
    assert "changed" not in undone
    ticket.refresh_from_db()
    assert getattr(ticket, field) == before


def test_tags_follow_snooze_and_status_of_a_selection(world, anna, tickets):
    anna.send("/selection/tags/", select(tickets, name=" кофе  машина "))
    assert {tag.tag.name for tag in Tagging.objects.all()} == {"кофе машина"}
    anna.send("/selection/tags/removal/", select(tickets[:2], name="Кофе машина"))
    assert Tagging.objects.get().ticket == tickets[2]
    anna.send("/selection/following/", select(tickets))
    assert Follower.objects.filter(user=world.anna).count() == 3
    anna.send("/selection/snooze/", select(tickets, until="own", until_own="2099-01-01T09:00"))
    assert anna.send("/selection/snooze/", select(tickets, until="1h")).status_code == 200
    anna.send("/selection/status/", select(tickets, status=world.status(Category.RESOLVED).pk))
    assert set(Ticket.objects.values_list("category", flat=True)) == {Category.RESOLVED}


@pytest.mark.parametrize(
    ("noun", "given"),
    [
        ("snooze", {"until": "2001-01-01T00:00"}),
        ("snooze", {"until": "9999-12-31T23:59"}),
        ("snooze", {"until": "own"}),
        ("tags", {"name": ""}),
        ("tags", {"name": "late, again"}),
        ("priority", {"priority": 9}),
        ("status", {}),
        ("team", {"team": "x"}),
    ],
)
def test_a_wrong_choice_is_said_once_and_makes_no_job(anna, tickets, noun, given):
    assert anna.send(f"/selection/{noun}/", select(tickets, **given)).status_code == 422
    assert not BulkJob.objects.exists()


def test_nothing_selected_is_said(anna):
    assert "Select tickets first." in anna.send("/selection/spam/").content.decode()


def test_a_refusal_names_its_ticket_and_stays_under_the_list(world, anna, tickets):
    closed = tickets[0]
    commands.set_status(closed.pk, status=world.status(Category.CLOSED), actor=world.as_anna)
    answer = anna.send("/selection/status/", select(tickets, status=world.status(Category.PENDING).pk))
    page = answer.content.decode()
    assert "2 tickets changed. 1 refused." in page
    assert f"#{closed.pk}: A ticket cannot go from" in page
    job = BulkJob.objects.get()
    assert "1 refused." in anna.part("/bulk/bar/").content.decode()
    assert f'href="/tickets/{closed.pk}/"' in anna.get(f"/bulk/{job.pk}/").content.decode()
    anna.send(f"/bulk/{job.pk}/dismissal/")
    assert "refused" not in anna.part("/bulk/bar/").content.decode()
    assert "1 refused." in anna.get("/bulk/").content.decode()


def test_an_undo_says_that_it_is_one_and_what_it_had_to_leave(world, anna, tickets):
    answer = anna.send("/selection/priority/", select(tickets, priority=4))
    assert "3 tickets changed." in answer.content.decode()
    commands.set_priority(tickets[0].pk, priority=1, actor=Actor.user(world.boris))
    undone = anna.send(undo_address(answer)).content.decode()
    assert "Undone: 2 tickets. 1 refused." in undone
    assert f"#{tickets[0].pk}: Boris Petrov has changed this since." in undone
    for path in ("/bulk/", "/bulk/bar/", f"/bulk/{BulkJob.objects.get(undoes=None).undone_by.pk}/"):
        assert "Undone: 2 tickets. 1 refused." in anna.part(path).content.decode(), path
    assert "3 tickets changed." in anna.get("/bulk/").content.decode(), "what was done stays told as it was"


def test_all_of_a_filtered_view_is_what_the_filters_leave(world, anna, tickets, open_view):
    urgent = tickets[0]
    commands.set_priority(urgent.pk, priority=4, actor=world.as_anna)
    asked = {"all": "1", "view": open_view.pk, "name": "wave", "filters": "priority=urgent"}
    page = anna.part(f"/selection/whole/?view={open_view.pk}&priority=urgent").content.decode()
    assert "Select all 1 ticket of this view" in page
    anna.send("/selection/tags/", asked)
    assert [tagging.ticket for tagging in Tagging.objects.all()] == [urgent]


def test_a_filter_that_means_nothing_widens_no_bulk_change(anna, tickets, open_view):
    asked = {"all": "1", "view": open_view.pk, "name": "wave", "filters": "priority=unheard"}
    assert anna.send("/selection/tags/", asked).status_code == 422
    assert not BulkJob.objects.exists()


def test_all_of_a_view_is_worked_off_in_the_background_and_shown(
    world, anna, tickets, open_view, monkeypatch
):
    monkeypatch.setattr(starting, "SMALL", 1)
    monkeypatch.setattr(running, "SMALL", 1)
    answer = anna.send("/selection/priority/", {"all": "1", "view": open_view.pk, "priority": 4})
    assert "bulk:changed" in answer["HX-Trigger"]
    bar = anna.part("/bulk/bar/").content.decode()
    assert "Priority: Urgent" in bar
    assert "every 2s" in bar
    running.run_next(seconds=0)
    assert "1 of 3" in anna.part("/bulk/bar/").content.decode()
    running.run_next()
    bar = anna.part("/bulk/bar/").content.decode()
    assert "3 tickets changed." in bar
    assert "every" not in bar
    job = BulkJob.objects.get()
    anna.send(f"/bulk/{job.pk}/undo/")
    assert "Undo: Priority: Urgent" in anna.part("/bulk/bar/").content.decode()
    running.run_next()
    assert "Undone: 3 tickets." in anna.part("/bulk/bar/").content.decode()
    assert set(Ticket.objects.values_list("priority", flat=True)) == {2}
    assert f"/bulk/{job.pk}/undo/" not in anna.get("/bulk/").content.decode()


def test_a_job_is_stopped_by_its_owner_alone(anna, maria, tickets, open_view, monkeypatch):
    monkeypatch.setattr(starting, "SMALL", 1)
    anna.send("/selection/spam/", {"all": "1", "view": open_view.pk})
    job = BulkJob.objects.get()
    for noun in ("cancellation", "undo", "dismissal"):
        assert maria.send(f"/bulk/{job.pk}/{noun}/").status_code == 404
    assert maria.get(f"/bulk/{job.pk}/").status_code == 404
    assert "Mark as spam" not in maria.get("/bulk/").content.decode()
    anna.send(f"/bulk/{job.pk}/cancellation/")
    assert "Stopped. 0 tickets changed." in anna.get(f"/bulk/{job.pk}/").content.decode()


def test_too_many_are_refused_in_words(anna, tickets, open_view, monkeypatch):
    monkeypatch.setattr(starting, "MOST", 2)
    answer = anna.send("/selection/spam/", {"all": "1", "view": open_view.pk})
    assert answer.status_code == 422
    assert "At most 2 tickets can be changed at once." in answer.content.decode()


def test_anothers_view_cannot_be_chosen_as_a_whole(world, anna, tickets):
    view = View.objects.create(labels={"en": "Secret"}, owner=world.boris)
    assert anna.send("/selection/spam/", {"all": "1", "view": view.pk}).status_code == 404
    assert anna.part(f"/selection/whole/?view={view.pk}").status_code == 404


def test_the_whole_view_is_offered_with_its_count(anna, tickets, open_view):
    offer = anna.part(f"/selection/whole/?view={open_view.pk}&shown=2").content.decode()
    assert "2 tickets shown here are selected." in offer
    assert "Select all 3 tickets of this view" in offer


@pytest.mark.parametrize("noun", ["assignee", "status", "priority", "tag", "more"])
def test_the_menus_of_a_selection(world, anna, egor, tickets, noun):
    commands.add_tag(tickets[0].pk, name="кофе", actor=world.as_anna)
    assert 'hx-post="/selection/' in anna.part(f"/selection/menus/{noun}/").content.decode()
    assert egor.part(f"/selection/menus/{noun}/").status_code == 403


def test_an_expert_may_only_follow_several(world, egor, open_view):
    ticket = world.ticket(team=world.second_line)
    page = egor.get(f"/views/{open_view.pk}/").content.decode()
    assert 'hx-post="/selection/following/"' in page
    assert 'hx-post="/selection/spam/"' not in page
    assert egor.send("/selection/spam/", select([ticket])).status_code == 403
    egor.send("/selection/following/", select([ticket]))
    assert Follower.objects.get().user == world.egor


def test_without_javascript_one_lands_on_the_job(anna, tickets):
    answer = anna.post("/selection/spam/", select(tickets))
    assert answer["Location"] == f"/bulk/{BulkJob.objects.get().pk}/"
    assert "3 tickets changed." in anna.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_of_jobs_costs_the_same_whatever_its_length(
    world, anna, tickets, count, django_assert_num_queries
):
    for number in range(count):
        starting.of_tickets(
            world.anna, "assign", [world.anna, world.boris][number % 2].pk, numbers=[tickets[0].pk]
        )
    anna.get("/bulk/")
    with django_assert_num_queries(5):  # session, reader, jobs, names, and the frame's one
        anna.get("/bulk/")


# --- next ticket when done -----------------------------------------------------------------------


def moved_on(answer):
    return json.loads(answer.headers.get("HX-Trigger-After-Settle", "{}")).get("desk:solved")


def test_the_next_ticket_opens_for_who_wants_that(world, anna, tickets):
    ticket, other = tickets[:2]
    solved = world.status(Category.RESOLVED).pk
    assert moved_on(anna.send(f"/tickets/{other.pk}/status/", {"status": solved})) is None
    profile = {
        "name": "Anna Lind",
        "language": "en",
        "theme": "auto",
        "density": "comfortable",
        "next_when_done": "on",
    }
    assert anna.post("/profile/", profile).status_code == 302
    pending = world.status(Category.PENDING).pk
    assert moved_on(anna.send(f"/tickets/{ticket.pk}/status/", {"status": pending})) is None
    assert moved_on(anna.send(f"/tickets/{ticket.pk}/status/", {"status": solved})) == {"ticket": ticket.pk}
    assert (
        moved_on(anna.send(f"/tickets/{ticket.pk}/status/", {"status": solved})) is None
    )  # it was so already


def test_a_reply_that_solves_moves_on_too(world, anna, tickets):
    world.anna.next_when_done = True
    world.anna.save()
    reply = {"kind": "reply", "text": "Готово.", "to": "vera@severgrad.example"}
    ticket, other = tickets[:2]
    assert moved_on(anna.send(f"/tickets/{other.pk}/messages/", reply)) is None
    solving = {**reply, "status": world.status(Category.RESOLVED).pk}
    assert moved_on(anna.send(f"/tickets/{ticket.pk}/messages/", solving)) == {"ticket": ticket.pk}
