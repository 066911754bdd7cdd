"""``manage.py demo``: fill an empty database with the demonstration, and say where everything is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.demo import loader
from helpdesk.demo.cast import PASSWORD, cast


class Command(BaseCommand):
    help = "Fill an empty database with the demonstration company; a second time changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--info", action="store_true", help="only say where everything is")
        parser.add_argument("--tickets", type=int, default=loader.TICKETS, help="how many (600)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            there = loader.is_there()
        except loader.NotEmptyError as error:
            raise CommandError("The database is not empty; the demonstration stays out of it.") from error
        if there:
            loader.meet_post_office()
            self.stderr.write("The demonstration is already there.")
        elif options["info"]:
            raise CommandError("There is no demonstration yet; run `manage.py demo` without --info.")
        else:
            self.stderr.write("Filling the database with the demonstration company …")
            seconds = loader.load(tickets=options["tickets"], say=self.stderr.write)
            self.stderr.write(f"Filled in {seconds:.0f} s.")
        self.stdout.write(summary())


def summary() -> str:
    """Where to look, whom to be, and how to send a mail."""
    lines = [f"  {user.get_role_display():<14} {user.email:<28} {user.name}" for user in cast()]
    smtp = f"{settings.MAIL_LISTEN_HOST}:{settings.MAIL_SMTP_PORT}"
    return "\n".join(
        [
            f"Desk         {settings.BASE_URL}/",
            f"Post office  {settings.BASE_URL}/demo/mail/  (all mail that leaves; answer as the customer)",
            f"Shop         {settings.BASE_URL}/demo/shop/  (the chat, as a visitor sees it)",
            f"Sign in as, each with the password {PASSWORD}",
            *lines,
            f"Write in     SMTP {smtp} to help@tihiy-pomol.example or support@stockwren.example,",
            "             or: make manage C=send_demo_mail",
        ]
    )
