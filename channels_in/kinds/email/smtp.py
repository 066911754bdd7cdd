"""Handing mail to an inbox's SMTP server: one live connection per inbox, kept over several messages.

RFC 5321 (SMTP), 3207 (STARTTLS), 1870 (SIZE), 6531 (SMTPUTF8), 2034 and 3463 (enhanced status codes).
"""

import re
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from time import monotonic

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from channels_in.kinds.email import oauth, security
from channels_in.models import Inbox
from channels_in.protocol import Outgoing, Receipt, Refusal, SendError
from common.crypto import reveal

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 30.0
# The server's answer to the final dot. RFC 5321 would wait ten minutes; the sender's lease ends after two.
DATA_SECONDS = 90.0
IDLE_SECONDS = 20.0
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})[ \t]")
_LINE_START = re.compile(rb"^\.", re.MULTILINE)
_AWAY = (OSError, smtplib.SMTPServerDisconnected)


@dataclass
class _Connection:
    smtp: smtplib.SMTP
    settings: tuple[object, ...]
    used_at: float

    def close(self) -> None:
        """Politely where the server still listens; it has nothing of ours to lose."""
        try:
            if self.smtp.sock is not None:
                self.smtp.sock.settimeout(1.0)
            self.smtp.quit()
        except (smtplib.SMTPException, OSError):
            self.smtp.close()


class Pool:
    """Idle connections, one per inbox. Whoever sends takes it out and puts it back when it is still good."""

    def __init__(self) -> None:
        self._idle: dict[int, _Connection] = {}
        self._lock = threading.Lock()

    def take(self, inbox: Inbox) -> tuple[_Connection, bool]:
        """A connection that answers, or a new one; and whether it is a used one."""
        with self._lock:
            connection = self._idle.pop(inbox.pk, None)
        if connection is not None:
            idle = monotonic() - connection.used_at
            good = idle < IDLE_SECONDS and connection.settings == _settings(inbox)
            if good and (idle < 1 or _answers(connection.smtp)):
                return connection, True
            connection.close()
        return _Connection(connect(inbox), _settings(inbox), monotonic()), False

    def give_back(self, inbox: Inbox, connection: _Connection) -> None:
        connection.used_at = monotonic()
        with self._lock:
            other = self._idle.pop(inbox.pk, None)
            self._idle[inbox.pk] = connection
        if other is not None:
            other.close()

    def close_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Say goodbye to servers that have had nothing from us for a while; 0 for all."""
        with self._lock:
            old = [pk for pk, found in self._idle.items() if monotonic() - found.used_at >= seconds]
            closing = [self._idle.pop(pk) for pk in old]
        for connection in closing:
            connection.close()


pool = Pool()


def send(outgoing: Outgoing[bytes], inbox: Inbox) -> Receipt:
    """One message to the inbox's server; whom it refuses is in the receipt. ``SendError`` if it took none."""
    connection, used = _connection(inbox)
    try:
        return _send(connection, outgoing, inbox)
    except SendError as error:
        if not (used and error.unreachable) or error.maybe_sent:
            raise
    # Servers end a session when they please (421, or without a word): that says nothing of a new one.
    connection, _used = _connection(inbox)
    return _send(connection, outgoing, inbox)


def _connection(inbox: Inbox) -> tuple[_Connection, bool]:
    if not inbox.smtp_host.strip():
        raise SendError(
            _("No server for outgoing mail is named, so that replies cannot leave."), unreachable=True
        )
    try:
        return pool.take(inbox)
    except smtplib.SMTPResponseException as error:
        # Also a wrong password: it is mended on our side, so the message waits.
        raise _refused(error.smtp_code, error.smtp_error, permanent=False, unreachable=True) from error
    except oauth.OAuthError as error:
        raise SendError(error.words, unreachable=True) from error
    except (OSError, smtplib.SMTPException, security.InsecureError, UnicodeError) as error:
        raise SendError(explain(error), unreachable=True) from error


def _send(connection: _Connection, outgoing: Outgoing[bytes], inbox: Inbox) -> Receipt:
    """Over this connection, which goes back to the pool unless it is broken."""
    try:
        receipt = _deliver(connection.smtp, outgoing, inbox)
    except SendError as error:
        if error.unreachable or error.maybe_sent:
            connection.smtp.close()
        else:
            _reset(connection, inbox)
        raise
    except BaseException:  # among them LeaseLost: the server waits for data that must not come
        connection.smtp.close()
        raise
    pool.give_back(inbox, connection)
    return receipt


def connect(
    inbox: Inbox, *, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = COMMAND_SECONDS
) -> smtplib.SMTP:
    """A session, encrypted and signed in as the inbox says. Raises what smtplib, ssl and oauth raise."""
    host, kind = inbox.smtp_host, inbox.smtp_security
    security.allow(host, kind)
    name = _helo_name()
    smtp: smtplib.SMTP
    if kind == Inbox.Security.TLS:
        smtp = smtplib.SMTP_SSL(
            host,
            inbox.smtp_port,
            local_hostname=name,
            timeout=connect_seconds,
            context=security.client_context(),
        )
    else:
        smtp = smtplib.SMTP(host, inbox.smtp_port, local_hostname=name, timeout=connect_seconds)
    try:
        _wait(smtp, read_seconds)
        smtp.ehlo_or_helo_if_needed()
        if kind == Inbox.Security.STARTTLS:
            # smtplib raises where the server has none, so that nothing ever goes on in the clear.
            smtp.starttls(context=security.client_context())
            smtp.ehlo()
        _sign_in(smtp, inbox)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _sign_in(smtp: smtplib.SMTP, inbox: Inbox) -> None:
    if inbox.sign == Inbox.Sign.PASSWORD and inbox.smtp_user:
        smtp.login(inbox.smtp_user, reveal(inbox.smtp_password))
    elif inbox.sign == Inbox.Sign.OAUTH2:
        token = oauth.access_token(inbox.pk)
        try:
            _xoauth2(smtp, inbox.smtp_user, token)
        except smtplib.SMTPAuthenticationError:
            # Withdrawn before its time: once more with a new one.
            _xoauth2(smtp, inbox.smtp_user, oauth.access_token(inbox.pk, rejected=token))


