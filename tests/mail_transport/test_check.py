"""The connection test says in words what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from channels_in.kinds.email.check import check
from channels_in.models import Inbox
from channels_in.registry import channel, kinds
from tests.support.certificates import Authority
from tests.support.fake_imap import FakeImap
from tests.support.smtp_sink import SmtpSink
from tests.support.token_server import TokenServer


def inbox_for(smtp: SmtpSink | None = None, imap: FakeImap | None = None, **fields: object) -> Inbox:
    """Not saved: the page tests what somebody has just typed."""
    given: dict[str, object] = {"name": "Test", "address": "support@zerno.example", "sign": "password"}
    if smtp is not None:
        given |= {"smtp_host": "localhost", "smtp_port": smtp.port, "smtp_security": "none"}
    if imap is not None:
        given |= {
            "fetch": "imap", "imap_host": "localhost", "imap_port": imap.port, "imap_security": "none",
            "imap_user": imap.user, "imap_password": imap.password,
        }  # fmt: skip
    return Inbox(**(given | fields))


def codes(inbox: Inbox) -> list[str]:
    problems = channel("email").check(inbox)
    assert all(problem.words for problem in problems)
    return [problem.code for problem in problems]


@pytest.fixture
def imap() -> Iterator[FakeImap]:
    with FakeImap() as server:
        yield server


def test_all_is_well(sink, imap):
    assert "email" in kinds()
    assert check(inbox_for(sink, imap)) == []
    assert not sink.mails


def test_no_server_is_named():
    assert codes(inbox_for(fetch="imap")) == ["imap.missing", "smtp.missing"]


def test_an_unknown_name(sink):
    assert codes(inbox_for(sink, smtp_host="no-such-host.invalid", smtp_security="tls")) == ["smtp.dns"]


def test_nothing_listens(sink, imap):
    inbox = inbox_for(sink, imap)
    sink.stop()
    imap.stop()
    assert codes(inbox) == ["imap.refused", "smtp.refused"]


def test_a_server_that_says_nothing(monkeypatch, imap):
    monkeypatch.setattr("channels_in.kinds.email.check.CONNECT_SECONDS", 0.3)
    monkeypatch.setattr("channels_in.kinds.email.check.READ_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        inbox = inbox_for(
            None, imap, imap_host="127.0.0.1", imap_port=port,
            smtp_host="127.0.0.1", smtp_port=port, smtp_security="none",
        )  # fmt: skip
        assert codes(inbox) == ["imap.timeout", "smtp.timeout"]


def test_a_wrong_password(imap):
    with SmtpSink(users={"anna": "right"}) as sink:
        inbox = inbox_for(sink, imap, smtp_user="anna", smtp_password="wrong", imap_password="wrong")
        assert codes(inbox) == ["imap.password", "smtp.password"]


def test_a_provider_that_wants_an_app_password(imap):
    imap.login_failure = "NO [ALERT] Application-specific password required"
    with SmtpSink(users={"anna": "right"}) as sink:
        sink.auth_failure = "534 5.7.9 Application-specific password required"
        inbox = inbox_for(sink, imap, smtp_user="anna", smtp_password="x", imap_password="x")
        assert codes(inbox) == ["imap.app_password", "smtp.app_password"]


def test_a_provider_that_takes_no_passwords(imap):
    imap.login_failure = "NO [AUTHENTICATIONFAILED] BasicAuthBlocked"
    with SmtpSink(users={"anna": "right"}) as sink:
        sink.auth_failure = "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."
        inbox = inbox_for(sink, imap, smtp_user="anna", smtp_password="x", imap_password="x")
        assert codes(inbox) == ["imap.oauth_needed", "smtp.oauth_needed"]


def test_certificates(trusted, tmp_path_factory):
    unknown = Authority(tmp_path_factory.mktemp("unknown"))
    for context, code in (
        (unknown.server_context(), "tls_issuer"),
        (trusted.server_context(days=-1), "tls_expired"),
        (trusted.server_context("elsewhere.example"), "tls_host"),
    ):
        with SmtpSink(tls=context, implicit_tls=True) as sink, FakeImap(tls=context) as imap:
            inbox = inbox_for(sink, imap, smtp_security="tls", imap_security="tls")
            assert codes(inbox) == [f"imap.{code}", f"smtp.{code}"]


def test_no_starttls_on_this_port(sink, imap):
    inbox = inbox_for(sink, imap, smtp_security="starttls", imap_security="starttls")
    assert codes(inbox) == ["imap.no_starttls", "smtp.no_starttls"]
    assert imap.logins == 0


def test_tls_where_there_is_none(sink, imap):
    inbox = inbox_for(sink, imap, smtp_security="tls", imap_security="tls")
    assert codes(inbox) == ["imap.tls", "smtp.tls"]


def test_plain_text_is_not_allowed(sink, imap, settings):
    settings.MAIL_ALLOW_PLAINTEXT_LOOPBACK = False
    assert codes(inbox_for(sink, imap)) == ["imap.insecure", "smtp.insecure"]


def test_a_folder_that_is_missing(sink, imap):
    inbox = inbox_for(sink, imap, imap_folder="Support", imap_after="move", imap_move_to="Done")
    problems = check(inbox)
    assert [problem.code for problem in problems] == ["imap.folder", "imap.folder"]
    assert "Support" in problems[0].words and "INBOX" in problems[0].hint


def test_an_address_that_the_account_may_not_use(sink):
    sink.on_mail = "553 5.7.1 Sender address rejected: not owned by user"
    assert codes(inbox_for(sink)) == ["smtp.from"]


def test_a_mailbox_that_is_not_connected_yet(sink):
    assert codes(inbox_for(sink, sign="oauth2")) == ["smtp.oauth_not_connected"]


def test_a_token_that_the_provider_refuses(world, sink, imap):
    with TokenServer(refresh_token="other") as provider:
        inbox = world.inbox
        for name, value in vars(inbox_for(sink, imap)).items():
            if name.startswith(("imap_", "smtp_", "fetch")):
                setattr(inbox, name, value)
        inbox.sign = "oauth2"
        inbox.oauth_token_url = provider.url
        inbox.oauth_refresh_token = "refresh"
        inbox.save()
        assert codes(inbox) == ["imap.oauth_invalid_grant", "smtp.oauth_invalid_grant"]
        provider.answer = (401, {"error": "invalid_client"})
        assert codes(inbox)[0] == "imap.oauth_invalid_client"
