"""Asking Telegram for updates, where it cannot call us: a thread each bot, in the process that takes mail in.

An update is stored before it is confirmed. Telegram drops what lies below the offset of the next request, so
what is cut short comes again, and its number makes that harmless. Without news we ask without an offset:
after a week of silence Telegram begins with other numbers, which may be lower.
"""

import random
import threading
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, reset_queries, transaction
from django.db.models.functions import Greatest

from channels_in.kinds.telegram import arriving, health
from channels_in.kinds.telegram.api import ApiError, BotApi, Unreachable
from channels_in.kinds.telegram.checking import describe
from channels_in.kinds.telegram.connecting import UPDATES, introduce
from channels_in.models import Inbound, Inbox, TelegramBot
from common.crypto import SecretUnreadableError

log = structlog.get_logger(__name__)

WAIT_SECONDS = 25
MOST = 100
_BACKOFF = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)


class Poller(threading.Thread):
    """Asks for one bot's updates until it is stopped, whatever happens to network or database."""

    def __init__(self, inbox_id: int) -> None:
        super().__init__(name=f"telegram-{inbox_id}", daemon=True)
        self.inbox_id = inbox_id
        self._stop_asked = threading.Event()
        self._failures = 0
        self._offset: int | None = None

    def stop(self) -> None:
        self._stop_asked.set()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            try:
                self._session()
            except DatabaseError:
                log.warning("telegram.database_away", inbox=self.inbox_id, exc_info=True)
                self._pause()
            except ApiError as error:
                self._refused(error)
            except Unreachable as error:
                self._note_failure(error.words)
                self._pause()
            except SecretUnreadableError as error:
                self._note_failure(str(error))
                self._pause(least=60.0)
            except Exception as error:
                log.exception("telegram.polling_broke", inbox=self.inbox_id)
                self._note_failure(f"{type(error).__name__}")
                self._pause()
            finally:
                connection.close()

    def _session(self) -> None:
        close_old_connections()
        bot = TelegramBot.objects.select_related("inbox").filter(inbox=self.inbox_id).first()
        if bot is None:  # deleted meanwhile
            self.stop()
            return
        api = BotApi.of(bot)
        connection.close()  # bots that wait must not hold a connection each
        introduce(api)
        while not self._stop_asked.is_set():
            asked: dict[str, Any] = {"timeout": WAIT_SECONDS, "limit": MOST, "allowed_updates": UPDATES}
            if self._offset is not None:
                asked["offset"] = self._offset
            found = api.call("getUpdates", asked, seconds=WAIT_SECONDS + 15)
            self._store(bot.inbox, found if isinstance(found, list) else [])
            self._failures = 0

    def _store(self, inbox: Inbox, found: list[Any]) -> None:
        close_old_connections()
        reset_queries()
        last = None
        if found:
            with transaction.atomic():
                for source in found:
                    last = self._store_one(inbox, source, last)
                if last is not None:
                    TelegramBot.objects.filter(inbox=inbox).update(
                        last_update_id=Greatest("last_update_id", last)
                    )
        health.answered(self.inbox_id)
        self._offset = None if last is None else last + 1
        connection.close()

    def _store_one(self, inbox: Inbox, source: Any, last: int | None) -> int | None:
        try:
            row = arriving.store(inbox, source, via=Inbound.Via.POLL)
        except arriving.NotAnUpdate:
            log.error("telegram.not_an_update", inbox=self.inbox_id)
            return last
        return max(int(row.external_id), last or 0)

    def _refused(self, error: ApiError) -> None:
        """Telegram said no: somebody else asks too, a webhook is set, too often, a revoked token."""
        if error.code == 409 and "webhook" in error.description.lower():
            log.warning("telegram.webhook_in_the_way", inbox=self.inbox_id)
            self._drop_webhook()
            return
        self._note_failure(describe(error).words)
        after = error.retry_after.total_seconds() if error.retry_after else 0.0
        self._pause(least=max(after, 60.0 if error.code in (401, 404) else 0.0))

    def _drop_webhook(self) -> None:
        bot = TelegramBot.objects.filter(inbox=self.inbox_id).first()
        if bot is None:
            return
        try:
            BotApi.of(bot).call("deleteWebhook", {"drop_pending_updates": False})
        except (ApiError, Unreachable) as error:
            self._note_failure(str(error))
            self._pause()

    def _note_failure(self, words: str) -> None:
        log.warning("telegram.polling_failed", inbox=self.inbox_id, words=words)
        try:
            close_old_connections()
            health.failing(self.inbox_id, words)
        except DatabaseError:
            log.warning("telegram.database_away", inbox=self.inbox_id, exc_info=True)

    def _pause(self, *, least: float = 0.0) -> None:
        """Longer from time to time, up to a minute, give or take a quarter."""
        connection.close()
        seconds = max(_BACKOFF[min(self._failures, len(_BACKOFF) - 1)], least)
        self._failures += 1
        self._stop_asked.wait(seconds * random.uniform(0.75, 1.25))  # noqa: S311  # jitter, no secret


class Supervisor:
    """Keeps one poller running for each active bot that is polled, with the settings it has now."""

    def __init__(self) -> None:
        self._pollers: dict[int, tuple[Poller, tuple[str, str]]] = {}

    def look(self) -> None:
        """Start, restart and stop pollers so that they match the bots. Cheap: ask every few seconds."""
        bots = TelegramBot.objects.filter(mode=TelegramBot.Mode.POLLING, inbox__is_active=True)
        wanted = {bot.inbox_id: (str(bot.token), bot.api_url) for bot in bots}
        for inbox_id, (poller, running) in list(self._pollers.items()):
            if wanted.get(inbox_id) != running or not poller.is_alive():
                poller.stop()
                # One that waits for Telegram ends by itself; what it then stores is welcome.
                del self._pollers[inbox_id]
        for inbox_id in wanted.keys() - self._pollers.keys():
            poller = Poller(inbox_id)
            self._pollers[inbox_id] = (poller, wanted[inbox_id])
            poller.start()

    def stop(self, seconds: float = 2.0) -> None:
        for poller, _settings_then in self._pollers.values():
            poller.stop()
        for poller, _settings_then in self._pollers.values():
            poller.join(timeout=seconds / max(len(self._pollers), 1))
        self._pollers.clear()

    def __len__(self) -> int:
        return len(self._pollers)
