"""Pages of the settings that name tickets tell of those alone which their reader sees."""

from __future__ import annotations

import pytest

from common import clock
from journal.actor import Actor
from notifications.models import WebhookCall
from notifications.webhooks.commands import create_webhook
from people.access import ROLE_PERMISSIONS, Permission, complete
from people.commands import roles, users
from people.models import Membership, User
from people.placing import built_in
from routing.models import SimulatedTicket, Simulation
from tests.assignment.cast import LEAD
from tickets.models import Ticket

# The subject of a ticket → with which reach it is seen. All but the last are of the second line.
SEEN = {
    "Held": {"own", "teams", "brands", "all"},
    "Foreign": {"brands", "all"},
    "Queued": {"teams", "brands", "all"},
    "Elsewhere": {"all"},
}


@pytest.fixture
def reader(world):
    """``reader("own")``: somebody who arranges the work and connects systems, in a role of that reach."""

    def make(access: str) -> User:
        brands = [world.brand.pk] if access == "brands" else []
        role = roles.create_role(actor=LEAD, name=f"Arranges {access}", like=built_in("manager"))
        given = {*complete(ROLE_PERMISSIONS["manager"]), Permission.MANAGE_WEBHOOKS}
        roles.change_role(role.pk, actor=LEAD, permissions=given, access=access, brand_ids=brands)
        made = users.create_user(actor=LEAD, email=f"{access}@otklik.example", name="Rita", role=role.code)
        Membership.objects.create(team=world.first_line, user=made)
        return made

    return make


@pytest.fixture
def tickets(world):
    def make(reader: User) -> dict[str, Ticket]:
        second = {"team": world.second_line}
        return {
            "Held": world.ticket(subject="Held", assignee=reader, **second),
            "Foreign": world.ticket(subject="Foreign", **second),
            "Queued": world.ticket(subject="Queued", team=world.first_line),
            "Elsewhere": world.ticket(subject="Elsewhere", brand=world.other_brand, **second),
        }

    return make


def seen_with(access: str) -> set[str]:
    return {subject for subject, reaches in SEEN.items() if access in reaches}


@pytest.mark.parametrize("access", ["own", "teams", "brands", "all"])
def test_calls_of_a_webhook(world, by, reader, tickets, access):
    """The list, its parts and trying again; a test, which is about no ticket, is everybody's."""
    user = reader(access)
    hook, _secret = create_webhook(
        actor=Actor.user(world.oleg), name="CRM", url="https://crm.example/hook", brand=None, is_active=True
    )
    given = {
        "webhook": hook,
        "payload": {},
        "not_before": clock.now(),
        "created_at": clock.now(),
        "state": "failed",
    }
    calls = {
        subject: WebhookCall.objects.create(ticket=ticket, **given)
        for subject, ticket in tickets(user).items()
    }
    test = WebhookCall.objects.create(ticket=None, **given)
    browser, path = by(user), f"/settings/webhooks/{hook.pk}/"
    for page in (path, f"{path}calls/"):
        html = browser.get(page).text
        told = {subject for subject, call in calls.items() if str(call.key) in html}
        assert told == seen_with(access), page
        assert {subject for subject in calls if f">{subject}<" in html} == told
        assert str(test.key) in html
    for subject, call in [*calls.items(), ("test", test)]:
        answer = browser.post(f"{path}calls/{call.pk}/retry/")
        call.refresh_from_db()
        is_seen = subject == "test" or subject in seen_with(access)
        assert (answer.status_code, call.state) == ((302, "waiting") if is_seen else (404, "failed")), subject


@pytest.mark.parametrize("access", ["own", "teams", "brands", "all"])
def test_tickets_of_a_simulation(world, by, reader, tickets, access):
    """Its figures are of all tickets, as everybody's who may try rules; the tickets are the reader's."""
    user = reader(access)
    summary = {
        "by_team": [],
        "by_agent": [],
        "changed": 4,
        "unchanged": 0,
        "unassigned": 0,
        "fields": {"priority": 4},
    }
    row = Simulation.objects.create(
        started_by=world.oleg,
        created_at=clock.now(),
        days=7,
        definition=[],
        state="done",
        total=4,
        summary=summary,
    )
    made = tickets(user)
    SimulatedTicket.objects.bulk_create(
        SimulatedTicket(
            simulation=row, ticket=ticket, differs=True, before={"priority": 2}, after={"priority": 3}
        )
        for ticket in made.values()
    )
    path = f"/settings/rules/simulations/{row.pk}/"
    for query in ("", "?all=yes", "?from=0"):
        html = by(user).get(path + query).text
        told = {subject for subject, ticket in made.items() if f"/tickets/{ticket.pk}/" in html}
        assert told == seen_with(access), query
        assert {subject for subject in made if f">{subject}<" in html} == told
