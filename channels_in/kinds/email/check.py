"""Trying an inbox's settings for real, and saying in words what is wrong with them."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import closing

from django.utils.translation import gettext as _
from imapclient.exceptions import IMAPClientError, LoginError

from channels_in.kinds.email import mailbox, oauth, security, smtp
from channels_in.kinds.email.letter import is_address
from channels_in.models import Inbox
from channels_in.protocol import Problem

CONNECT_SECONDS = 8.0
READ_SECONDS = 10.0
# OpenSSL's X509_V_ERR_*
_EXPIRED, _NOT_YET_VALID, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _UNKNOWN_ISSUER = 10, 9, 18, 19, 20
_APP_PASSWORD = (
    "application-specific",
    "app password",
    "app-specific",
    "пароль приложения",
    "web login required",
)
_BASIC_OFF = ("basicauthblocked", "basic authentication is disabled", "5.7.139", "authentication disabled")


def check(inbox: Inbox) -> list[Problem]:
    """Sign in where mail is fetched and where it is sent; empty when both work. Takes half a minute at most.

    Servers in private networks are allowed: a mail server is often one's own.
    """
    problems = []
    if inbox.fetch == Inbox.Fetch.IMAP:
        problems += _try("imap", inbox.imap_host, lambda: _check_imap(inbox))
    if inbox.smtp_host:
        problems += _try("smtp", inbox.smtp_host, lambda: _check_smtp(inbox))
    else:
        problems.append(
            Problem(
                "smtp.missing",
                _("No server for outgoing mail is named, so that replies cannot leave."),
                _("Enter the SMTP server of the mailbox's provider, or your own relay."),
            )
        )
    return problems


def _try(side: str, host: str, attempt: Callable[[], list[Problem]]) -> list[Problem]:
    if not host.strip():
        return [Problem(f"{side}.missing", _("No server is named."))]
    try:
        return attempt()
    except Exception as error:  # whatever a server does, the page has to say so
        return [describe(error, side=side, host=host)]


def _check_imap(inbox: Inbox) -> list[Problem]:
    with mailbox.opened(inbox, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS) as client:
        problems = [
            Problem(
                "imap.folder",
                _("There is no folder “%(folder)s” in the mailbox.") % {"folder": folder},
                _("These there are: %(folders)s") % {"folders": ", ".join(mailbox.folders(client)[:20])},
            )
            for folder in (inbox.imap_folder, *([inbox.imap_move_to] if _moves(inbox) else []))
            if not client.folder_exists(folder)
        ]
        if not problems:
            client.select_folder(inbox.imap_folder, readonly=True)
        return problems


def _moves(inbox: Inbox) -> bool:
    return inbox.imap_after == Inbox.AfterStoring.MOVE and bool(inbox.imap_move_to)


def _check_smtp(inbox: Inbox) -> list[Problem]:
    if not is_address(inbox.address):
        return [
            Problem("smtp.address", _("“%(address)s” is not a mail address.") % {"address": inbox.address})
        ]
    session = smtp.connect(inbox, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
    with closing(session):
        code, words = session.mail(inbox.address)
        if code != 250:
            said = words.decode("utf-8", "replace")
            return [
                Problem(
                    "smtp.from",
                    _("The server does not let this account send as %(address)s: %(said)s")
                    % {"address": inbox.address, "said": f"{code} {said}"},
                    _("Allow the address for this account at the provider, or use the account's own."),
                )
            ]
        session.rset()
        session.docmd("QUIT")
    return []


def describe(error: Exception, *, side: str, host: str) -> Problem:
    """A failed attempt in words, with what to do about it. ``side`` is ``imap`` or ``smtp``."""
    if smtp.is_timeout(error):
        return _timeout(error, side, host)
    for kinds, explain in _EXPLANATIONS:
        if isinstance(error, kinds):
            return explain(error, side, host)
    words = str(error) or type(error).__name__
    return Problem(f"{side}.failed", _("%(host)s: %(error)s") % {"host": host, "error": words[:500]})


def _name(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.dns",
        _("There is no server called %(host)s.") % {"host": host},
        _("Check the spelling. The name is the server's, not the mail address."),
    )


def _timeout(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.timeout",
        _("%(host)s does not answer.") % {"host": host},
        _("Check the port and whether a firewall lets this machine out."),
    )


def _connection_refused(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.refused",
        _("%(host)s answers, but nothing listens on this port.") % {"host": host},
        _("Usual ports: IMAP 993 with TLS, 143 with STARTTLS; SMTP 465 with TLS, 587 with STARTTLS."),
    )


def _certificate(error: Exception, side: str, host: str) -> Problem:
    assert isinstance(error, ssl.SSLCertVerificationError)
    hint = _("Ask whoever runs the server. Mail is not sent to a server that cannot prove who it is.")
    code = error.verify_code
    if code in (_EXPIRED, _NOT_YET_VALID):
        kind, words = "expired", _("The certificate of %(host)s has expired or is not valid yet.")
    elif code in (_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _UNKNOWN_ISSUER):
        kind, words = "issuer", _("The certificate of %(host)s is self-signed or its issuer is unknown.")
        hint = _("Give the path of your own authority's certificate in SSL_CERT_FILE, or use a public one.")
    elif "match" in (error.verify_message or ""):
        kind, words = "host", _("The certificate belongs to another server than %(host)s.")
        hint = _("Use the name that stands in the certificate.")
    else:
        kind, words = "certificate", _("The certificate of %(host)s is not valid: %(error)s")
    return Problem(f"{side}.tls_{kind}", words % {"host": host, "error": error.verify_message}, hint)


def _tls(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.tls",
        _("No encrypted connection to %(host)s comes about: %(error)s") % {"host": host, "error": error},
        _("TLS and STARTTLS have different ports: 993 and 465 are for TLS, 143 and 587 for STARTTLS."),
    )


def _no_starttls(error: Exception, side: str, host: str) -> Problem:
    if "STARTTLS" not in str(error).upper():
        words = _("%(host)s does not offer what is needed to sign in: %(error)s")
        return Problem(f"{side}.unsupported", words % {"host": host, "error": error})
    return Problem(
        f"{side}.no_starttls",
        _("%(host)s offers no STARTTLS on this port.") % {"host": host},
        _("Try TLS on port 993 (IMAP) or 465 (SMTP). We do not send a password in the clear."),
    )


def _insecure(error: Exception, side: str, host: str) -> Problem:
    return Problem(f"{side}.insecure", str(error), _("Choose TLS or STARTTLS."))


def _token(error: Exception, side: str, host: str) -> Problem:
    assert isinstance(error, oauth.OAuthError)
    return Problem(f"{side}.oauth_{error.code}", error.words)


def _password(error: Exception, side: str, host: str) -> Problem:
    # imapclient puts the bytes of the answer into its words as Python writes them.
    said = str(error).removeprefix("b'").removesuffix("'")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = f"{error.smtp_code} {smtp.text(error.smtp_error)}"
    lowered = said.lower()
    if any(sign in lowered for sign in _APP_PASSWORD):
        return Problem(
            f"{side}.app_password",
            _("The provider wants an app password instead of the usual one: %(said)s") % {"said": said[:500]},
            _("Make one in the account's security settings and enter it here, or connect by OAuth 2.0."),
        )
    if any(sign in lowered for sign in _BASIC_OFF):
        return Problem(
            f"{side}.oauth_needed",
            _("The provider no longer takes passwords: %(said)s") % {"said": said[:500]},
            _("Connect the mailbox by OAuth 2.0."),
        )
    return Problem(
        f"{side}.password",
        _("%(host)s does not accept the user name or the password: %(said)s")
        % {"host": host, "said": said[:500]},
        _("The user name is often the whole address."),
    )


def _closed(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.closed",
        _("%(host)s closed the connection at once.") % {"host": host},
        _("Often a port for TLS was used without it, or the server does not want this machine's address."),
    )


def _answer(error: Exception, side: str, host: str) -> Problem:
    return Problem(
        f"{side}.answer", _("%(host)s answered: %(said)s") % {"host": host, "said": str(error)[:500]}
    )


# The order tells: a subclass before its base.
_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], Callable[[Exception, str, str], Problem]], ...] = (
    ((security.InsecureError,), _insecure),
    ((oauth.OAuthError,), _token),
    ((ssl.SSLCertVerificationError,), _certificate),
    ((socket.gaierror, UnicodeError), _name),
    ((ConnectionRefusedError,), _connection_refused),
    ((smtplib.SMTPAuthenticationError, LoginError), _password),
    ((smtplib.SMTPNotSupportedError, mailbox.NoStartTlsError), _no_starttls),
    ((ssl.SSLError,), _tls),
    ((smtplib.SMTPServerDisconnected, ConnectionError, EOFError), _closed),
    ((smtplib.SMTPException, IMAPClientError), _answer),
)
