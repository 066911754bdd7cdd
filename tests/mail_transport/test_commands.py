"""The mail process, the pipe and the demonstration's customer, run as people run them."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from channels_in.models import Inbound, Outbound
from tests.mail_transport.steps import deliver
from tests.mail_transport.test_imap import use
from tests.mail_transport.test_listener import letter
from tests.support.fake_imap import FakeImap


def environment(**changes: str) -> dict[str, str]:
    """That of the tests, with the test database instead of the one it was made from."""
    made = connection.settings_dict
    query = "&".join(
        f"{key}={value}" for key, value in (("host", made["HOST"]), ("port", made["PORT"])) if value
    )
    url = f"postgres://{made['USER']}:{made['PASSWORD']}@/{made['NAME']}?{query}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"} | changes


@pytest.fixture
def mail_process(world) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "mail", "--smtp-port", "0", "--lmtp-port", "0"],
        env=environment(LOG_LEVEL="INFO"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    found = re.search(r"SMTP on 127.0.0.1:(\d+), LMTP on 127.0.0.1:(\d+)", process.stdout.readline())
    assert found, process.communicate(timeout=5)
    yield process, int(found[1]), int(found[2])
    process.kill()
    process.communicate(timeout=5)


@pytest.mark.slow
def test_the_mail_process_listens_fetches_and_ends_when_told(mail_process, inbox):
    process, smtp_port, lmtp_port = mail_process
    with FakeImap() as server:
        use(inbox, server)
        server.deliver(letter(1))
        with smtplib.SMTP("127.0.0.1", smtp_port) as client:
            client.sendmail("vera@severgrad.example", ["support@zerno.example"], letter(2))
        with smtplib.LMTP("127.0.0.1", lmtp_port) as client:
            client.sendmail("vera@severgrad.example", ["support@harbor.example"], letter(3))
        ends = time.monotonic() + 10
        while Inbound.objects.count() < 3:
            assert time.monotonic() < ends, "the mailbox was not fetched"
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
    assert process.stderr and "Traceback" not in process.stderr.read()


def pipe(raw: bytes, *arguments: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", "receive_mail", *arguments],
        input=raw,
        capture_output=True,
        env=environment(**changes),
        timeout=30,
    )


@pytest.mark.slow
def test_a_pipe_stores_or_says_why_not(world):
    assert pipe(letter(1), "--from", "vera@severgrad.example").returncode == 0
    row = Inbound.objects.get()
    assert (row.via, row.envelope_from, bytes(row.raw)) == ("pipe", "vera@severgrad.example", letter(1))
    stranger = pipe(letter(2, to="someone@elsewhere.example"))
    assert stranger.returncode == os.EX_NOUSER
    assert b"elsewhere" in stranger.stderr and b"Traceback" not in stranger.stderr
    assert pipe(letter(3, to="someone@elsewhere.example"), "--inbox", "help@zerno.example").returncode == 0
    assert pipe(b"").returncode == os.EX_DATAERR
    away = pipe(letter(4), DATABASE_URL="postgres://nobody:x@127.0.0.1:1/none")
    assert away.returncode == os.EX_TEMPFAIL
    assert b"Traceback" not in away.stderr
    assert Inbound.objects.count() == 2


def test_a_customer_of_the_demonstration_writes_and_answers(world, listener, outbox, capsys):
    call_command("send_demo_mail", port=listener.smtp_port, attach=[Path("manage.py")])
    first = bytes(Inbound.objects.get().raw)
    assert b"support@zerno.example" in first and b"manage.py" in first
    with pytest.raises(CommandError, match="Nothing has been sent"):
        call_command("send_demo_mail", "--reply-to-last", port=listener.smtp_port)
    ticket = world.ticket(subject="Кофемашина шумит")
    world.reply(ticket)
    deliver(ticket)
    call_command("send_demo_mail", "--reply-to-last", port=listener.smtp_port, text="Спасибо!")
    answer = bytes(Inbound.objects.order_by("id").last().raw)
    assert f"<{Outbound.objects.get().external_id}>".encode() in answer.replace(b"\r\n ", b"")
    assert b"vera@severgrad.example" in answer
    assert "Sent" in capsys.readouterr().out


def test_without_a_listener_it_says_so(world):
    with pytest.raises(CommandError, match="did not take it"):
        call_command("send_demo_mail", port=1)
