"""One IMAP session (RFC 3501), as an inbox's settings say. No database but for a token's renewal."""

import contextlib
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from channels_in.kinds.email import oauth, security
from channels_in.models import Inbox
from common.crypto import reveal

CONNECT_SECONDS = 15.0
READ_SECONDS = 60.0


class NoStartTlsError(Exception):
    """The server offers no STARTTLS; the password stays with us."""


@contextlib.contextmanager
def opened(
    inbox: Inbox, *, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS
) -> Iterator[IMAPClient]:
    """A signed-in session. Raises what imapclient, ssl, socket and oauth raise."""
    security.allow(inbox.imap_host, inbox.imap_security)
    tls = inbox.imap_security == Inbox.Security.TLS
    client = IMAPClient(
        inbox.imap_host,
        inbox.imap_port,
        ssl=tls,
        ssl_context=security.client_context() if tls else None,
        timeout=SocketTimeout(connect=connect_seconds, read=read_seconds),
    )
    try:
        if inbox.imap_security == Inbox.Security.STARTTLS:
            if not client.has_capability("STARTTLS"):
                raise NoStartTlsError(_("The server offers no STARTTLS."))
            client.starttls(ssl_context=security.client_context())
        _sign_in(client, inbox)
        yield client
    finally:
        with contextlib.suppress(IMAPClientError, OSError):
            client.logout()
        with contextlib.suppress(IMAPClientError, OSError):
            client.shutdown()


def _sign_in(client: IMAPClient, inbox: Inbox) -> None:
    if inbox.sign != Inbox.Sign.OAUTH2:
        client.login(inbox.imap_user, reveal(inbox.imap_password))
        return
    token = oauth.access_token(inbox.pk)
    try:
        client.oauth2_login(inbox.imap_user, token)
    except LoginError:
        # Withdrawn before its time: once more with a new one.
        client.oauth2_login(inbox.imap_user, oauth.access_token(inbox.pk, rejected=token))


def folders(client: IMAPClient) -> list[str]:
    return sorted(str(name) for _flags, _delimiter, name in client.list_folders())


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    client.add_flags(uids, [rb"\Seen"], silent=True)


def move(client: IMAPClient, uids: Sequence[int], folder: str) -> None:
    """Into another folder, which is made if need be; by MOVE (RFC 6851) where the server has it."""
    mark_seen(client, uids)
    if not client.folder_exists(folder):
        client.create_folder(folder)
    if client.has_capability("MOVE"):
        client.move(uids, folder)
    else:
        client.copy(uids, folder)
        delete(client, uids)


def delete(client: IMAPClient, uids: Sequence[int]) -> None:
    """Gone for good with UIDPLUS (RFC 4315), which expunges only ours.

    A plain EXPUNGE would also take what somebody else has marked: it is used only if nobody has.
    """
    client.add_flags(uids, [rb"\Deleted"], silent=True)
    if client.has_capability("UIDPLUS"):
        client.uid_expunge(uids)
    elif set(client.search("DELETED")) <= set(uids):
        client.expunge()
