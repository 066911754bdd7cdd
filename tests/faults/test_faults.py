"""One fault at a time, each in the middle of work."""

from __future__ import annotations

import json
import os
import secrets
import smtplib
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from websockets.sync.client import connect

from tests.faults.helpdesk import Helpdesk, letter
from tests.support.load import allowed
from tests.support.stack import Stack, wait_until

VERA = "vera@severgrad.example"
MAILS = 40


def subject_of(request: pytest.FixtureRequest) -> str:
    return f"About {request.node.name} {secrets.token_hex(3)}"


@pytest.fixture
def subject(request):
    """A subject that no other test has."""
    return subject_of(request)


def write(helpdesk: Helpdesk, subject: str, number: int, *, answer_to: int | None = None) -> None:
    tag = subject.rpartition(" ")[2]
    helpdesk.send(
        letter(
            subject,
            f"Mail {number} about {tag}.",
            sender=VERA,
            identity=f"{tag}-{number}@severgrad.example",
            answer_to="" if answer_to is None else f"{tag}-{answer_to}@severgrad.example",
        )
    )


def write_all(helpdesk: Helpdesk, subject: str) -> None:
    """A conversation of one customer with herself."""
    for number in range(MAILS):
        write(helpdesk, subject, number, answer_to=0 if number else None)


def assert_complete(helpdesk: Helpdesk, subject: str) -> int:
    """All mails of ``write_all`` are messages of one ticket, in order; returns its number."""
    helpdesk.wait_until_idle()
    (ticket,) = helpdesk.tickets_about(subject)
    rows = helpdesk.ask(
        "SELECT text FROM tickets_message WHERE ticket_id = %s ORDER BY created_at, id", ticket
    )
    assert [int(text.split()[1]) for (text,) in rows] == list(range(MAILS))
    return ticket


@pytest.mark.parametrize("name", ["worker", "mail", "scheduler"])
def test_a_process_is_killed_in_the_middle_of_work(helpdesk, subject, name):
    for number in range(MAILS):
        write(helpdesk, subject, number, answer_to=0 if number else None)
        if number in {5, 20}:
            helpdesk.restart(name)
    helpdesk.mend()
    assert_complete(helpdesk, subject)


def test_the_pages_are_killed_between_two_tries_of_one_reply(helpdesk, subject, anna):
    write(helpdesk, subject, 0)
    ticket = helpdesk.wait_for_ticket(subject)
    for number in range(6):
        if number % 2:
            helpdesk.restart("web", pause=0.0)
        for _pressed_twice in range(2):
            anna.reply_until_sent(ticket, f"Reply {number}", key=f"{subject[-6:]}-{number}", to=VERA)
    helpdesk.wait_until_idle()
    assert len(helpdesk.sink.mails) == 6
    assert helpdesk.count("tickets_message WHERE ticket_id = %s AND kind = 'reply'", ticket) == 6


def test_the_broker_forgets_everything(helpdesk, subject, anna):
    for number in range(MAILS):
        write(helpdesk, subject, number, answer_to=0 if number else None)
        if number % 8 == 3:
            helpdesk.stack.services.valkey.flush()
    ticket = assert_complete(helpdesk, subject)
    anna.reply_until_sent(ticket, "After the flush", key=subject[-6:], to=VERA)
    helpdesk.stack.services.valkey.flush()
    helpdesk.sink.wait_for(1, 30)


def test_the_broker_is_killed_and_comes_back(helpdesk, subject, anna):
    write(helpdesk, subject, 0)
    ticket = helpdesk.wait_for_ticket(subject)
    helpdesk.stack.services.valkey.kill()
    began = time.monotonic()
    assert anna.reply(ticket, "Without a broker", key=subject[-6:], to=VERA).status_code == 302
    assert time.monotonic() - began < allowed(1.0)
    write(helpdesk, subject, 1, answer_to=0)
    helpdesk.stack.services.valkey.start()
    helpdesk.sink.wait_for(1, 60)
    helpdesk.wait_until_idle()
    assert helpdesk.count("tickets_message WHERE ticket_id = %s", ticket) == 3


def test_with_the_broker_frozen_a_reply_posts_in_under_a_second(helpdesk, subject, anna):
    write(helpdesk, subject, 0)
    ticket = helpdesk.wait_for_ticket(subject)
    usual = fastest(lambda number: anna.reply(ticket, "Before", key=f"{subject[-6:]}-a{number}", to=VERA))
    with helpdesk.frozen_broker():
        time.sleep(6)  # whatever was learnt about the broker is forgotten
        began = time.monotonic()
        answer = anna.reply(ticket, "Meanwhile", key=f"{subject[-6:]}-b", to=VERA)
        first = time.monotonic() - began
        assert answer.status_code == 302
        assert first < allowed(1.0), f"{first:.2f} s, usually {usual:.2f} s"
        later = fastest(
            lambda number: anna.reply(ticket, "And again", key=f"{subject[-6:]}-c{number}", to=VERA)
        )
        assert later < allowed(1.0)
    helpdesk.wait_until_idle()
    assert len(helpdesk.sink.mails) == 7


