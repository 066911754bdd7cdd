"""Signing in at a server before anything is sent: passwords, certificates, tokens."""

from __future__ import annotations

from datetime import timedelta

from channels_in.kinds.email import smtp
from common import clock
from tests.mail_transport.conftest import point_at
from tests.mail_transport.steps import deliver, due_again, state
from tests.support.smtp_sink import SmtpSink
from tests.support.token_server import TokenServer


def test_passwords_and_tls(world, ticket, inbox, trusted, settings):
    settings.REPLY_UNDO_SECONDS = 0
    for number, (implicit, security) in enumerate(((False, "starttls"), (True, "tls")), start=1):
        with SmtpSink(
            tls=trusted.server_context(), implicit_tls=implicit, users={"anna": "s3cret"}
        ) as server:
            point_at(
                inbox, server, smtp_host="localhost", smtp_security=security, sign="password",
                smtp_user="anna", smtp_password="s3cret",
            )  # fmt: skip
            world.reply(ticket, f"number {number}")
            deliver(ticket)
            assert len(server.mails) == 1
            smtp.pool.close_idle(0)


def test_a_wrong_certificate_gets_neither_password_nor_mail(world, ticket, inbox, authority, settings):
    settings.REPLY_UNDO_SECONDS = 0
    with SmtpSink(tls=authority.server_context(), users={"anna": "s3cret"}) as server:
        point_at(
            inbox, server, smtp_host="localhost", smtp_security="starttls", sign="password",
            smtp_user="anna", smtp_password="s3cret",
        )  # fmt: skip
        reply = world.reply(ticket)
        deliver(ticket)
        assert not server.mails
    assert "certificate" in state(reply).server_words
    assert state(reply).status == "waiting"


def test_a_wrong_password_waits_to_be_mended(world, ticket, inbox, settings):
    settings.REPLY_UNDO_SECONDS = 0
    with SmtpSink(users={"anna": "s3cret"}) as server:
        point_at(inbox, server, sign="password", smtp_user="anna", smtp_password="wrong")
        reply = world.reply(ticket)
        deliver(ticket)
        assert (state(reply).status, state(reply).status_code) == ("waiting", "5.7.8")
        point_at(inbox, server, sign="password", smtp_user="anna", smtp_password="s3cret")
        due_again(reply)
        deliver(ticket)
        assert state(reply).status == "sent"
        smtp.pool.close_idle(0)


def test_a_token_signs_in(world, ticket, inbox, settings):
    settings.REPLY_UNDO_SECONDS = 0
    with TokenServer() as provider, SmtpSink(tokens=provider.tokens) as server:
        point_at(
            inbox, server, sign="oauth2", smtp_user="anna", oauth_token_url=provider.url,
            oauth_refresh_token="refresh", oauth_client_id="x", oauth_access_token="withdrawn",
            oauth_expires_at=clock.now() + timedelta(hours=1),
        )  # fmt: skip
        world.reply(ticket)
        deliver(ticket)
        assert len(server.mails) == 1
        assert len(provider.requests) == 1
        smtp.pool.close_idle(0)
