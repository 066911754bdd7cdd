"""How far a role reaches: the same tickets behind every door, and the same people told of them."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.db import connection

from live import groups
from notifications.circle import seeing
from people import finding
from people.access import ROLE_PERMISSIONS, complete
from people.commands import roles, users
from people.models import Contact, Membership, Organization, User
from people.placing import built_in, permitted, role_of
from tests.assignment.cast import LEAD
from tickets import commands, search
from tickets.counting import counts
from tickets.listing import page
from tickets.models import BulkItem, Follower, Ticket, View
from tickets.seers import seers

# Who sees which of the tickets below.
EXPECTED = {
    "own": {"held", "followed", "called"},
    "teams": {"held", "followed", "called", "team", "nobody"},
    "brands": {"held", "followed", "called", "harbor"},
    "all": {"held", "followed", "called", "team", "nobody", "harbor"},
}


@pytest.fixture
def rita(world) -> User:
    """Somebody of the first line, in a role of the company's own."""
    role = roles.create_role(actor=LEAD, name="Trainee", like=built_in("agent"))
    made = users.create_user(actor=LEAD, email="rita@otklik.example", name="Rita Novak", role=role.code)
    Membership.objects.create(team=world.first_line, user=made)
    return made


def reaching(world, user: User, access: str) -> User:
    """The role of ``user`` reaches so far; the account as it is then."""
    brands = [world.other_brand.pk] if access == "brands" else []
    role = role_of(user)
    given = permitted(role)
    roles.change_role(role.pk, actor=LEAD, permissions=given, access=access, brand_ids=brands)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def tickets(world, rita):
    """One for each way to a ticket; each has words of its own, and a requester of its own."""
    second = {"team": world.second_line}
    made = {
        "held": world.ticket("Слово held", assignee=rita, requester=world.vera, **second),
        "followed": world.ticket("Слово followed", requester=world.vera, **second),
        "called": world.ticket("Слово called", requester=world.vera, **second),
        "team": world.ticket("Слово team", team=world.first_line, requester=world.peter),
        "nobody": world.ticket("Слово nobody", requester=world.peter),
        "harbor": world.ticket("Слово harbor", brand=world.other_brand, requester=world.stranger, **second),
    }
    commands.follow(made["followed"].pk, user=rita, actor=world.as_anna)
    commands.call_in(made["called"].pk, user=rita, question="?", actor=world.as_anna)
    deleted = world.ticket("Слово deleted", assignee=rita)
    commands.delete(deleted.pk, actor=world.as_anna)
    return SimpleNamespace(**made, all=made)


@pytest.mark.parametrize("access", list(EXPECTED))
def test_every_door_shows_the_same_tickets(world, rita, tickets, by, access):
    rita = reaching(world, rita, access)
    expected = EXPECTED[access]
    numbers = {tickets.all[name].pk for name in expected}
    assert set(Ticket.objects.visible_to(rita).values_list("pk", flat=True)) == numbers

    view = View.objects.get(key="open")
    browser = by(rita)
    listed = browser.get(f"/views/{view.pk}/").content.decode()
    exported = b"".join(browser.post(f"/views/{view.pk}/export/").streaming_content).decode()
    assert counts(rita, [view]) == {view.pk: len(numbers)}
    assert {row.id for row in page(rita, view.conditions).rows} == numbers
    for name, ticket in tickets.all.items():
        sees = name in expected
        assert (f'id="row-{ticket.pk}"' in listed) == sees, name
        assert (ticket.subject in exported) == sees, name
        for path in ("", "conversation/", "handing/", "status/"):
            answer = browser.part(f"/tickets/{ticket.pk}/{path}")
            assert answer.status_code == (200 if sees else 404), (name, path)
        assert browser.send(f"/tickets/{ticket.pk}/messages/", {"kind": "note", "text": "x"}).status_code == (
            200 if sees else 404
        ), name
    assert {found.ticket.pk for found in search.search("слово", rita).results} == numbers

    everything = [ticket.pk for ticket in tickets.all.values()]
    browser.send("/selection/priority/", {"ticket": everything, "priority": "4"})
    assert set(BulkItem.objects.values_list("ticket_id", flat=True)) == numbers