def fastest(act) -> float:
    """The shortest of three: this machine may have other work to do."""
    times = []
    for number in range(3):
        began = time.monotonic()
        assert act(number).status_code == 302
        times.append(time.monotonic() - began)
    return min(times)


@pytest.mark.parametrize("how", ["kill", "fast", "immediate"])
def test_the_database_restarts(helpdesk, subject, anna, how):
    for number in range(MAILS):
        write(helpdesk, subject, number, answer_to=0 if number else None)
        if number == 15:
            if how == "kill":
                helpdesk.kill_database()
            else:
                helpdesk.stack.services.postgres.restart(mode=how)
    ticket = assert_complete(helpdesk, subject)
    anna.reply_until_sent(ticket, "After the restart", key=subject[-6:], to=VERA)
    helpdesk.sink.wait_for(1, 60)


def test_without_the_database_the_listener_asks_for_patience(helpdesk, subject):
    """A sender is told 4xx, or gets no answer, and keeps the mail; never a 250 for what was not stored."""
    mail = letter(
        subject, "Mail 0 in between.", sender=VERA, identity=f"{secrets.token_hex(4)}@severgrad.example"
    )
    helpdesk.stack.services.postgres.stop()
    try:
        with (
            pytest.raises((OSError, smtplib.SMTPException)) as refusal,
            smtplib.SMTP("127.0.0.1", helpdesk.stack.smtp_port, timeout=20) as client,
        ):
            client.send_message(mail)
        code = getattr(refusal.value, "smtp_code", None)
        if isinstance(refusal.value, smtplib.SMTPRecipientsRefused):
            code = next(iter(refusal.value.recipients.values()))[0]
        assert code is None or 400 <= code < 500
    finally:
        helpdesk.stack.services.postgres.start()
    helpdesk.send(mail)
    helpdesk.wait_for_ticket(subject)


def test_the_same_mails_are_delivered_twice(helpdesk, subject):
    """A relay that got no 250 in time delivers again, an hour later or at the same moment."""
    before = helpdesk.count("channels_in_inbound")
    write_all(helpdesk, subject)
    write_all(helpdesk, subject)
    assert_complete(helpdesk, subject)
    assert helpdesk.count("channels_in_inbound") == before + MAILS


