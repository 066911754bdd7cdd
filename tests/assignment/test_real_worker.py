"""The waiting list in a real Celery worker: how long it takes from a slot that frees to the next ticket's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from helpdesk.local.environment import ROOT
from tests import session_services
from tests.support.stack import Stack, free_port

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# In a process of its own beside the worker's: it solves, one after the other, and looks who came next.
STORY = """
import json, time
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.models import Membership, Role, Team, User
from routing.assignment import assign_by_strategy
from tickets import commands, starter
from tickets.models import Brand, Category, Ticket
from tickets.status import default_status

actor = Actor.system("test")
starter.make_statuses()
brand = Brand.objects.create(name="Зерно", slug="zerno", language="ru")
team = Team.objects.create(name="First line")
agent = User.objects.create_user("rita@otklik.example", name="Rita", role=Role.AGENT, capacity={"email": 3})
Membership.objects.create(team=team, user=agent)
vera = resolve_contact("email", "vera@severgrad.example", name="Vera")
for number in range(ROUNDS + 3):
    ticket = commands.open_ticket(
        brand=brand, channel="email", requester=vera, subject=f"{number}", team=team, actor=actor
    )
    assign_by_strategy(ticket.pk, actor=actor)
time.sleep(3)
late = []
for round in range(ROUNDS):
    mine = Ticket.objects.filter(assignee=agent, category__lt=Category.RESOLVED)
    assert mine.count() == 3, mine.count()
    solved = mine.order_by("pk")[0]
    commands.set_status(solved.pk, status=default_status(Category.RESOLVED), actor=actor)
    begun = time.monotonic()
    while mine.count() < 3:
        assert time.monotonic() < begun + 20, "nobody came"
        time.sleep(0.005)
    late.append(time.monotonic() - begun)
print(json.dumps(sorted(late)))
"""


@pytest.fixture(scope="module")
def stack():
    root = session_services.new_root(session_services.PREFIX)
    try:
        with Stack(root, ("worker", "timers", "scheduler")) as running:
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


def run(stack: Stack, rounds: int, **environment: str) -> list[float]:
    stack.manage("flush", "--no-input")
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", STORY.replace("ROUNDS", str(rounds))],
        cwd=ROOT, env=stack.environment | environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.decode().strip().splitlines()[-1])


def test_a_slot_that_frees_is_taken_within_a_second(stack):
    late = run(stack, 40)
    print(f"slot to next ticket: median {late[20] * 1000:.0f} ms, slowest {late[-1] * 1000:.0f} ms")
    assert late[37] < 1  # the 95th percentile
    assert late[-1] < 3


def test_where_the_broker_is_out_of_reach_the_sweeps_do_it(stack):
    """Whoever solves cannot publish anything: the journal's sweep and the list's hear of it all the same."""
    late = run(stack, 5, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    print(f"nothing published: slowest {late[-1] * 1000:.0f} ms")
    assert late[-1] < 8