@pytest.mark.parametrize("access", list(EXPECTED))
def test_who_is_told_is_who_sees(world, rita, tickets, access):
    rita = reaching(world, rita, access)
    teams = list(Membership.objects.filter(user=rita).values_list("team_id", flat=True))
    joined = set(groups.joined_by(rita, teams))
    everybody = list(User.objects.values_list("pk", flat=True))
    for name, ticket in tickets.all.items():
        sees = name in EXPECTED[access]
        ticket.refresh_from_db()
        followers = Follower.objects.filter(ticket=ticket).values_list("user_id", flat=True)
        told = groups.told_of(ticket.team_id, ticket.assignee_id, followers, ticket.brand_id)
        assert bool(joined & set(told)) == sees, name
        behind = {
            user.pk
            for user in User.objects.all()
            if Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()
        }
        assert (rita.pk in behind) == sees, name
        assert set(seers(ticket).values_list("pk", flat=True)) == behind, name
        assert seeing(ticket.pk, everybody) == behind, name


def test_the_people_behind_the_tickets(world, rita, tickets):
    newcomer = Contact.objects.create(name="Nina New")
    vera, peter, mallory = world.vera.pk, world.peter.pk, world.stranger.pk
    for access, seen in {
        "own": {vera},
        "teams": {vera, peter, newcomer.pk},
        "brands": {vera, mallory, newcomer.pk},
        "all": {vera, peter, mallory, newcomer.pk},
    }.items():
        user = reaching(world, rita, access)
        assert set(Contact.objects.visible_to(user).values_list("pk", flat=True)) == seen, access


@pytest.fixture
def companies(world, tickets):
    """One for each of the tickets' requesters, one without any ticket, and one without anybody."""
    made = {
        name: Organization.objects.create(name=f"Слово {name}") for name in ("Peters", "Mallorys", "Nobodys")
    }
    made["Veras"] = Organization.objects.create(name="Слово Veras", domains=["veras.example"])
    for contact, name in ((world.vera, "Veras"), (world.peter, "Peters")):
        Contact.objects.filter(pk=contact.pk).update(organization=made[name])
    # Of this one only a ticket is left: its people are elsewhere now.
    Ticket.objects.filter(pk=tickets.all["harbor"].pk).update(organization=made["Mallorys"])
    made["Newcomers"] = Organization.objects.create(name="Слово Newcomers")
    Contact.objects.create(name="Nina New", organization=made["Newcomers"])
    return made


COMPANIES = {
    "own": {"Veras"},
    "teams": {"Veras", "Peters", "Newcomers", "Nobodys"},
    "brands": {"Veras", "Mallorys", "Newcomers", "Nobodys"},
    "all": {"Veras", "Peters", "Mallorys", "Newcomers", "Nobodys"},
}


@pytest.mark.parametrize("access", list(COMPANIES))
def test_organisations_are_seen_as_far_as_their_people_and_tickets(world, rita, companies, by, access):
    """By the door, the list, the page, search and palette, completion, filters, and what forms propose."""
    user, seen = reaching(world, rita, access), COMPANIES[access]
    rows = Organization.objects.visible_to(user).filter(name__startswith="Слово")
    assert {row.name.removeprefix("Слово ") for row in rows} == seen
    browser = by(user)
    held = Ticket.objects.filter(assignee=user, deleted_at=None).get()
    view = View.objects.get(key="open").pk
    pages = {
        "list": browser.get("/organizations/").content.decode(),
        "found": browser.get("/organizations/", {"q": "слово"}).content.decode(),
        "search": browser.get("/search/", {"q": "Слово"}).content.decode(),
        "palette": browser.part("/palette/found/?q=Слово").content.decode(),
        "completion": browser.get("/search/completions/", {"q": "organization:слово"}).content.decode(),
        "options": browser.get("/views/options/?source=organizations&q=слово").content.decode(),
        "filters": browser.get(f"/views/{view}/filters/?organization-search=слово").content.decode(),
        "customer": browser.get(f"/customers/{held.requester_id}/").content.decode(),
    }
    pages = {name: re.sub("</?mark>", "", text) for name, text in pages.items()}
    first = min(seen)
    assert f"Слово {first}" in pages["search"] and f"Слово {first}" in pages["palette"]
    for name, row in companies.items():
        is_seen = name in seen
        for page_name, text in pages.items():
            if page_name in {"search", "palette"} and is_seen:
                continue  # they show the first few
            assert (f"Слово {name}" in text) == is_seen, (page_name, name)
        address = f"/organizations/{row.pk}/"
        assert browser.get(address).status_code == (200 if is_seen else 404), name
        chip = browser.get(f"/views/{view}/?organization={row.pk}").content.decode()
        assert (row.name in chip) == is_seen, "nor is it named by its number"
        assert (row in finding.organizations(row.name.lower(), user, most=9)) == is_seen
        misspelt = row.name.removeprefix("Слово ").lower() + "x"
        assert (row in finding.similar_organizations(f"слово {misspelt}", user, most=9)) == is_seen
    if access == "all":
        return
    unseen = companies[next(iter(set(companies) - seen))]
    form = {"name": "Вера", "organization": unseen.name, "language": "", "time_zone": "", "notes": ""}
    refused = browser.post(f"/customers/{held.requester_id}/", form)
    assert "There is no organisation of this name." in refused.content.decode()


