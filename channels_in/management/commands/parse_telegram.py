"""Show what Telegram intake makes of updates: file paths on standard input, one JSON object a line out."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from channels_in.kinds.telegram.parsing import Update, parse


class Command(BaseCommand):
    help = (
        "Read the Telegram updates whose paths stand on standard input, one a line, and print one JSON"
        " object a line. A message on its own, outside an update, is read as well."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("json",), default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sys.stdin:
            if path := line.rstrip("\r\n"):
                self.stdout.write(json.dumps(answer(path), ensure_ascii=True))


def answer(path: str) -> dict[str, Any]:
    try:
        raw = Path(path).read_bytes()
    except OSError as failure:
        return as_json(path, Update(error=f"unreadable: {failure.strerror}"))
    return as_json(path, parse(raw))


def as_json(path: str, update: Update) -> dict[str, Any]:
    sender = update.sender
    return {
        "path": path,
        "ignored": update.ignored or update.error or None,
        "external_id": _external_id(update),
        "chat_id": update.chat.id if update.chat else None,
        "sender": sender
        and {
            "id": sender.id,
            "name": sender.name,
            "username": sender.username,
            "language": sender.language,
        },
        "text": update.text,
        "html": update.html,
        "attachments": [
            {
                "kind": file.kind,
                "name": file.name,
                "content_type": file.content_type,
                "size": file.size,
                "file_id": file.file_id,
            }
            for file in update.files
        ],
        "reply_to": update.reply_to,
        "edited": update.kind == "edit",
    }


def _external_id(update: Update) -> str | None:
    """What names it within its chat: a message, the press of a button, or else the update."""
    if update.kind == "callback":
        return update.callback_id
    number = update.message_id if update.message_id is not None else update.update_id
    return None if number is None else str(number)
