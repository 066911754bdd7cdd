"""Fetching mail from IMAP mailboxes: a thread each, told of new mail by IDLE (RFC 2177), or by polling.

A message is stored before any flag is set, and the position moves on only after that: whatever is cut short
is fetched again, and the intake's uniqueness makes that harmless.
"""

import random
import threading
from datetime import timedelta

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, reset_queries
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from channels_in import intake
from channels_in.kinds.email import check, mailbox
from channels_in.kinds.email.oauth import OAuthError
from channels_in.models import Inbound, Inbox
from common import clock

log = structlog.get_logger(__name__)

MAX_BYTES = 25 * 1024 * 1024
_HEAD_BYTES = 64 * 1024  # of what is too large, this much is kept
_BATCH = 20  # messages
_BATCH_BYTES = 4 * 1024 * 1024
# A silent server may be a dead one: IDLE is ended and begun anew so that it has to answer.
IDLE_SECONDS = 110.0
POLL_SECONDS = 20.0
_STEP = 1.0  # how soon a fetcher notices that it should stop
_BACKOFF = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0)
# After a change of UIDVALIDITY: how far before the last contact mail is looked at again.
_LOOK_BACK = timedelta(days=2)
_TRIES = 3  # for a message that the server cannot deliver


class Fetcher(threading.Thread):
    """Keeps one mailbox empty of news until it is stopped, whatever happens to server or database."""

    def __init__(self, inbox_id: int) -> None:
        super().__init__(name=f"imap-{inbox_id}", daemon=True)
        self.inbox_id = inbox_id
        self._stop_asked = threading.Event()
        self._failures = 0
        self._unfetchable: dict[int, int] = {}
        self._complaint = ""

    def stop(self) -> None:
        self._stop_asked.set()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            try:
                self._session()
            except DatabaseError:
                log.warning("imap.database_away", inbox=self.inbox_id, exc_info=True)
                self._pause()
            except Exception as error:
                self._failed(error)
                if isinstance(error, LoginError | OAuthError):
                    # Providers lock accounts that knock too often; an edited inbox gets a new fetcher anyway.
                    self._failures = max(self._failures, len(_BACKOFF) - 2)
                self._pause()
            finally:
                connection.close()

    def _pause(self) -> None:
        """Longer from time to time, up to two minutes, give or take a quarter, so that clients spread."""
        connection.close()
        seconds = _BACKOFF[min(self._failures, len(_BACKOFF) - 1)]
        self._failures += 1
        self._stop_asked.wait(seconds * random.uniform(0.75, 1.25))  # noqa: S311  # jitter, no secret

    def _session(self) -> None:
        close_old_connections()
        inbox = Inbox.objects.get(pk=self.inbox_id)
        with mailbox.opened(inbox) as client:
            self._select(client, inbox)
            idles = client.has_capability("IDLE")
            while not self._stop_asked.is_set():
                close_old_connections()
                reset_queries()  # in development Django keeps each query, whole mails among them
                self._fetch_new(client, inbox)
                self._answered()
                connection.close()  # many mailboxes that wait must not hold a connection each
                self._failures = 0
                if idles:
                    self._idle(client)
                else:
                    self._stop_asked.wait(POLL_SECONDS)
                    client.noop()

    def _select(self, client: IMAPClient, inbox: Inbox) -> None:
        """Open the folder, and decide what counts as new.

        In a mailbox never seen before that is what is unread: years of answered mail make no tickets. After
        UIDVALIDITY has changed, the numbers mean nothing: all of the last days is looked at again.
        """
        answer = client.select_folder(inbox.imap_folder)
        validity, following = int(answer[b"UIDVALIDITY"]), int(answer.get(b"UIDNEXT") or 0)
        if inbox.imap_uidvalidity == validity:
            return
        if inbox.imap_uidvalidity is None:
            wanted: list[object] = ["UNSEEN"]
        else:
            log.warning("imap.uidvalidity_changed", inbox=inbox.pk, old=inbox.imap_uidvalidity, new=validity)
            wanted = ["SINCE", ((inbox.answered_at or inbox.created_at) - _LOOK_BACK).date()]
        uids = sorted(client.search(wanted))
        self._fetch(client, inbox, uids)
        # What arrived meanwhile has a number from UIDNEXT on; without UIDNEXT, from the last one seen.
        everything = uids if following else sorted(client.search("ALL"))
        last = max([following - 1, *everything[-1:]])
        self._remember(inbox, last, validity)

    def _fetch_new(self, client: IMAPClient, inbox: Inbox) -> None:
        # n:* names the last message even if its number is below n.
        found = client.search(["UID", f"{inbox.imap_last_uid + 1}:*"])
        uids = sorted(uid for uid in found if uid > inbox.imap_last_uid)
        self._fetch(client, inbox, uids, remember=True)

    def _fetch(self, client: IMAPClient, inbox: Inbox, uids: list[int], *, remember: bool = False) -> None:
        """Store and settle these in order. With ``remember``, the position follows batch by batch."""
        while uids and not self._stop_asked.is_set():
            sizes = {
                uid: int(found[b"RFC822.SIZE"])
                for uid, found in client.fetch(uids[:_BATCH], ["RFC822.SIZE"]).items()
            }
            batch = _batch(uids, sizes)
            stored = self._store(client, inbox, batch, sizes)
            # Of what is too large we have the head only: the mailbox keeps it, whatever is to be deleted.
            whole = [uid for uid in stored if sizes[uid] <= MAX_BYTES]
            if len(whole) < len(stored):
                self._settle(client, inbox, [uid for uid in stored if uid not in whole], may_delete=False)
            if whole:
                self._settle(client, inbox, whole)
            if remember:
                self._remember(inbox, batch[-1])
            uids = uids[len(batch) :]

    def _store(self, client: IMAPClient, inbox: Inbox, batch: list[int], sizes: dict[int, int]) -> list[int]:
        """Fetch without setting \\Seen, store; the numbers of what is safe with us."""
        stored = []
        # What has no size is gone since it was listed.
        bodies = self._bodies(client, [uid for uid in batch if sizes.get(uid, MAX_BYTES + 1) <= MAX_BYTES])
        for uid in batch:
            if sizes.get(uid, 0) > MAX_BYTES:
                self._store_head(client, inbox, uid, sizes[uid])
                stored.append(uid)
            elif (raw := bodies.pop(uid, None)) is not None:
                intake.store(inbox, raw, via=Inbound.Via.IMAP)
                stored.append(uid)
        return stored

    def _bodies(self, client: IMAPClient, uids: list[int]) -> dict[int, bytes]:
        """The raw messages, in one go. If the server fails on one of them, one by one.

        A message that it cannot give three times stays there, unread, and the rest goes on.
        """
        try:
            return _fetched(client, uids)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            if len(uids) > 1:
                return {uid: raw for one in uids for uid, raw in self._bodies(client, [one]).items()}
            uid = uids[0]
            self._unfetchable[uid] = self._unfetchable.get(uid, 0) + 1
            if self._unfetchable[uid] < _TRIES:
                raise
            log.exception("imap.unfetchable", inbox=self.inbox_id, uid=uid)
            return {}

    def _store_head(self, client: IMAPClient, inbox: Inbox, uid: int, size: int) -> None:
        """Header and beginning of what is too large go into quarantine, where somebody sees who wrote."""
        key = f"BODY.PEEK[]<0.{_HEAD_BYTES}>"
        answer = client.fetch([uid], [key]).get(uid, {})
        raw = next((bytes(value) for name, value in answer.items() if name.startswith(b"BODY[]")), b"")
        now = clock.now()
        row = Inbound(
            inbox=inbox,
            external_id=intake.external_id_of(raw),
            content_hash=intake.fingerprint(raw),
            raw=raw,
            size=size,
            via=Inbound.Via.IMAP,
            received_at=now,
            settled_at=now,
            # Never pending: no worker may take the fragment for the mail.
            status=Inbound.Status.QUARANTINED,
            cause="too_large",
            detail=f"{size} bytes; only the first {len(raw)} are kept here, the whole is in the mailbox.",
        )
        Inbound.objects.bulk_create([row], ignore_conflicts=True)
        log.warning("imap.too_large", inbox=inbox.pk, uid=uid, size=size)

    def _settle(self, client: IMAPClient, inbox: Inbox, uids: list[int], *, may_delete: bool = True) -> None:
        """Do what the administrator wants done with mail that is safe with us.

        That a server refuses (no such folder, no right) is shown on the settings page; the mail is stored all
        the same, and asking again for ever would stop what comes after it.
        """
        try:
            if inbox.imap_after == Inbox.AfterStoring.DELETE and may_delete:
                mailbox.delete(client, uids)
            elif inbox.imap_after == Inbox.AfterStoring.MOVE and inbox.imap_move_to:
                mailbox.move(client, uids, inbox.imap_move_to)
            else:
                mailbox.mark_seen(client, uids)
            self._complaint = ""
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            self._complaint = _("Mail is stored, but the server refuses what should follow: %(error)s") % {
                "error": error
            }
            log.warning("imap.not_settled", inbox=inbox.pk, error=str(error))

    def _idle(self, client: IMAPClient) -> None:
        """Until something arrives, the time is over, or we are to stop."""
        client.idle()
        try:
            if _came_along(client):
                return
            for _step in range(int(IDLE_SECONDS / _STEP)):
                news = client.idle_check(timeout=_STEP)
                if self._stop_asked.is_set() or any(b"EXISTS" in line or b"RECENT" in line for line in news):
                    break
                if any(line[:1] == (b"BYE",) for line in news):
                    raise IMAPClientAbortError("the server said goodbye")
        finally:
            client.idle_done()

    def _remember(self, inbox: Inbox, last_uid: int, validity: int | None = None) -> None:
        inbox.imap_last_uid = last_uid
        changed: dict[str, int] = {"imap_last_uid": last_uid}
        if validity is not None:
            inbox.imap_uidvalidity = changed["imap_uidvalidity"] = validity
        Inbox.objects.filter(pk=inbox.pk).update(**changed)

    def _answered(self) -> None:
        Inbox.objects.filter(pk=self.inbox_id).update(
            answered_at=clock.now(), failing_since=None, last_error=self._complaint
        )

    def _failed(self, error: Exception) -> None:
        inbox = Inbox.objects.filter(pk=self.inbox_id).first()
        problem = check.describe(error, side="imap", host=inbox.imap_host if inbox else "")
        log.warning("imap.failed", inbox=self.inbox_id, code=problem.code, words=problem.words)
        try:
            Inbox.objects.filter(pk=self.inbox_id).update(
                failing_since=Coalesce("failing_since", Value(clock.now())), last_error=problem.words
            )
        except DatabaseError:
            log.warning("imap.database_away", inbox=self.inbox_id, exc_info=True)


