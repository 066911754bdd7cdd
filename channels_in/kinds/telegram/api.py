"""Telegram's Bot API over HTTP: one call, its answer or what went wrong.

Why not a library: docs/decisions/telegram.md.

A token is part of every address. It stands in no error, no log and no traceback of ours: errors of the HTTP
library, which know the address, are never chained.

Source: https://core.telegram.org/bots/api#making-requests
"""

import json
import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from channels_in.models import TelegramBot
from common.crypto import reveal

TOKEN = re.compile(r"(\d{3,16}):[A-Za-z0-9_-]{30,64}")
SECONDS = 20.0
UPLOAD_SECONDS = 180.0
MOST_BYTES_IN = 20 * 1024 * 1024  # what getFile gives
MOST_BYTES_OUT = 50 * 1024 * 1024
_MOST_ANSWER = 16 * 1024 * 1024
_FILE_PATH = re.compile(r"[\w.\- ]+(?:/[\w.\- ]+)*")


@dataclass(frozen=True)
class Upload:
    """A file to be sent: the field it stands in, its name, type and content."""

    field: str
    name: str
    content_type: str
    data: bytes


class ApiError(Exception):
    """The Bot API said no. ``code`` is HTTP's; ``retry_after`` and ``migrate_to`` where it says so."""

    def __init__(
        self,
        code: int,
        description: str,
        *,
        retry_after: timedelta | None = None,
        migrate_to: int | None = None,
    ) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after
        self.migrate_to = migrate_to


class Unreachable(Exception):  # says where we are, as its kin do
    """No answer. ``maybe_done``: the request was on its way, and may have been heard."""

    def __init__(self, words: str, *, maybe_done: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.maybe_done = maybe_done


class BotApi:
    """The calls of one bot."""

    def __init__(self, token: str, api_url: str = "") -> None:
        if not TOKEN.fullmatch(token):
            raise ApiError(401, _("This is no token of a bot."))
        self._token = token
        self._base = allowed(api_url)

    @classmethod
    def of(cls, bot: TelegramBot) -> "BotApi":
        """Raises ``common.crypto.SecretUnreadableError`` where the token's key is lost."""
        return cls(reveal(bot.token), bot.api_url)

    def __repr__(self) -> str:
        return f"<BotApi of {self._token.partition(':')[0]}>"

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        uploads: Sequence[Upload] = (),
        seconds: float | None = None,
    ) -> Any:
        """Call a method; its result. Raises ``ApiError`` or ``Unreachable``."""
        url = f"{self._base}/bot{self._token}/{method}"
        given = {name: value for name, value in (params or {}).items() if value is not None}
        timeout = httpx.Timeout(seconds or (UPLOAD_SECONDS if uploads else SECONDS), connect=10.0)
        if uploads:
            fields = {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()
            }
            files = [(one.field, (one.name, one.data, one.content_type)) for one in uploads]
            request = {"data": fields, "files": files}
        else:
            request = {"json": given}
        status, body = self._ask("POST", url, _MOST_ANSWER, timeout, **request)
        return _result(status, body)

    def download(self, file_path: str, *, most: int = MOST_BYTES_IN) -> bytes:
        """A file that ``getFile`` has given a path for. Raises ``ApiError`` 413 beyond ``most`` bytes."""
        # A server in --local mode gives paths on its own disk, which are none of ours.
        if not _FILE_PATH.fullmatch(file_path) or ".." in file_path.split("/"):
            raise ApiError(400, "unusable file_path")
        url = f"{self._base}/file/bot{self._token}/{file_path}"
        status, body = self._ask("GET", url, most, httpx.Timeout(UPLOAD_SECONDS, connect=10.0, read=30.0))
        if status != 200:
            _result(status, body)
            raise ApiError(status, f"HTTP {status}")
        return body

    def _ask(
        self, verb: str, url: str, most: int, timeout: httpx.Timeout, **request: Any
    ) -> tuple[int, bytes]:
        try:
            with _client().stream(verb, url, timeout=timeout, **request) as answer:
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > most:
                        raise ApiError(413, "the answer is too long")
                return answer.status_code, body
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            problem = Unreachable(self._words(error))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            problem = Unreachable(self._words(error), maybe_done=True)
        raise problem  # outside, so that it carries no error that knows the address

    def _words(self, error: Exception) -> str:
        words = str(error).replace(self._token, "…") or type(error).__name__
        host = self._base.partition("://")[2]
        return _("%(host)s does not answer: %(error)s") % {"host": host, "error": words[:300]}


def allowed(api_url: str) -> str:
    """The base address, if it is one of those that the installation allows; the first for an empty one."""
    addresses = [address.rstrip("/") for address in settings.TELEGRAM_API_URLS]
    if not api_url and addresses:
        return addresses[0]
    if api_url.rstrip("/") not in addresses:
        raise ApiError(
            403, _("%(url)s is not among this installation's TELEGRAM_API_URLS.") % {"url": api_url}
        )
    return api_url.rstrip("/")


def _result(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ApiError(status if status >= 400 else 502, f"HTTP {status}")
    if answer.get("ok") is True:
        return answer.get("result")
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    retry_after, migrate_to = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    code = answer.get("error_code")
    raise ApiError(
        code if isinstance(code, int) else status,
        str(answer.get("description") or f"HTTP {status}")[:500],
        retry_after=timedelta(seconds=min(retry_after, 3600)) if isinstance(retry_after, int) else None,
        migrate_to=migrate_to if isinstance(migrate_to, int) else None,
    )


_lock = threading.Lock()
_clients: dict[int, httpx.Client] = {}


def close() -> None:
    """Let go of this process's connections; the next call makes new ones."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()


def _client() -> httpx.Client:
    """This process's connections; a parent's are not its child's."""
    pid = os.getpid()
    client = _clients.get(pid)
    if client is None:
        with _lock:
            client = _clients.get(pid)
            if client is None:
                _clients.clear()
                limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=15)
                client = _clients[pid] = httpx.Client(limits=limits, follow_redirects=False)
    return client
