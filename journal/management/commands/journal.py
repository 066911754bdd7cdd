"""``manage.py journal replay|sweep|unpark|status``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal import drain, registry
from journal.models import Delivery, Entry, StaleStream


class Command(BaseCommand):
    help = "Look after the journal: replay an inline subscriber, sweep deliveries, unpark, show the status."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        replay = acts.add_parser("replay", help="rebuild what an inline subscriber keeps")
        replay.add_argument("subscriber")
        replay.add_argument("--stream", help="only this one, e.g. ticket:1042")
        acts.add_parser("sweep", help="settle every delivery that is due")
        unpark = acts.add_parser("unpark", help="let parked deliveries try again")
        unpark.add_argument("subscriber", nargs="?")
        acts.add_parser("status", help="what is waiting, parked or stale")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"])(options)

    def replay(self, options: dict[str, Any]) -> None:
        name = options["subscriber"]
        if name not in registry.inline:
            raise CommandError(
                f"no inline subscriber {name!r}; there are: {', '.join(sorted(registry.inline))}"
            )
        if options["stream"]:
            kind, _, number = options["stream"].partition(":")
            if not number.isdigit():
                raise CommandError("a stream is written like ticket:1042")
            streams = [(kind, int(number))]
        else:
            kinds = registry.inline[name].kinds
            streams = list(
                Entry.objects.filter(kind__in=kinds, sequence__gte=1)
                .order_by("stream_type", "stream_id")
                .values_list("stream_type", "stream_id")
                .distinct()
            )
        entries = sum(drain.replay(name, *stream) for stream in streams)
        self.stdout.write(f"{name}: {entries} entries of {len(streams)} streams replayed")

    def sweep(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{drain.sweep(limit=100_000, seconds=3600)} deliveries settled")

    def unpark(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{drain.unpark(options['subscriber'])} deliveries unparked")

    def status(self, options: dict[str, Any]) -> None:
        self.stdout.write(
            f"waiting  {Delivery.objects.filter(parked=False).count()}, lag {drain.lag():.1f} s"
        )
        for parked in Delivery.objects.filter(parked=True).select_related("entry"):
            self.stdout.write(f"parked   {parked.subscriber} {parked.entry}: {parked.error}")
        for stale in StaleStream.objects.all():
            self.stdout.write(f"stale    {stale}: {stale.error}")