def _fetched(client: IMAPClient, uids: list[int]) -> dict[int, bytes]:
    answer = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
    return {uid: bytes(found[b"BODY[]"]) for uid, found in answer.items() if found.get(b"BODY[]") is not None}


def _batch(uids: list[int], sizes: dict[int, int]) -> list[int]:
    """So many from the front that they stay below four megabytes; one at least."""
    batch: list[int] = []
    total = 0
    for uid in uids[:_BATCH]:
        total += min(sizes.get(uid, 0), MAX_BYTES)
        if batch and total > _BATCH_BYTES:
            break
        batch.append(uid)
    return batch


class Supervisor:
    """Keeps one fetcher running for each active IMAP inbox, with the settings it has now."""

    def __init__(self) -> None:
        self._fetchers: dict[int, tuple[Fetcher, tuple[object, ...]]] = {}

    def look(self) -> None:
        """Start, restart and stop fetchers so that they match the inboxes. Cheap: ask every few seconds."""
        wanted = {
            inbox.pk: _settings(inbox)
            for inbox in Inbox.objects.filter(kind="email", is_active=True, fetch=Inbox.Fetch.IMAP)
        }
        for inbox_id, (fetcher, running) in list(self._fetchers.items()):
            if wanted.get(inbox_id) != running or not fetcher.is_alive():
                fetcher.stop()
                if fetcher.is_alive():
                    fetcher.join(timeout=5)
                if inbox_id in wanted and wanted[inbox_id][:3] != running[:3]:
                    # Another mailbox: the old position means nothing there.
                    Inbox.objects.filter(pk=inbox_id).update(imap_uidvalidity=None, imap_last_uid=0)
                del self._fetchers[inbox_id]
        for inbox_id in wanted.keys() - self._fetchers.keys():
            fetcher = Fetcher(inbox_id)
            self._fetchers[inbox_id] = (fetcher, wanted[inbox_id])
            fetcher.start()

    def stop(self, seconds: float = 10.0) -> None:
        for fetcher, _settings_then in self._fetchers.values():
            fetcher.stop()
        ends = clock.now() + timedelta(seconds=seconds)
        for fetcher, _settings_then in self._fetchers.values():
            fetcher.join(timeout=max((ends - clock.now()).total_seconds(), 0.1))
        self._fetchers.clear()

    def __len__(self) -> int:
        return len(self._fetchers)


def _settings(inbox: Inbox) -> tuple[object, ...]:
    """The first three say which mailbox it is, the rest how we get there."""
    return (
        inbox.imap_host,
        inbox.imap_user,
        inbox.imap_folder,
        inbox.imap_port,
        inbox.imap_security,
        inbox.imap_password,
        inbox.imap_after,
        inbox.imap_move_to,
        inbox.sign,
        inbox.oauth_client_id,
        inbox.oauth_client_secret,
        inbox.oauth_token_url,
        inbox.oauth_scope,
    )


def _came_along(client: IMAPClient) -> bool:
    """Whether news came in one packet with the "+" that begins IDLE, as news of what arrived since we last
    looked does: the library has then read it into its buffer, and waits for the socket to say the like."""
    socket = client.socket()
    patience = socket.gettimeout()
    socket.setblocking(False)
    try:
        return b"EXISTS" in client._imap.file.peek()
    except OSError:
        return False  # nothing has been read ahead
    finally:
        socket.settimeout(patience)
