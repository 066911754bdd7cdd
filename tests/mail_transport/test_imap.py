"""Fetching from a real IMAP server on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from channels_in.kinds.email import imap
from channels_in.kinds.email.imap import Supervisor
from channels_in.kinds.email.watch import check_mailboxes
from channels_in.models import Inbound, Inbox
from common import clock
from journal.models import Entry
from tests.mail_transport.test_listener import letter
from tests.support.fake_imap import FakeImap
from tests.support.load import allowed
from tests.support.token_server import TokenServer


@pytest.fixture
def server() -> Iterator[FakeImap]:
    with FakeImap() as running:
        yield running


def use(inbox: Inbox, server: FakeImap, **fields: object) -> Inbox:
    values = {
        "fetch": Inbox.Fetch.IMAP,
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_security": Inbox.Security.NONE,
        "imap_user": server.user,
        "imap_password": server.password,
    } | fields
    for name, value in values.items():
        setattr(inbox, name, value)
    inbox.save()
    return inbox


@pytest.fixture
def fetching(world, monkeypatch) -> Iterator[Callable[[], Supervisor]]:
    """``fetching()`` lets the supervisor look; its threads end with the test."""
    monkeypatch.setattr(imap, "_STEP", 0.05)
    monkeypatch.setattr(imap, "_BACKOFF", (0.1,))
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.1)
    supervisor = Supervisor()

    def look() -> Supervisor:
        supervisor.look()
        return supervisor

    yield look
    supervisor.stop()


def stored() -> list[str]:
    return list(Inbound.objects.order_by("id").values_list("external_id", flat=True))


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.02)


def seen(server: FakeImap, folder: str = "INBOX") -> list[bool]:
    return [r"\Seen" in mail.flags for mail in server.folders[folder].mails]


def test_unread_mail_of_a_new_mailbox_is_fetched_and_read_mail_is_not(inbox, server, fetching):
    server.deliver(letter(1), seen=True)
    server.deliver(letter(2))
    use(inbox, server)
    fetching()
    wait_for(lambda: stored() == ["2@severgrad.example"])
    server.wait_until(lambda: seen(server) == [True, True])
    row = Inbound.objects.get()
    assert bytes(row.raw) == letter(2)
    assert row.via == "imap"
    wait_for(lambda: Inbox.objects.get(pk=inbox.pk).imap_last_uid == 2)


def test_mail_that_comes_just_before_idle_begins_does_not_wait_for_its_end(inbox, server, fetching):
    use(inbox, server)
    late = iter([letter(1)])
    server.on_idle = lambda: [server.deliver(mail) for mail in late] and None
    fetching()
    wait_for(lambda: len(stored()) == 1, imap.IDLE_SECONDS / 2)


def test_new_mail_is_there_at_once_by_idle(inbox, server, fetching):
    use(inbox, server)
    fetching()
    server.wait_until(lambda: "IDLE" in server.log)
    began = time.monotonic()
    server.deliver(letter(1))
    wait_for(lambda: len(stored()) == 1)
    assert time.monotonic() - began < allowed(1)
    server.wait_until(lambda: seen(server) == [True])


def test_a_server_without_idle_is_polled(inbox, server, fetching):
    server.capabilities.discard("IDLE")
    use(inbox, server)
    fetching()
    server.wait_until(lambda: "NOOP" in server.log)
    server.deliver(letter(1))
    wait_for(lambda: len(stored()) == 1)
    assert "IDLE" not in server.log


def test_it_is_stored_before_a_flag_is_set(inbox, server, fetching):
    """The database is away: nothing is marked, and it is fetched again when it is back."""
    use(inbox, server)
    fetching()
    server.wait_until(lambda: "IDLE" in server.log)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE channels_in_inbound RENAME TO channels_in_away")
    try:
        server.deliver(letter(1))
        server.wait_until(lambda: sum("BODY" in line for line in server.log) >= 2)
        assert seen(server) == [False]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE channels_in_away RENAME TO channels_in_inbound")
    wait_for(lambda: len(stored()) == 1)
    server.wait_until(lambda: seen(server) == [True])


def test_a_renumbered_mailbox_loses_and_doubles_nothing(inbox, server, fetching):
    server.deliver(letter(1), seen=True)
    server.deliver(letter(2))
    use(inbox, server)
    supervisor = fetching()
    wait_for(lambda: len(stored()) == 1)
    supervisor.stop()
    server.deliver(letter(3), seen=True)  # read by somebody meanwhile, and still new to us
    server.folders["INBOX"].mails[0].arrived -= timedelta(days=30)
    server.renumber()
    fetching()
    wait_for(lambda: stored() == ["2@severgrad.example", "3@severgrad.example"])
    wait_for(lambda: Inbox.objects.get(pk=inbox.pk).imap_uidvalidity == 2)
    server.deliver(letter(4))
    wait_for(lambda: len(stored()) == 3)


def test_mail_can_be_moved(inbox, server, fetching):
    use(inbox, server, imap_after="move", imap_move_to="Done")
    fetching()
    server.deliver(letter(1))
    server.wait_until(lambda: "Done" in server.folders and len(server.folders["Done"].mails) == 1)
    assert not server.folders["INBOX"].mails
    assert any(line.startswith("UID MOVE") for line in server.log)


def test_mail_can_be_moved_without_the_extension(inbox, server, fetching):
    server.capabilities -= {"MOVE"}
    use(inbox, server, imap_after="move", imap_move_to="Done")
    fetching()
    server.deliver(letter(1))
    server.wait_until(lambda: "Done" in server.folders and not server.folders["INBOX"].mails)
    assert len(server.folders["Done"].mails) == 1


def test_mail_can_be_deleted(inbox, server, fetching):
    use(inbox, server, imap_after="delete")
    fetching()
    server.deliver(letter(1))
    wait_for(lambda: len(stored()) == 1)
    server.wait_until(lambda: not server.folders["INBOX"].mails)


def test_deleting_without_uidplus_spares_what_others_have_marked(inbox, server, fetching):
    server.capabilities -= {"UIDPLUS"}
    server.deliver(b"Subject: theirs\r\n\r\n", seen=True)
    server.folders["INBOX"].mails[0].flags.add(r"\Deleted")
    use(inbox, server, imap_after="delete")
    fetching()
    server.deliver(letter(1))
    server.wait_until(lambda: any("SEARCH DELETED" in line for line in server.log))
    time.sleep(0.1)
    assert len(server.folders["INBOX"].mails) == 2


def test_a_server_that_refuses_what_should_follow_stops_nothing(inbox, server, fetching):
    server.refuse["UID MOVE"] = "NO [NOPERM] not yours"
    use(inbox, server, imap_after="move", imap_move_to="Done")
    fetching()
    server.deliver(letter(1))
    wait_for(lambda: len(stored()) == 1)
    server.deliver(letter(2))
    wait_for(lambda: len(stored()) == 2)
    wait_for(lambda: "not yours" in Inbox.objects.get(pk=inbox.pk).last_error)


def test_a_mail_that_the_server_cannot_give_does_not_hold_up_the_next(inbox, server, fetching):
    use(inbox, server)
    for numbers in ("1", "1:3", "1,2,3", "1:2"):
        server.refuse[f"UID FETCH {numbers} (BODY.PEEK[])"] = "NO [SERVERBUG] internal error"
    for number in range(3):
        server.deliver(letter(number))
    fetching()
    wait_for(lambda: stored() == ["1@severgrad.example", "2@severgrad.example"])


def test_a_mail_that_is_too_large_is_in_quarantine_with_its_head(inbox, server, fetching, monkeypatch):
    monkeypatch.setattr(imap, "MAX_BYTES", 100_000)
    use(inbox, server)
    fetching()
    server.deliver(letter(1, text=("x" * 70 + "\n") * 2000))
    server.deliver(letter(2))
    wait_for(lambda: len(stored()) == 2)
    row = Inbound.objects.get(external_id="1@severgrad.example")
    assert (row.status, row.cause) == ("quarantined", "too_large")
    assert row.size > 100_000
    assert bytes(row.raw) == letter(1, text=("x" * 70 + "\n") * 2000)[: 64 * 1024]


def test_what_was_too_large_to_store_is_not_deleted(inbox, server, fetching, monkeypatch):
    """Found in review: only its head is with us, and the mailbox has the rest."""
    monkeypatch.setattr(imap, "MAX_BYTES", 100_000)
    use(inbox, server, imap_after="delete")
    fetching()
    server.deliver(letter(1, text=("x" * 70 + "\n") * 2000))
    server.deliver(letter(2))
    wait_for(lambda: len(stored()) == 2)
    server.wait_until(lambda: len(server.folders["INBOX"].mails) == 1)
    time.sleep(0.2)
    assert len(server.folders["INBOX"].mails) == 1
    assert seen(server) == [True]


def test_a_lost_connection_is_made_again(inbox, server, fetching):
    use(inbox, server)
    fetching()
    server.wait_until(lambda: "IDLE" in server.log)
    server.hang_up()
    server.deliver(letter(1))
    wait_for(lambda: len(stored()) == 1)
    wait_for(lambda: Inbox.objects.get(pk=inbox.pk).failing_since is None)


def test_a_wrong_password_is_said_in_words(inbox, server, fetching):
    use(inbox, server, imap_password="wrong")
    fetching()
    wait_for(lambda: Inbox.objects.get(pk=inbox.pk).failing_since is not None)
    failing = Inbox.objects.get(pk=inbox.pk)
    assert "password: [AUTHENTICATIONFAILED] Invalid credentials" in failing.last_error
    assert "wrong" not in failing.last_error
    first = failing.failing_since
    server.wait_until(lambda: server.logins >= 3)
    assert Inbox.objects.get(pk=inbox.pk).failing_since == first


def test_inboxes_come_and_go_without_a_restart(inbox, world, server, fetching):
    supervisor = fetching()
    assert len(supervisor) == 0
    use(inbox, server, imap_password="wrong")
    assert len(fetching()) == 1
    server.wait_until(lambda: server.logins == 1)
    use(inbox, server, imap_password="secret")
    server.deliver(letter(1))
    fetching()
    wait_for(lambda: len(stored()) == 1)
    inbox.is_active = False
    inbox.save()
    assert len(fetching()) == 0
    server.wait_until(lambda: not server.sessions)


def test_a_token_is_fetched_renewed_and_used(inbox, server, fetching):
    with TokenServer(rotate=True) as provider:
        server.tokens = provider.tokens
        use(
            inbox,
            server,
            sign="oauth2",
            oauth_token_url=provider.url,
            oauth_client_id="otklik",
            oauth_client_secret="hush",
            oauth_refresh_token="refresh",
            oauth_access_token="withdrawn",
            oauth_expires_at=clock.now() + timedelta(hours=1),
        )
        fetching()
        server.deliver(letter(1))
        wait_for(lambda: len(stored()) == 1)
    assert provider.requests == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh",
            "client_id": "otklik",
            "client_secret": "hush",
        }
    ]
    kept = Inbox.objects.get(pk=inbox.pk)
    assert (kept.oauth_access_token, kept.oauth_refresh_token) == ("token-1", "refresh-1")


def test_a_permission_that_was_withdrawn_is_said_in_words(inbox, server, fetching):
    with TokenServer(refresh_token="another") as provider:
        use(inbox, server, sign="oauth2", oauth_token_url=provider.url, oauth_refresh_token="refresh")
        fetching()
        wait_for(lambda: "Connect the mailbox again" in Inbox.objects.get(pk=inbox.pk).last_error)


def test_starttls_and_tls_with_a_checked_certificate(inbox, fetching, trusted):
    for fields, security in (
        ({"starttls": trusted.server_context()}, "starttls"),
        ({"tls": trusted.server_context()}, "tls"),
    ):
        with FakeImap(**fields) as server:
            use(inbox, server, imap_host="localhost", imap_security=security)
            fetching()
            server.deliver(letter(1 if security == "tls" else 2))
            wait_for(lambda server=server: seen(server) == [True])
    assert len(stored()) == 2


def test_without_starttls_no_password_is_sent(inbox, server, fetching):
    use(inbox, server, imap_security="starttls")
    fetching()
    wait_for(lambda: Inbox.objects.get(pk=inbox.pk).failing_since is not None)
    assert server.logins == 0


def test_plain_text_is_for_loopback_and_only_when_allowed(inbox, server, fetching, settings):
    settings.MAIL_ALLOW_PLAINTEXT_LOOPBACK = False
    use(inbox, server)
    fetching()
    wait_for(lambda: "TLS" in Inbox.objects.get(pk=inbox.pk).last_error)
    assert server.logins == 0


def test_a_mailbox_that_is_silent_for_five_minutes_is_told_of_once(inbox, server):
    use(inbox, server, last_error="The server refused the connection.")
    Inbox.objects.filter(pk=inbox.pk).update(answered_at=clock.now() - timedelta(minutes=4))
    assert check_mailboxes() == 0
    Inbox.objects.filter(pk=inbox.pk).update(answered_at=clock.now() - timedelta(minutes=6))
    assert check_mailboxes() == 1
    assert check_mailboxes() == 1
    Inbox.objects.filter(pk=inbox.pk).update(answered_at=clock.now())
    assert check_mailboxes() == 0
    assert check_mailboxes() == 0
    entries = Entry.objects.filter(stream_type="inbox", stream_id=inbox.pk).order_by("sequence")
    assert [entry.kind for entry in entries] == ["mailbox_silent", "mailbox_back"]
    assert "refused" in entries[0].data["words"]