def test_organisations_cost_the_same_however_many(world, rita, companies, by, django_assert_max_num_queries):
    browser = by(reaching(world, rita, "teams"))
    browser.get("/organizations/")
    with django_assert_max_num_queries(10):
        browser.get("/organizations/")


def test_reach_that_is_ones_own_outlives_the_roles(world, rita, tickets):
    """Whose access was set for them keeps it; whoever has the role's goes with it."""
    users.change_user(rita.pk, actor=LEAD, access="own")
    for access in ("teams", "all", "brands"):
        user = reaching(world, rita, access)
        assert (user.access, user.access_is_own) == ("own", True)
    users.change_user(rita.pk, actor=LEAD, access=None)
    user = User.objects.get(pk=rita.pk)
    assert (user.access, user.brand_ids, user.access_is_own) == ("brands", [world.other_brand.pk], False)


def test_who_may_bring_back_what_was_deleted_brings_back_what_they_would_see(world, rita, by):
    role = role_of(rita)
    given = [*permitted(role), "delete"]
    roles.change_role(role.pk, actor=LEAD, permissions=given, access="own")
    held, other = world.ticket(assignee=rita), world.ticket(team=world.first_line)
    for ticket in (held, other):
        commands.delete(ticket.pk, actor=world.as_anna)
    browser = by(User.objects.get(pk=rita.pk))
    assert browser.send(f"/tickets/{held.pk}/deletion/removal/").status_code == 200
    assert browser.send(f"/tickets/{other.pk}/deletion/removal/").status_code == 404
    other.refresh_from_db()
    assert other.deleted_at is not None


def test_own_tickets_are_found_by_their_indexes(world, rita):
    """Were the tables large: neither the list of all tickets nor the table is gone through."""
    user = reaching(world, rita, "own")
    view = View.objects.get(key="open")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for rows in (
            Ticket.objects.visible_to(user).filter(is_hidden=False).order_by("-active_at", "-pk")[:51],
            Ticket.objects.visible_to(user).filter(pk=1),
        ):
            sql, params = rows.values("pk").query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
    assert page(user, view.conditions).rows == []


@pytest.mark.parametrize("access", list(EXPECTED))
def test_a_list_costs_no_more_for_any_reach(world, rita, by, access, django_assert_max_num_queries):
    user = reaching(world, rita, access)
    for _ in range(3):
        world.ticket(assignee=user)
    browser = by(user)
    path = f"/views/{View.objects.get(key='open').pk}/"
    browser.get(path)
    with django_assert_max_num_queries(10):
        assert browser.get(path).status_code == 200


# --- what may be done ---------------------------------------------------------------------------------


def without(rita: User, *permissions: str) -> User:
    role = role_of(rita)
    left = [one for one in complete(ROLE_PERMISSIONS["agent"]) if one not in permissions]
    roles.change_role(role.pk, actor=LEAD, permissions=left, access="all")
    return User.objects.get(pk=rita.pk)