def test_an_upload_is_cut_short(helpdesk, subject, anna):
    """Content-Length promises more than comes: 400, and nothing has changed."""
    write(helpdesk, subject, 0)
    ticket = helpdesk.wait_for_ticket(subject)
    fields = {"kind": "reply", "text": "Cut short", "to": VERA, "force": "on"}
    request = anna.client.build_request(
        "POST",
        f"/tickets/{ticket}/messages/",
        data=fields,
        files={"uploads": ("big.bin", b"x" * 300_000)},
        headers={"X-CSRFToken": anna.client.cookies["csrftoken"]},
    )
    body = request.read()
    head = "".join(
        f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "content-length"
    )
    start = f"POST /tickets/{ticket}/messages/ HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    helpdesk.wait_until_idle()  # what follows from the mail is in the journal, too
    counted = "tickets_message", "tickets_attachment", "journal_entry"
    before = [helpdesk.count(table) for table in counted]
    for cut in (len(body) - 2, len(body) // 2, 10):
        with socket.create_connection(("127.0.0.1", helpdesk.stack.web_port), timeout=20) as connection:
            # The server may also hang up without a word: the sender is gone.
            answer = b""
            with suppress(ConnectionError):
                connection.sendall(start.encode() + body[:cut])
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(100)
            assert answer == b"" or b" 400 " in answer, answer
    time.sleep(0.5)
    assert [helpdesk.count(table) for table in counted] == before
    # A whole one is taken.
    assert anna.client.send(request).status_code == 302
    assert helpdesk.ask("SELECT name, size FROM tickets_attachment WHERE ticket_id = %s", ticket) == [
        ("big.bin", 300_000)
    ]


@pytest.fixture(scope="module")
def full_disk():
    """A file system of 2 MB for attachments. Only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = Path(tempfile.mkdtemp(prefix="otklik-full-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("this machine allows no mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_the_disk_is_full(helpdesk: Helpdesk, stack: Stack, subject, anna, full_disk):
    """A mail with a file waits until there is room; an upload is refused in words; pages go on."""
    stack.extra["MEDIA_ROOT"] = str(full_disk)
    try:
        for name in ("web", "worker"):
            helpdesk.restart(name)
        helpdesk.mend()
        ballast = full_disk / "ballast"
        ballast.write_bytes(b"x" * (2 * 1024 * 1024 - 64 * 1024))
        write(helpdesk, subject, 0)
        ticket = helpdesk.wait_for_ticket(subject)
        tag = subject.rpartition(" ")[2]
        heavy = letter(
            subject, "Mail 1 with a file.", sender=VERA, identity=f"{tag}-1@severgrad.example",
            answer_to=f"{tag}-0@severgrad.example",
        )  # fmt: skip
        heavy.add_attachment(
            os.urandom(200_000), maintype="application", subtype="octet-stream", filename="log.bin"
        )
        helpdesk.send(heavy)
        answer = anna.client.post(
            f"/tickets/{ticket}/messages/",
            data={"kind": "reply", "text": "With a file", "to": VERA, "force": "on"},
            files={"uploads": ("big.bin", os.urandom(300_000))},
            headers={"X-CSRFToken": anna.client.cookies["csrftoken"]},
        )
        assert answer.status_code >= 400
        assert helpdesk.count("tickets_message WHERE ticket_id = %s AND kind = 'reply'", ticket) == 0
        assert not list(full_disk.rglob(".part-*")), "nothing half-written is left"
        # A mail without a file, and a reply without one, get through meanwhile.
        assert anna.reply(ticket, "Without a file", key=subject[-6:], to=VERA).status_code == 302
        wait_until(
            lambda: waits(helpdesk, f"{tag}-1@severgrad.example"), 60, "the heavy mail waits, unharmed"
        )
        ballast.unlink()
        helpdesk.wait_until_idle()
        assert helpdesk.count("tickets_message WHERE ticket_id = %s", ticket) == 3
        assert helpdesk.count("tickets_attachment WHERE ticket_id = %s", ticket) == 1
    finally:
        del stack.extra["MEDIA_ROOT"]
        for name in ("web", "worker"):
            helpdesk.restart(name)
        helpdesk.mend()


def waits(helpdesk: Helpdesk, identity: str) -> bool:
    ((status, detail),) = helpdesk.ask(
        "SELECT status, detail FROM channels_in_inbound WHERE external_id = %s", identity
    )
    return status == "pending" and "No space" in detail


@pytest.mark.parametrize("how", ["flushed", "killed"])
def test_an_open_page_updates_again_after_the_broker_was(helpdesk, subject, anna, how):
    """Its socket stays, and hears of what comes afterwards."""
    write(helpdesk, subject, 0)
    ticket = helpdesk.wait_for_ticket(subject)
    cookie = "; ".join(f"{name}={value}" for name, value in anna.client.cookies.items())
    address = helpdesk.stack.base_url.replace("http", "ws") + "/live/ws/"
    with connect(address, origin=helpdesk.stack.base_url, additional_headers={"Cookie": cookie}) as socket_:
        assert json.loads(socket_.recv(timeout=20)) == {"type": "joined"}
        write(helpdesk, subject, 1, answer_to=0)
        hears_of(socket_, ticket, 30)
        if how == "flushed":
            helpdesk.stack.services.valkey.flush()
        else:
            helpdesk.stack.services.valkey.kill()
            helpdesk.stack.services.valkey.start()
            wait_until(lambda: listeners(helpdesk), 30, "the pages' process listens again", every=0.2)
            time.sleep(1)
        helpdesk.wait_until_idle()
        while True:  # what was said meanwhile
            try:
                socket_.recv(timeout=0.5)
            except TimeoutError:
                break
        write(helpdesk, subject, 2, answer_to=0)
        hears_of(socket_, ticket, 30)


def listeners(helpdesk: Helpdesk) -> list[object]:
    """The groups of open pages that the broker knows of."""
    with redis.Redis.from_url(helpdesk.stack.services.redis_url, socket_timeout=5) as broker:
        return list(broker.pubsub_channels("otklik-live*"))


def hears_of(socket_, ticket: int, seconds: float) -> None:
    """A nudge about this ticket arrives in time."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            said = json.loads(socket_.recv(timeout=left))
        except TimeoutError:
            break
        if said.get("type") == "ticket" and said.get("id") == ticket:
            return
    raise AssertionError(f"nothing about #{ticket} within {seconds} s")
