"""One measuring process for one database: commands as JSON lines in, results as JSON lines out.

The parent (``bench.__main__``) runs one for each size and asks them in turns, so that whatever else the
machine does meanwhile hits all sizes alike.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from time import perf_counter, thread_time
from typing import Any
from urllib.parse import quote

import django

django.setup()

from django.conf import settings  # noqa: E402  # needs the set-up above
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402

from bench import company, mail, seed, words, work  # noqa: E402
from people.models import User  # noqa: E402
from tickets.models import Category, SearchDocument, Ticket, View  # noqa: E402


class Desk:
    """Django's own WSGI handler, asked as a server would ask it, by somebody who is signed in."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()
        self._cookies = {name: _session(name) for name in (company.ADMINISTRATOR, company.AGENT)}

    def get(self, path: str, user: str) -> tuple[float, float]:
        """Milliseconds from the request to the last byte, and those that Python worked of them.

        The rest is PostgreSQL, and waiting for a core. Anything but a page is an error.
        """
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={self._cookies[user]}",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        status: list[str] = []

        def begin(said: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
            status.append(said)
            return lambda _data: None

        began, worked = perf_counter(), thread_time()
        response = self._handler(environ, begin)
        size = sum(len(part) for part in response)
        response.close()
        took = (perf_counter() - began) * 1000
        worked = (thread_time() - worked) * 1000
        if status != ["200 OK"] or not size:
            raise RuntimeError(f"{path}: {status}, {size} bytes")
        return took, worked


def _session(email: str) -> str:
    user = User.objects.get(email=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def pages() -> dict[str, list[tuple[str, str]]]:
    """What is measured: a name, and (path, user) pairs that are asked in turns."""
    views = {view.key: view.pk for view in View.objects.filter(owner=None, team=None)}
    long = [
        pk for pk in Ticket.objects.order_by("-pk").values_list("pk", flat=True)[:1000] if seed.is_long(pk)
    ]
    agent = User.objects.get(email=company.AGENT)
    theirs = list(
        Ticket.objects.visible_to(agent).filter(pk__in=long).order_by("-pk").values_list("pk", flat=True)
    )
    common = _common_words()
    russian = [word for word in common if word[0] > "я" or "а" <= word[0] <= "я"]
    english = [word for word in common if word[0] <= "z"]
    rare = [words.rare_word(number) for number in range(7000, 7010)]
    administrator = company.ADMINISTRATOR

    def searches(queries: list[str], user: str = administrator) -> list[tuple[str, str]]:
        return [(f"/search/?q={quote(query)}", user) for query in queries]

    return {
        "list, administrator": [(f"/views/{views['open']}/", administrator)],
        "list, agent of one team": [(f"/views/{views['open']}/", company.AGENT)],
        "list waiting, administrator": [(f"/views/{views['waiting']}/", administrator)],
        "ticket of 10, administrator": [(f"/tickets/{pk}/", administrator) for pk in long[:5]],
        "ticket of 10, agent": [(f"/tickets/{pk}/", company.AGENT) for pk in theirs[:5]],
        "search, rare word": searches(rare),
        "search, commonest word": searches(russian[:1]),
        "search, two common words": searches([f"{russian[0]} {russian[1]}"]),
        "search, two that rarely meet": searches([f"{russian[2]} {english[2]}"]),
        "search, rare and common": searches([f"{word} {russian[0]}" for word in rare]),
        "search, commonest, agent": searches(russian[:1], company.AGENT),
    }


def _common_words() -> list[str]:
    """Stems by the number of messages they are in, most first, from one message in so many."""
    step = max(1, SearchDocument.objects.count() // 5000)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM ts_stat(%s) WHERE length(word) > 3 ORDER BY ndoc DESC LIMIT 100",
            [f"SELECT vector FROM tickets_searchdocument WHERE message_id % {step} = 0"],
        )
        return [word for (word,) in cursor.fetchall()]


class Measure:
    """The commands. Each takes plain values and gives plain values."""

    def __init__(self) -> None:
        self._pages: dict[str, list[tuple[str, str]]] = {}

    @cached_property
    def _desk(self) -> Desk:
        return Desk()

    def names(self) -> list[str]:
        self._pages = pages()
        return list(self._pages)

    def page(self, name: str, times: int) -> list[tuple[float, float]]:
        """Milliseconds of each of so many requests, as ``Desk.get``."""
        asked = self._pages[name]
        return [self._desk.get(*asked[number % len(asked)]) for number in range(times)]

    def queries(self, name: str) -> list[str]:
        """The statements of one request that finds nothing in the cache."""
        cache.clear()
        asked: list[str] = []

        def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(note))
            self._desk.get(*self._pages[name][0])
        return asked

    def cookie_and_path(self) -> list[str]:
        """For clients of the real web process: a session, and the address of the list."""
        path, user = self._pages["list, administrator"][0]
        return [_session(user), path]

    def facts(self) -> dict[str, int]:
        """Counts that say what was measured."""
        return {
            "tickets": Ticket.objects.count(),
            "open": Ticket.objects.filter(category__lt=Category.RESOLVED).count(),
            "messages": SearchDocument.objects.count(),
        }

    def intake(self, mails: int) -> dict[str, float]:
        return mail.intake(mails)

    def sweep(self, deliveries: int) -> dict[str, float]:
        return mail.sweep(deliveries)

    def worked_off(self, first: int, mails: int) -> dict[str, float]:
        return work.worked_off(first, mails)

    def assignments(self, tickets: int) -> dict[str, float]:
        return work.assignments(tickets)


def main() -> None:
    measure = Measure()
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever else prints must not break the protocol
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(measure, name)(*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