def test_without_assign_nothing_is_assigned(world, rita, by):
    """Neither by hand nor by macro, for many at once, by undo, or while opening a ticket."""
    ticket = world.ticket(team=world.first_line)
    before = by(rita)
    before.send("/selection/assignment/", {"ticket": [ticket.pk], "assignee": rita.pk})
    browser = by(without(rita, "assign"))
    base, second = f"/tickets/{ticket.pk}/", world.second_line.pk
    page = browser.get(base).content.decode()
    assert 'id="side-status"' in page
    assert not {'id="side-assignee"', 'id="side-team"', 'name="assignee"'} & set(page.split())
    for words in ("side-assignee", "side-team", 'name="assignee"'):
        assert words not in page, words
    for path, data in (
        (f"{base}assignment/", {"assignee": rita.pk}), (f"{base}team/", {"team": second}),
        (f"{base}escalation/", {"team": second, "reason": "x"}),
        ("/selection/assignment/", {"ticket": [ticket.pk], "assignee": rita.pk}),
        ("/selection/team/", {"ticket": [ticket.pk], "team": second}),
    ):  # fmt: skip
        assert browser.send(path, data).status_code == 403, path
    for path in (f"{base}assignment/", f"{base}team/", f"{base}escalation/", "/selection/menus/assignee/"):
        assert browser.part(path).status_code == 403, path
    assert "escalation/" not in browser.part(f"{base}handing/").content.decode()
    assert browser.part("/selection/menus/status/").status_code == 200

    answer = browser.send(
        f"{base}messages/",
        {"kind": "note", "text": "x", "action": [f"set_team:{second}", "assign:nobody", "set_priority:4"]},
    )
    assert answer.status_code == 200
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.priority) == (world.first_line, rita, 4)

    job = BulkItem.objects.get().job
    browser.send(f"/bulk/{job.pk}/undo/")
    ticket.refresh_from_db()
    assert ticket.assignee == rita, "an undo of an assignment is one"

    form = browser.get("/tickets/new/").content.decode()
    assert 'name="team"' not in form
    browser.post("/tickets/new/", {
        "requester": "nina@new.example", "brand": world.brand.pk, "subject": "Новое", "speaker": "us",
        "text": "x", "priority": "2", "team": second, "assignee": world.boris.pk,
    })  # fmt: skip
    assert not Ticket.objects.filter(subject="Новое").exclude(team=None, assignee=rita).exists()


def test_who_only_assigns_passes_tickets_on_and_changes_nothing(world, rita, by):
    ticket = world.ticket(team=world.first_line)
    browser, base = by(without(rita, "edit")), f"/tickets/{ticket.pk}/"
    page = browser.get(base).content.decode()
    for words in ("side-assignee", "side-team", "head-hand"):
        assert f'id="{words}"' in page, words
    for words in ("side-status", "head-status", "side-priority", "head-snooze"):
        assert f'id="{words}"' not in page, words
    offered = browser.part(f"{base}handing/").content.decode()
    assert "escalation/" in offered
    assert "experts/" not in offered
    assert browser.part("/selection/menus/assignee/").status_code == 200
    assert browser.part("/selection/menus/status/").status_code == 403
    assert browser.send(f"{base}priority/", {"priority": "4"}).status_code == 403
    browser.send(f"{base}team/", {"team": world.second_line.pk})
    browser.send("/selection/assignment/", {"ticket": [ticket.pk], "assignee": world.boris.pk})
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.priority) == (world.second_line, world.boris, 2)


def test_each_verb_asks_for_its_own_permission(world, rita, by):
    ticket, other = world.ticket(team=world.first_line), world.ticket(team=world.first_line)
    base = f"/tickets/{ticket.pk}/"
    reply = {"kind": "reply", "text": "x", "to": "vera@severgrad.example"}
    asked = {
        "reply": [("promises/", {}), ("side-threads/", {})],
        "edit": [("status/", {}), ("priority/", {}), ("tags/", {}), ("snooze/", {}), ("spam/", {})],
        "merge": [("merge/", {"number": other.pk})],
        "delete": [("deletion/", {})],
    }
    for permission, verbs in asked.items():
        browser = by(without(rita, permission))
        for path, data in verbs:
            assert browser.send(base + path, data).status_code == 403, (permission, path)
    browser = by(without(rita, "reply"))
    assert "private notes" in browser.send(f"{base}messages/", reply).content.decode()
    page = browser.get(base).content.decode()
    assert 'value="reply"' not in page
    assert 'value="note"' in page
    assert browser.get("/tickets/new/").status_code == 403
    assert f'hx-post="{base}deletion/"' not in page
    before = Ticket.objects.get(pk=ticket.pk)
    assert (before.message_count, before.is_spam, before.deleted_at) == (1, False, None)
    reader = by(without(rita, "reply", "note"))
    assert "composer-form" not in reader.get(base).content.decode()
    assert reader.send(f"{base}messages/", {"kind": "note", "text": "x"}).status_code == 403
