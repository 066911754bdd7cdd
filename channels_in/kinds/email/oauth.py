"""Access tokens for mailboxes whose provider takes no passwords (RFC 6749, section 6; XOAUTH2)."""

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from channels_in.kinds.email.security import is_loopback
from channels_in.models import Inbox
from common import clock
from common.crypto import reveal

_EARLY = timedelta(minutes=2)  # a token that ends sooner is renewed before use
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_DEFAULT_LIFE = 3600  # seconds, where the provider does not say


class OAuthError(Exception):
    """No token. ``code`` is the provider's (``invalid_grant``, …) or ours; ``permanent`` until edited."""

    def __init__(self, code: str, words: str, *, permanent: bool) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.permanent = permanent


def access_token(inbox_id: int | None, *, rejected: str = "") -> str:
    """A token that is good for two minutes at least, renewed if need be.

    One worker renews at a time (the inbox's row is locked meanwhile), and those who waited take what it got.
    ``rejected`` is a token that the server has just refused although it should still be good.
    """
    if inbox_id is None:  # a form that was never saved
        raise _not_connected()
    with transaction.atomic():
        inbox = Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
        now = clock.now()
        good = inbox.oauth_expires_at is not None and inbox.oauth_expires_at > now + _EARLY
        if good and inbox.oauth_access_token and inbox.oauth_access_token != rejected:
            return inbox.oauth_access_token
        answer = _refresh(inbox)
        inbox.oauth_access_token = str(answer["access_token"])
        inbox.oauth_expires_at = now + timedelta(seconds=_life(answer))
        # Some providers give a new refresh token each time, and the old one dies.
        inbox.oauth_refresh_token = str(answer.get("refresh_token") or inbox.oauth_refresh_token)
        inbox.save(update_fields=["oauth_access_token", "oauth_expires_at", "oauth_refresh_token"])
        return inbox.oauth_access_token


def _life(answer: dict[str, object]) -> int:
    try:
        return max(int(str(answer.get("expires_in") or _DEFAULT_LIFE)), 0)
    except ValueError:
        return _DEFAULT_LIFE


def _refresh(inbox: Inbox) -> dict[str, object]:
    """Ask the provider. Raises ``OAuthError`` in words an administrator can act on."""
    if not (inbox.oauth_token_url and inbox.oauth_refresh_token):
        raise _not_connected()
    _require_tls(inbox.oauth_token_url)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": reveal(inbox.oauth_refresh_token),
        "client_id": inbox.oauth_client_id,
    }
    if inbox.oauth_client_secret:
        form["client_secret"] = reveal(inbox.oauth_client_secret)
    if inbox.oauth_scope:
        form["scope"] = inbox.oauth_scope
    try:
        response = httpx.post(inbox.oauth_token_url, data=form, timeout=_TIMEOUT, follow_redirects=False)
        answer = response.json()
    except httpx.HTTPError as error:
        words = _("The provider's token server does not answer: %(error)s") % {"error": error}
        raise OAuthError("unreachable", words, permanent=False) from error
    except ValueError as error:
        words = _("The provider's token server answers something else than a token.")
        raise OAuthError("no_token", words, permanent=False) from error
    if response.status_code == httpx.codes.OK and isinstance(answer, dict) and answer.get("access_token"):
        return answer
    raise _error(response.status_code, answer if isinstance(answer, dict) else {})


def _not_connected() -> OAuthError:
    return OAuthError("not_connected", _("The mailbox is not connected to its provider yet."), permanent=True)


def _error(status: int, answer: dict[str, object]) -> OAuthError:
    code = str(answer.get("error") or f"http_{status}")
    said = str(answer.get("error_description") or code)[:500]
    if code == "invalid_grant":
        words = _(
            "The provider no longer accepts the permission given. Connect the mailbox again. (%(said)s)"
        )
    elif code in {"invalid_client", "unauthorized_client"}:
        words = _("The provider does not accept the client id or client secret. (%(said)s)")
    else:
        words = _("The provider gave no token: %(said)s")
    return OAuthError(code, words % {"said": said}, permanent=400 <= status < 500 and status != 429)


def _require_tls(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    host = parts.hostname or ""
    try:
        if parts.scheme == "http" and settings.MAIL_ALLOW_PLAINTEXT_LOOPBACK and host and is_loopback(host):
            return
    except OSError:
        pass
    raise OAuthError("insecure", _("The token address must begin with https://."), permanent=True)
