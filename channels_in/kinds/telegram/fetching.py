"""The files of updates: fetched before their message is made, beside the intake: no chat waits for another.

The intake notes which files it needs and looks again when they are there, or when it is clear that they never
will be. A file that cannot be had is told in the message.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from channels_in.kinds.telegram.api import MOST_BYTES_IN, ApiError, BotApi, Unreachable
from channels_in.kinds.telegram.parsing import File
from channels_in.models import Inbound, TelegramBot, TelegramFile
from common import clock
from common.crypto import SecretUnreadableError
from common.queue import ask, ask_on_commit
from tickets.content import FileContent

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=4)
_BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 180))
_Status = TelegramFile.Status


def prepare(inbound: Inbound, files: Sequence[File]) -> bool:
    """Note which files of an update are needed; True once all are there or never will be."""
    from channels_in import tasks

    rows = {row.place: row for row in inbound.telegram_files.defer("data")}
    now = clock.now()
    new = [
        TelegramFile(inbound=inbound, place=place, file_id=file.file_id, not_before=now)
        for place, file in enumerate(files)
        if place not in rows and not _problem(file)
    ]
    TelegramFile.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        ask_on_commit(tasks.fetch_files, inbound.pk)
    return not new and all(row.status != _Status.WAITING for row in rows.values())


def _problem(file: File) -> str:
    """Why a file will never be had, as a code; empty if it may be."""
    if not file.file_id:
        return "gone"
    return "too-large" if (file.size or 0) > MOST_BYTES_IN else ""


def contents(
    inbound: Inbound, files: Sequence[File], *, number: int | None
) -> tuple[list[FileContent], list[str]]:
    """The files as they go into the message, and a line for each that could not be had."""
    rows = {row.place: row for row in inbound.telegram_files.all()}
    found, missing = [], []
    for place, file in enumerate(files):
        name = f"photo_{number}.jpg" if file.kind == "photo" else file.name
        row = rows.get(place)
        if row is not None and row.status == _Status.FETCHED:
            found.append(FileContent(name, file.content_type, bytes(row.data)))
        else:
            missing.append(_line(name, file, _problem(file) or (row.problem if row else "") or "gone"))
    return found, missing


def _line(name: str, file: File, problem: str) -> str:
    size = f", {filesizeformat(file.size)}" if file.size else ""
    if problem == "too-large":
        return _("[File not received: %(name)s%(size)s. Telegram gives bots files of up to 20 MB.]") % {
            "name": name, "size": size,
        }  # fmt: skip
    return _("[File not received: %(name)s%(size)s. Telegram did not give it to us.]") % {
        "name": name, "size": size,
    }  # fmt: skip


def forget(inbounds: Sequence[Inbound]) -> None:
    """The message has them now."""
    TelegramFile.objects.filter(inbound__in=inbounds).delete()


def fetch(inbound_id: int) -> int:
    """Fetch what is due of an update, and have the intake look again; how many files were tried."""
    tried = 0
    while (row := _claim(inbound_id)) is not None:
        tried += 1
        _fetch(row)
    if tried and not TelegramFile.objects.filter(inbound=inbound_id, status=_Status.WAITING).exists():
        _wake(inbound_id)
    return tried


def waiting() -> list[int]:
    """Updates with a file that is due: what a lost task has left."""
    due = TelegramFile.objects.filter(status=_Status.WAITING, not_before__lte=clock.now())
    return list(due.filter(_free()).values_list("inbound_id", flat=True).distinct()[:100])


def _free() -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=clock.now())


def _claim(inbound_id: int) -> TelegramFile | None:
    now = clock.now()
    with transaction.atomic():
        due = TelegramFile.objects.filter(inbound=inbound_id, status=_Status.WAITING, not_before__lte=now)
        row = due.filter(_free()).select_for_update(skip_locked=True).defer("data").order_by("place").first()
        if row is not None:
            row.claimed_until = now + LEASE
            row.attempts += 1
            row.save(update_fields=["claimed_until", "attempts"])
    return row


def _fetch(row: TelegramFile) -> None:
    bot = TelegramBot.objects.filter(inbox__inbound=row.inbound_id).first()
    if bot is None:
        _fail(row, "no-bot")
        return
    try:
        api = BotApi.of(bot)
        answer = api.call("getFile", {"file_id": row.file_id})
        path = answer.get("file_path") if isinstance(answer, dict) else None
        data = api.download(str(path or ""))
    except ApiError as error:
        if error.code == 413 or "too big" in error.description.lower():
            _fail(row, "too-large")
        elif error.code == 429 or error.code >= 500:
            _again(row, error.description, error.retry_after)
        else:
            log.warning("telegram.file_refused", inbound=row.inbound_id, error=str(error))
            _fail(row, error.description)
    except Unreachable as error:
        _again(row, error.words, None)
    except SecretUnreadableError as error:
        _again(row, str(error), None)
    else:
        TelegramFile.objects.filter(pk=row.pk).update(
            status=_Status.FETCHED, data=data, claimed_until=None, problem=""
        )


def _again(row: TelegramFile, words: str, after: timedelta | None) -> None:
    """Later; after a quarter of an hour's attempts the message comes without it."""
    if row.attempts > len(_BACKOFF):
        _fail(row, words)
        return
    TelegramFile.objects.filter(pk=row.pk).update(
        not_before=clock.now() + (after or _BACKOFF[row.attempts - 1]),
        claimed_until=None,
        problem=words[:300],
    )


def _fail(row: TelegramFile, problem: str) -> None:
    TelegramFile.objects.filter(pk=row.pk).update(
        status=_Status.FAILED, problem=problem[:300], claimed_until=None
    )


def _wake(inbound_id: int) -> None:
    """Have the intake look again at once: at the update, and at those of its chat that waited for it."""
    from channels_in import tasks

    inbound = Inbound.objects.only("pk", "inbox_id", "envelope_from").get(pk=inbound_id)
    pending = Inbound.objects.filter(
        inbox=inbound.inbox_id, status=Inbound.Status.PENDING, envelope_from=inbound.envelope_from
    )
    pending.filter(pk__gte=inbound_id).exclude(not_before=None).update(not_before=F("received_at"))
    ask(tasks.drain_inbox, inbound.inbox_id)