def _xoauth2(smtp: smtplib.SMTP, user: str, token: str) -> None:
    def answer(challenge: bytes | None = None) -> str:
        # The server's reasons come as a challenge, to be answered with an empty line before its 535.
        return "" if challenge else f"user={user}\1auth=Bearer {token}\1\1"

    smtp.auth("XOAUTH2", answer)


def _deliver(smtp: smtplib.SMTP, outgoing: Outgoing[bytes], inbox: Inbox) -> Receipt:
    data = outgoing.payload
    try:
        options = _options(smtp, outgoing, inbox)
        code, words = smtp.mail(inbox.address, options)
        if code != 250:
            raise _refused(code, words, permanent=code >= 500, unreachable=code == 421)
        refused = {}
        for recipient in outgoing.recipients:
            code, words = smtp.rcpt(recipient)
            if code not in (250, 251):
                refused[recipient] = _refusal(code, words)
            if code == 421:
                raise _refused(code, words, permanent=False, unreachable=True)
        if len(refused) == len(outgoing.recipients):
            return Receipt(refused=refused)
        code, words = smtp.docmd("DATA")
        if code != 354:
            raise _refused(code, words, permanent=code >= 500, unreachable=code == 421)
    except _AWAY as error:
        raise SendError(explain(error), unreachable=True) from error
    outgoing.handing_over()
    try:
        _wait(smtp, DATA_SECONDS)
        smtp.send(_LINE_START.sub(b"..", data) + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"))
        code, words = smtp.getreply()
        _wait(smtp, COMMAND_SECONDS)
    except _AWAY as error:
        raise SendError(explain(error), unreachable=True, maybe_sent=True) from error
    if code != 250:
        raise _refused(code, words, permanent=code >= 500, unreachable=code == 421)
    return Receipt(words=_words(code, words), status_code=_enhanced(words), refused=refused)


def _options(smtp: smtplib.SMTP, outgoing: Outgoing[bytes], inbox: Inbox) -> list[str]:
    """MAIL FROM's parameters. SMTPUTF8 only where an address needs it, and then the server must know it."""
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(outgoing.payload)}")
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(outgoing.payload):
            words = _("The mail has %(size)d bytes, and the server takes %(limit)s.")
            raise SendError(
                words % {"size": len(outgoing.payload), "limit": limit}, status_code="5.3.4", permanent=True
            )
    if not all(address.isascii() for address in (inbox.address, *outgoing.recipients)):
        if not smtp.has_extn("smtputf8"):
            words = _("The mail server cannot send to addresses with letters outside ASCII (SMTPUTF8).")
            raise SendError(words, status_code="5.6.7", permanent=True)
        smtp.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _reset(connection: _Connection, inbox: Inbox) -> None:
    """After a refusal the session is as good as new, once it has forgotten the message."""
    try:
        code, _said = connection.smtp.rset()
    except (OSError, smtplib.SMTPException):
        connection.smtp.close()
        return
    if code == 250:
        pool.give_back(inbox, connection)
    else:
        connection.close()


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _wait(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _settings(inbox: Inbox) -> tuple[object, ...]:
    """A connection made with other settings than today's is not used any more."""
    return (
        inbox.smtp_host,
        inbox.smtp_port,
        inbox.smtp_security,
        inbox.smtp_user,
        inbox.smtp_password,
        inbox.sign,
        inbox.oauth_client_id,
        inbox.address,
    )


def _helo_name() -> str:
    """How we introduce ourselves: the installation's mail domain, or the machine's name."""
    return settings.MESSAGE_ID_DOMAIN or socket.getfqdn()


def text(words: bytes | str) -> str:
    """A server's words, whatever their charset, as PostgreSQL can hold them."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return said.replace("\x00", "")[:2000]


def _words(code: int, words: bytes | str) -> str:
    return f"{code} {text(words)}"


def _enhanced(words: bytes | str) -> str:
    found = _ENHANCED.match(text(words))
    return found[1] if found else ""


def _refusal(code: int, words: bytes | str) -> Refusal:
    return Refusal(_words(code, words), _enhanced(words), permanent=code >= 500)


def _refused(code: int, words: bytes | str, *, permanent: bool, unreachable: bool = False) -> SendError:
    return SendError(
        _words(code, words), status_code=_enhanced(words), permanent=permanent, unreachable=unreachable
    )


def is_timeout(error: Exception) -> bool:
    """smtplib hides a time that ran out behind a connection that was closed."""
    closed = isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, TimeoutError) or (closed and isinstance(error.__context__, TimeoutError))


def explain(error: Exception) -> str:
    """A failed connection in words, for the message's state and the health page."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The server's certificate is not valid: %(error)s") % {"error": error.verify_message}
    if isinstance(error, socket.gaierror):
        return _("The server's name is not known.")
    if is_timeout(error):
        return _("The server did not answer in time.")
    if isinstance(error, ConnectionRefusedError):
        return _("The server refused the connection.")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("The server closed the connection.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("The server does not offer what the settings ask for: %(error)s") % {"error": error}
    return str(error) or type(error).__name__
