"""The desk's end of ``bench.chat``: makes the widget and its sessions, then posts replies evenly."""

from __future__ import annotations

import json
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
from django.db import connection  # noqa: E402

from channels_in.kinds.chat import tokens  # noqa: E402
from channels_in.models import ChatSession, ChatWidget, Inbox, Thread  # noqa: E402
from common import clock  # noqa: E402
from common.queue import flush  # noqa: E402
from journal.models import Delivery  # noqa: E402
from live.nudges import messenger  # noqa: E402
from people.models import Membership, Team, User  # noqa: E402
from tickets import commands  # noqa: E402
from tickets.content import Content  # noqa: E402
from tickets.models import Brand  # noqa: E402

WRITERS = 3


def seed(visitors: int) -> None:
    """A widget, its sessions, and somebody at the desk; prints their tokens and a cookie."""
    team = Team.objects.order_by("pk")[0]
    user = User.objects.filter(role="administrator").order_by("pk")[0]
    user.is_available = True
    user.save()
    Membership.objects.get_or_create(team=team, user=user)
    inbox = Inbox.objects.create(kind="chat", brand=Brand.objects.order_by("pk")[0], name="Chat", team=team)
    widget = ChatWidget.objects.create(inbox=inbox, longest_queue=30_000, pick_up_seconds=3600)
    now = clock.now()
    rows = ChatSession.objects.bulk_create(
        [ChatSession(widget=widget, language="en", visit_at=now, seen_at=now) for _ in range(visitors)]
    )
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    made = {
        "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
        "sessions": [[row.pk, tokens.session_token(row.key)] for row in rows],
    }
    print(json.dumps(made))


def take() -> None:
    """Answer everybody who has said something, which takes their chats, and wait until all has followed."""
    user = User.objects.filter(role="administrator").order_by("pk")[0]
    for ticket_id in Thread.objects.exclude(ticket=None).values_list("ticket_id", flat=True):
        commands.post_reply(ticket_id, user=user, content=Content(text=f"sent {time.time():.6f}"))
    until = time.monotonic() + 120
    while Delivery.objects.filter(parked=False).exists() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(2)


def talk(a_second: float, seconds: float, told: str) -> None:
    """Answer in the talks that have begun, one after the other; the text carries when it was sent.

    Says "ready" and waits for a line first. Whose talk is which ticket goes into the file ``told``.
    """
    user = User.objects.filter(role="administrator").order_by("pk")[0]
    work: Queue[int | None] = Queue()

    def write() -> None:
        connection.ensure_connection()
        while (ticket_id := work.get()) is not None:
            commands.post_reply(ticket_id, user=user, content=Content(text=f"sent {time.time():.6f}"))
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    ticket_ids = list(Thread.objects.exclude(ticket=None).values_list("ticket_id", flat=True))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for number in range(int(a_second * seconds)):
        time.sleep(max(began + number / a_second - time.monotonic(), 0))
        work.put(ticket_ids[number % len(ticket_ids)])
    for _ in writers:
        work.put(None)
    for writer in writers:
        writer.join(60)
    flush(5)
    messenger.finish(5)
    owners = dict(Thread.objects.exclude(ticket=None).values_list("ticket_id", "chat_session__pk"))
    Path(told).write_text(json.dumps(owners))


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "seed":
        seed(int(rest[0]))
    elif what == "take":
        take()
    else:
        talk(float(rest[0]), float(rest[1]), rest[2])
