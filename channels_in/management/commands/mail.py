"""The process that takes in what comes: SMTP and LMTP listeners, IMAP fetchers, pollers of Telegram bots."""

import asyncio
import contextlib
import ctypes
import signal
from argparse import ArgumentParser
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from channels_in.kinds.email import imap
from channels_in.kinds.email.listener import Listener
from channels_in.kinds.telegram import polling

log = structlog.get_logger(__name__)

_M_MMAP_THRESHOLD = -3  # malloc.h
_LOOK_SECONDS = 3.0  # how soon a mailbox that was added or edited is fetched


class Command(BaseCommand):
    help = "Listen for SMTP and LMTP, fetch IMAP mailboxes, poll Telegram bots, until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.MAIL_LISTEN_HOST)
        parser.add_argument("--smtp-port", type=int, default=settings.MAIL_SMTP_PORT, help="0: any free one")
        parser.add_argument("--lmtp-port", type=int, default=settings.MAIL_LMTP_PORT, help="0: any free one")
        parser.add_argument("--no-imap", action="store_true", help="listen only: neither IMAP nor bots")

    def handle(self, *args: Any, **options: Any) -> None:
        _return_large_blocks()
        try:
            asyncio.run(self._run(options))
        except OSError as error:
            raise CommandError(f"Cannot listen: {error}") from error

    async def _run(self, options: dict[str, Any]) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        listener = Listener()
        smtp = await listener.start(options["host"], options["smtp_port"])
        lmtp = await listener.start(options["host"], options["lmtp_port"], lmtp=True)
        self.stdout.write(f"SMTP on {options['host']}:{smtp}, LMTP on {options['host']}:{lmtp}")
        self.stdout.flush()
        fetching = None if options["no_imap"] else asyncio.create_task(_fetch(stopped))
        await stopped.wait()
        log.info("mail.stopping")
        await listener.stop()
        if fetching is not None:
            await fetching
        log.info("mail.stopped", stored=listener.stored)


def _return_large_blocks() -> None:
    """Tell glibc to give memory of a megabyte or more back to the system when it is freed.

    By default it learns to keep it: a few mails of 25 MB and the process holds a gigabyte for ever.
    """
    with contextlib.suppress(AttributeError, OSError):  # another libc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


async def _fetch(stopped: asyncio.Event) -> None:
    """Keep the fetchers like the inboxes; a database that is away changes nothing until it is back."""
    supervisors = (imap.Supervisor(), polling.Supervisor())
    while not stopped.is_set():
        for supervisor in supervisors:
            await asyncio.to_thread(_look, supervisor)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _LOOK_SECONDS)
    for supervisor in supervisors:
        await asyncio.to_thread(supervisor.stop)


def _look(supervisor: imap.Supervisor | polling.Supervisor) -> None:
    close_old_connections()
    try:
        supervisor.look()
    except DatabaseError:
        log.warning("mail.database_away", exc_info=True)
    except Exception:  # a secret that no key opens, say: the listeners go on, and the log says why
        log.exception("mail.mailboxes_not_read")
    finally:
        connection.close()  # to_thread may use another thread next time
