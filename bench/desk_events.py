"""The world's end of ``bench.desk``: makes agents and their sessions, then lets things happen evenly."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from pathlib import Path
from queue import Queue

import django

django.setup()

from django.conf import settings  # noqa: E402  # needs the set-up above
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from channels_in.models import Inbox  # noqa: E402
from common.queue import flush  # noqa: E402
from journal.actor import Actor  # noqa: E402
from live.nudges import messenger  # noqa: E402
from people.models import Contact, Membership, Role, Team, User  # noqa: E402
from tickets import commands  # noqa: E402
from tickets.content import Content  # noqa: E402
from tickets.models import Brand, Category, Ticket, View  # noqa: E402

WRITERS = 3
POOL = 400  # open tickets that things happen to: those on top of the lists, as in life
# Of every ten things that happen; "new" is a mail that opens a ticket.
KINDS = ["mail"] * 4 + ["new"] * 2 + ["reply"] * 2 + ["assignment"] * 2


def seed(agents: int, smtp_port: int) -> None:
    """Agents in teams, as many as wanted, and mail that leaves for a sink; prints their cookies and lists."""
    Inbox.objects.update(smtp_host="127.0.0.1", smtp_port=smtp_port, smtp_security="none")
    teams = list(Team.objects.order_by("pk"))
    people = list(User.objects.filter(role=Role.AGENT, is_active=True).order_by("pk")[:agents])
    for number in range(len(people), agents):
        user = User.objects.create_user(f"more{number}@bench.test", name=f"More {number}", role=Role.AGENT)
        Membership.objects.create(team=teams[number % len(teams)], user=user)
        people.append(user)
    keys = ("open", "unassigned", "mine", "waiting")
    views = dict(View.objects.filter(owner=None, team=None, key__in=keys).values_list("key", "pk"))
    made = {
        "cookie": settings.SESSION_COOKIE_NAME,
        "sessions": [_session(user) for user in people],
        "views": [views[key] for key in keys if key in views],
    }
    print(json.dumps(made))


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class World:
    """What may happen, by the verbs that the product itself would use."""

    def __init__(self) -> None:
        self.lots = random.Random(5)  # the same things happen in every run
        self.people = list(User.objects.filter(role=Role.AGENT, is_active=True).order_by("pk")[:40])
        self.brand, self.inboxes = Brand.objects.order_by("pk")[0], list(Inbox.objects.order_by("pk"))
        open_ = Ticket.objects.filter(category__lt=Category.RESOLVED, is_hidden=False)
        self.tickets = list(open_.order_by("-active_at").values_list("pk", flat=True)[:POOL])
        self.contacts = list(Contact.objects.filter(survivor=None).order_by("pk")[:POOL])
        self.teams = list(Team.objects.order_by("pk"))

    def plan(self, number: int) -> tuple[str, int, int]:
        """The ``number``-th thing: its kind, a ticket and a person or contact."""
        return self.lots.choice(KINDS), self.lots.choice(self.tickets), number

    def happen(self, kind: str, ticket_id: int, number: int) -> int:
        """Do it; the ticket it was done to."""
        user = self.people[number % len(self.people)]
        if kind == "new":
            return self._new(number)
        if kind == "mail":
            contact = self.contacts[number % len(self.contacts)]
            self._mail(ticket_id, contact, f"Any news about my order {number}?")
        elif kind == "reply":
            commands.post_reply(ticket_id, user=user, content=Content(text=f"We look into it. {number}"))
        else:
            commands.assign(ticket_id, to=user, actor=Actor.user(user))
        return ticket_id

    @transaction.atomic
    def _new(self, number: int) -> int:
        contact = self.contacts[number % len(self.contacts)]
        ticket: Ticket = commands.open_ticket(
            brand=self.brand,
            channel="email",
            requester=contact,
            subject=f"A new question {number}",
            team=self.teams[number % len(self.teams)],
            actor=Actor.system("bench"),
        )
        self._mail(ticket.pk, contact, "Good morning! Where is my parcel?")
        return ticket.pk

    def _mail(self, ticket_id: int, contact: Contact, text: str) -> None:
        sender = {"name": contact.name, "address": f"person{contact.pk}@mail.test"}
        commands.receive_message(
            ticket_id,
            content=Content(text=text, sender=sender),
            contact=contact,
            actor=Actor.contact(contact),
            channel="email",
        )


def happen(a_second: float, seconds: float, told: str) -> None:
    """Things happen evenly; the file ``told`` then holds [ticket, when its verb had committed] of each.

    Says "ready" and waits for a line first.
    """
    world = World()
    work: Queue[tuple[str, int, int] | None] = Queue()
    done: list[tuple[int, float]] = []

    def write() -> None:
        connection.ensure_connection()
        while (planned := work.get()) is not None:
            ticket_id = world.happen(*planned)
            done.append((ticket_id, time.time()))
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for number in range(int(a_second * seconds)):
        time.sleep(max(began + number / a_second - time.monotonic(), 0))
        work.put(world.plan(number))
    for _ in writers:
        work.put(None)
    for writer in writers:
        writer.join(60)
    flush(5)
    messenger.finish(5)
    Path(told).write_text(json.dumps(done))


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "seed":
        seed(int(rest[0]), int(rest[1]))
    else:
        happen(float(rest[0]), float(rest[1]), rest[2])
