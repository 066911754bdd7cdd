"""``manage.py post_office``: the demonstration's SMTP server, which keeps what leaves."""

import asyncio
import signal
from typing import Any

from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.demo.post_office import LARGEST, Clerk


class Sink(SMTP):
    """Lets lines pass that are longer than RFC 5321 wants: the page is to show what was sent."""

    line_length_limit = 1024 * 1024


class Command(BaseCommand):
    help = "Keep every mail that leaves, on loopback, for the page /demo/mail/ (demonstration only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.POST_OFFICE_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The post office belongs to the demonstration; set DEMO=true for one.")
        try:
            asyncio.run(self._run(options["port"]))
        except OSError as error:
            raise CommandError(f"Cannot listen: {error}") from error

    async def _run(self, port: int) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        clerk = Clerk()
        server = await loop.create_server(
            lambda: Sink(
                clerk, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost", loop=loop
            ),
            "127.0.0.1",
            port,
        )
        await stopped.wait()
        server.close()
