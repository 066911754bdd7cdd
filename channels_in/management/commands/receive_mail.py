"""A pipe for mail: what an MTA or procmail runs for each message. Exit codes of sysexits.h."""

import os
import sys
from argparse import ArgumentParser
from email import policy
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError

from channels_in import intake
from channels_in.directory import Directory
from channels_in.kinds.email.limits import Limits
from channels_in.models import Inbound, Inbox

# What the headers call a recipient when the MTA does not say.
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")


class Command(BaseCommand):
    help = (
        "Take one message from standard input: 0 when it is stored, 67 for an unknown recipient, 65 for an "
        "empty or too large message, 75 when the database is away (the MTA tries again)."
    )
    requires_system_checks = []  # a pipe must be quick, and must not fail because of a page

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="envelope recipient")
        parser.add_argument(
            "--inbox", default="", metavar="ADDRESS", help="the inbox, whatever the headers say"
        )
        parser.add_argument("--from", dest="sender", default="", metavar="ADDRESS", help="envelope sender")

    def handle(self, *args: Any, **options: Any) -> None:
        limit = Limits.from_settings().message_bytes
        raw = sys.stdin.buffer.read(limit + 1)
        if not raw.strip() or len(raw) > limit:
            self._leave(
                os.EX_DATAERR, "The message is empty." if not raw.strip() else "The message is too large."
            )
        try:
            self._store(raw, options)
        except DatabaseError as error:
            self._leave(os.EX_TEMPFAIL, f"The database is away: {error}")

    def _store(self, raw: bytes, options: dict[str, Any]) -> None:
        directory = Directory.load()
        recipients = [options["inbox"]] if options["inbox"] else options["to"] or _recipients(raw)
        inboxes: list[Inbox] = directory.find(recipients)
        if not inboxes:
            self._leave(os.EX_NOUSER, f"No active inbox for {', '.join(recipients) or 'this message'}.")
        for inbox in inboxes:
            intake.store(
                inbox,
                raw,
                via=Inbound.Via.PIPE,
                envelope_from=options["sender"],
                envelope_to=options["to"],
            )

    def _leave(self, code: int, words: str) -> None:
        self.stderr.write(words)
        sys.exit(code)


def _recipients(raw: bytes) -> list[str]:
    """Every address in the recipients' headers; those of the last delivery come first."""
    # compat32 reads whatever is broken without raising.
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    values = [str(value) for name in _RECIPIENT_HEADERS for value in headers.get_all(name, [])]
    return list(dict.fromkeys(address for _name, address in getaddresses(values) if "@" in address))
