"""Demo: a customer writes. The mail goes through the listener's real SMTP port."""

import mimetypes
import random
import smtplib
from argparse import ArgumentParser
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_in.models import Inbox, Outbound
from common import clock

_LETTERS = (
    (
        "Marta Lindqvist",
        "marta.lindqvist@nordhaus.example",
        "Invoice shows the old VAT number",
        """Hello,

the invoice we got this morning still carries our old VAT number. We changed it in the account settings last
week. Could you issue it again with the new one? Our accounting closes on Friday.

Kind regards
Marta Lindqvist""",
    ),
    (
        "Олег Савельев",
        "o.savelev@promteh.example",
        "Не приходит код подтверждения",
        """Добрый день!

С утра не могу войти: код подтверждения по СМС не приходит, хотя номер верный. Пробовал трижды с разных
телефонов. Подскажите, как войти, сегодня сдаём отчёт.

Олег Савельев""",
    ),
    (
        "Priya Raman",
        "priya@lumenworks.example",
        "Export stops at 10,000 rows",
        """Hi,

when I export the order list to CSV, the file ends at exactly 10,000 rows although the filter shows 23,418. No
error appears. Is this a limit, and can it be raised for us?

Thanks,
Priya""",
    ),
    (
        "Елена Круглова",
        "kruglova@sadovod.example",
        "Доставка: два места вместо трёх",
        """Здравствуйте.

По заказу пришли две коробки, а в накладной указано три. Курьер сказал, что больше ничего не было. Пожалуйста,
проверьте на складе.

С уважением,
Елена Круглова""",
    ),
)

_QUESTION = "Thank you for the quick answer. Does this also apply to our second account?"


class Command(BaseCommand):
    help = "Send a believable new mail to the first inbox through the mail listener (demo and development)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", default="", help="an inbox's address; the first one by default")
        parser.add_argument("--from", dest="sender", default="", metavar="ADDRESS")
        parser.add_argument("--name", default="", help="the sender's name")
        parser.add_argument("--subject", default="")
        parser.add_argument("--text", default="")
        parser.add_argument("--attach", action="append", default=[], type=Path, metavar="FILE")
        parser.add_argument(
            "--reply-to-last", action="store_true", help="answer our latest reply, as its recipient would"
        )
        parser.add_argument("--host", default=settings.MAIL_LISTEN_HOST)
        parser.add_argument("--port", type=int, default=settings.MAIL_SMTP_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        mail = self._answer() if options["reply_to_last"] else self._letter()
        if options["to"]:
            _set(mail, "To", options["to"])
        if options["sender"]:
            local, _, domain = options["sender"].rpartition("@")
            _set(mail, "From", Address(options["name"], local, domain))
        if options["subject"]:
            _set(mail, "Subject", options["subject"])
        mail.set_content(options["text"] or mail.get_content())
        for path in options["attach"]:
            main, _, sub = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
            mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)
        try:
            with smtplib.SMTP(options["host"], options["port"], timeout=10) as server:
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise CommandError(
                f"The mail listener on {options['host']}:{options['port']} did not take it: {error}"
            ) from error
        self.stdout.write(f"Sent “{mail['Subject']}” from {mail['From']} to {mail['To']}.")

    def _letter(self) -> EmailMessage:
        inbox = Inbox.objects.filter(kind="email", is_active=True).order_by("pk").first()
        if inbox is None:
            raise CommandError("There is no active mail inbox.")
        language = inbox.brand.language
        fitting = [one for one in _LETTERS if one[2].isascii() == (language != "ru")]
        name, address, subject, text = random.choice(fitting)  # noqa: S311  # which letter is no secret
        return _mail(name, address, inbox.address, subject, text)

    def _answer(self) -> EmailMessage:
        last = (
            Outbound.objects.filter(status="sent").select_related("message", "inbox").order_by("-id").first()
        )
        if last is None:
            raise CommandError("Nothing has been sent yet that could be answered.")
        person = (last.message.to or last.message.cc or [{}])[0]
        contact = last.message.ticket.requester
        mail = _mail(
            person.get("name") or contact.name,
            person.get("address") or contact.address,
            last.inbox.address,
            f"Re: {last.message.ticket.subject}",
            f"{_QUESTION}\n\n" + "\n".join(f"> {line}" for line in last.message.text.splitlines()),
        )
        mail["In-Reply-To"] = mail["References"] = f"<{last.external_id}>"
        return mail


def _mail(name: str, address: str, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    local, _, domain = address.rpartition("@")
    mail["From"] = Address(name, local, domain)
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(domain=domain)
    mail.set_content(text)
    return mail


def _set(mail: EmailMessage, header: str, value: object) -> None:
    del mail[header]
    mail[header] = value
