"""Show what mail intake makes of messages: file paths on standard input, one JSON object a line out."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from channels_in.kinds.email.parsing import Address, ParsedMail, parse, parse_body
from channels_in.kinds.email.parsing.charset import decode


class Command(BaseCommand):
    help = (
        "Parse the mails whose paths stand on standard input, one a line, and print one JSON object a line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format",
            choices=("rfc822", "text", "html"),
            default="rfc822",
            help="a whole message or a bare body",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sys.stdin:
            if path := line.rstrip("\r\n"):
                self.stdout.write(json.dumps(answer(path, options["format"]), ensure_ascii=True))


def answer(path: str, form: str) -> dict[str, Any]:
    try:
        raw = Path(path).read_bytes()
    except OSError as failure:
        return as_json(path, ParsedMail(error=f"unreadable: {failure.strerror}"))
    return as_json(path, parse(raw) if form == "rfc822" else parse_body(decode(raw), form))


def as_json(path: str, mail: ParsedMail) -> dict[str, Any]:
    bounce = mail.bounce
    return {
        "path": path,
        "subject": mail.subject,
        # Several authors (RFC 5322, 3.6.2) are a list, as in the other address fields.
        "from": [_person(author) for author in mail.authors]
        if len(mail.authors) > 1
        else _person(mail.sender),
        "reply_to": [_person(address) for address in mail.reply_to],
        "to": [_person(address) for address in mail.to],
        "cc": [_person(address) for address in mail.cc],
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "reply_without_signature": mail.reply_without_signature,
        "html": mail.html,
        "attachments": [
            {
                "name": file.name,
                "content_type": file.content_type,
                "size": file.size,
                "inline": file.inline,
                "content_id": file.content_id,
            }
            for file in mail.attachments
        ],
        "auto": mail.automatic.kind if mail.automatic else None,
        "bounce": bounce
        and {"recipients": bounce.recipients, "status": bounce.status, "permanent": bounce.permanent},
        "error": mail.error,
    }


def _person(address: Address | None) -> dict[str, str] | None:
    return {"name": address.name, "address": address.address} if address else None
