"""``manage.py telegram_server``: the demonstration's Bot API server."""

import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.demo.telegram.cast import BOTS
from helpdesk.demo.telegram.server import FakeTelegram
from helpdesk.demo.telegram.state import State


class Command(BaseCommand):
    help = "Be Telegram, on loopback, for the demonstration's bots and the page /demo/telegram/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.TELEGRAM_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This Telegram belongs to the demonstration; set DEMO=true for one.")
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_given: stopped.set())
        state = State(folder=Path(settings.VAR_DIR) / "telegram")
        for bot in BOTS:
            state.add_bot(bot.token, username=bot.username, name=bot.name)
        try:
            server = FakeTelegram(state, port=options["port"]).start()
        except OSError as error:
            raise CommandError(f"Cannot listen: {error}") from error
        stopped.wait()
        server.stop()
