"""What the fault tests do to the product and ask of it: mails in, replies posted, rows counted."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import httpx

from tests.support.smtp_sink import SmtpSink
from tests.support.stack import Stack, listens, wait_until

AGENT = "anna@harbor.example"
PASSWORD = "correct horse battery"
SUPPORT = "support@harbor.example"


class Helpdesk:
    """The stack with an SMTP client that does not give up, an agent's browser, and a look at the rows."""

    def __init__(self, stack: Stack, sink: SmtpSink) -> None:
        self.stack = stack
        self.sink = sink
        self._tending = threading.Lock()
        self._end = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def __enter__(self) -> Helpdesk:
        self.mend()
        self._supervisor.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end.set()
        self._supervisor.join(30)
        self.mend()

    def _supervise(self) -> None:
        while not self._end.wait(0.5):
            self._tend()

    def _tend(self) -> None:
        with self._tending:
            self.stack.tend()

    # --- the processes --------------------------------------------------------------------------

    def mend(self) -> None:
        """Whatever a test has broken runs again."""
        services = self.stack.services
        services.postgres.start()
        services.valkey.start()
        self._tend()
        with self._tending:
            for name in self.stack.names:
                if name not in self.stack.running:
                    self.stack.start(name)
        wait_until(self.stack.answers, 60, "the web process answers", every=0.2)
        wait_until(lambda: listens(self.stack.smtp_port), 60, "the listener listens", every=0.2)

    def restart(self, name: str, *, pause: float = 0.5) -> None:
        """kill -9, and after a moment a new one, as a supervisor does it."""
        with self._tending:
            self.stack.kill(name)
            time.sleep(pause)
            self.stack.start(name)

    def kill_database(self) -> None:
        """kill -9 of PostgreSQL's first process, and the start that recovers from it."""
        self.stack.services.postgres.kill()
        self.stack.services.postgres.start()

    @contextmanager
    def frozen_broker(self) -> Iterator[None]:
        valkey = self.stack.services.valkey
        pid = valkey.freeze()
        try:
            yield
        finally:
            valkey.thaw(pid)

    # --- mail in ----------------------------------------------------------------------------------

    def send(self, mail: EmailMessage, *, patience: float = 60.0) -> None:
        """Deliver as a mail server does: until there was a 250, again and again."""
        until = time.monotonic() + patience
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self.stack.smtp_port, timeout=10) as client:
                    client.send_message(mail)
                return
            except (OSError, smtplib.SMTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    # --- rows -------------------------------------------------------------------------------------

    def ask(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.stack.ask(sql, *params)

    def count(self, sql: str, *params: Any) -> int:
        return int(self.ask(f"SELECT count(*) FROM {sql}", *params)[0][0])

    def tickets_about(self, subject: str) -> list[int]:
        """Numbers of the tickets with this subject."""
        return [
            pk for (pk,) in self.ask("SELECT id FROM tickets_ticket WHERE subject = %s ORDER BY id", subject)
        ]

    def wait_for_ticket(self, subject: str, seconds: float = 30.0) -> int:
        found = wait_until(lambda: self.tickets_about(subject), seconds, f"a ticket “{subject}”")
        assert isinstance(found, list) and len(found) == 1
        return int(found[0])

    def left(self) -> dict[str, int]:
        """What is still to be done, or was given up; empty when all is well."""
        questions = {
            "pending mails": "channels_in_inbound WHERE status NOT IN ('done', 'duplicate')",
            # Counted before what they lead to, or work could pass from one to the other unseen.
            "deliveries": "journal_delivery",
            "replies on their way": "channels_in_outbound WHERE status IN ('waiting', 'sending')",
            "replies that failed": "channels_in_outbound WHERE status IN ('failed', 'bounced')",
            "leases": "channels_in_outbound WHERE claimed_until IS NOT NULL",
            "stale streams": "journal_stalestream",
        }
        counted = {name: self.count(sql) for name, sql in questions.items()}
        return {name: number for name, number in counted.items() if number}

    def wait_until_idle(self, seconds: float = 240.0) -> None:
        """Everything accepted has been worked off (a lease of the dead runs out after two minutes)."""
        until = time.monotonic() + seconds
        while left := self.left():
            assert time.monotonic() < until, f"after {seconds} s there are still {left}"
            time.sleep(0.5)


class Agent:
    """Anna's browser, without JavaScript."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self.helpdesk = helpdesk
        base = helpdesk.stack.base_url.replace("localhost", "127.0.0.1")
        self.client = httpx.Client(base_url=base, timeout=20, trust_env=False)

    def __enter__(self) -> Agent:
        self.sign_in()
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.close()

    def sign_in(self) -> None:
        self.client.get("/accounts/login/").raise_for_status()
        answer = self.client.post(
            "/accounts/login/", data={"login": AGENT, "password": PASSWORD}, headers=self._token()
        )
        assert answer.status_code == 302, answer.text[:500]

    def _token(self) -> dict[str, str]:
        return {"X-CSRFToken": self.client.cookies["csrftoken"]}

    def reply(self, ticket: int, text: str, *, key: str, to: str, **more: str) -> httpx.Response:
        """What the composer posts; ``key`` is the form's own, the same when it is sent again."""
        data = {"kind": "reply", "text": text, "to": to, "force": "on", "key": key, **more}
        return self.client.post(f"/tickets/{ticket}/messages/", data=data, headers=self._token())

    def reply_until_sent(self, ticket: int, text: str, *, key: str, to: str, patience: float = 60.0) -> None:
        """As somebody whose page shows an error and who presses Send again."""
        until = time.monotonic() + patience
        while True:
            try:
                if (answer := self.reply(ticket, text, key=key, to=to)).status_code == 302:
                    return
                problem = f"{answer.status_code}: {answer.text[:300]}"
            except httpx.TransportError as error:
                problem = repr(error)
            assert time.monotonic() < until, problem
            time.sleep(0.3)


def letter(subject: str, text: str, *, sender: str, identity: str, answer_to: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Vera <{sender}>", SUPPORT, subject
    mail["Message-ID"] = f"<{identity}>"
    if answer_to:
        mail["In-Reply-To"] = mail["References"] = f"<{answer_to}>"
    mail.set_content(text)
    return mail
