"""``manage.py starters``: what a fresh installation begins with, for one that is older than that."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calendars.models import Calendar
from calendars.starter import make_calendar
from routing.starter import make_rules
from sla.starter import make_policy
from tickets.macro_starter import make_macros
from tickets.models import Brand


class Command(BaseCommand):
    help = "Make the starter calendar, SLA policy, rules and macros where there are none; twice is once."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        brand = Brand.objects.order_by("pk").first()
        if brand is None:
            raise CommandError("There is no brand yet: the first-run page makes all that work needs.")
        if not Calendar.objects.exists():
            version = make_calendar(zone=brand.time_zone or "UTC", language=brand.language)
            self.stdout.write(f"Calendar: {version.calendar}")
        if (policy := make_policy(brand.language)) is not None:
            self.stdout.write(f"SLA policy: {policy}; open tickets get their clocks within a minute")
        for rule in make_rules(brand.language):
            self.stdout.write(f"Rule: {rule}")
        for macro in make_macros(brand.language):
            self.stdout.write(f"Macro: {macro}")
