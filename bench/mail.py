"""Mails through intake, and deliveries through the journal's sweep, in this process alone."""

from __future__ import annotations

import random
from email.message import EmailMessage
from email.utils import format_datetime
from time import perf_counter

from bench.words import Writer
from channels_in import intake as door
from channels_in.models import Inbound, Inbox, MailReference
from common import clock
from journal import drain, registry
from journal.models import Delivery, Entry


def letters(count: int) -> list[tuple[Inbox, bytes]]:
    """Mails as they come: two new requests in three, each third an answer to a message there is.

    Half of the senders are new. One in ten has an attachment of 100 kB.
    """
    lots = random.Random(42)
    writer = Writer(lots)
    inboxes = list(Inbox.objects.order_by("pk"))
    known = list(
        MailReference.objects.filter(message__author_contact__isnull=False)
        .order_by("-pk")
        .values_list("external_id", "message__sender", "message__ticket__brand_id")[:count]
    )
    made = []
    for number in range(count):
        inbox = inboxes[number % len(inboxes)]
        letter = EmailMessage()
        sender = f"newcomer{number}@elsewhere.test" if number % 2 else f"regular{number % 7}@elsewhere.test"
        letter["Subject"] = writer.subject("ru")
        if number % 3 == 2 and len(known) > number:
            external, author, brand = known[number]
            sender = author["address"] if author else sender
            inbox = next(one for one in inboxes if one.brand_id == brand)
            letter["In-Reply-To"] = letter["References"] = f"<{external}>"
        letter["From"] = f"Вера Измерова <{sender}>"
        letter["To"] = inbox.address
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<bench-{number}-{lots.getrandbits(64):x}@elsewhere.test>"
        text = writer.message("ru", "Вера")
        letter.set_content(f"{text}\n\n> {writer.message('ru', 'Анна')}\n")
        letter.add_alternative(f"<p>{text}</p><blockquote>{text}</blockquote>", subtype="html")
        if number % 10 == 0:
            letter.add_attachment(
                lots.randbytes(100_000), maintype="application", subtype="pdf", filename="скан.pdf"
            )
        made.append((inbox, letter.as_bytes()))
    return made


def intake(mails: int) -> dict[str, float]:
    """Mails a second stored (as the listener does) and worked off (as one worker process does)."""
    made = letters(mails)
    first = perf_counter()
    ids = [
        door.store(inbox, raw, via="smtp", envelope_from="s@elsewhere.test", envelope_to=[inbox.address])[
            0
        ].pk
        for inbox, raw in made
    ]
    second = perf_counter()
    for inbox in {inbox.pk: inbox for inbox, _raw in made}.values():
        while Inbound.objects.filter(inbox=inbox, status=Inbound.Status.PENDING).exists():
            door.drain_pending(inbox.pk)
    third = perf_counter()
    done = Inbound.objects.filter(pk__in=ids, status=Inbound.Status.DONE).count()
    if done != mails:
        raise RuntimeError(f"{done} of {mails} mails became messages")
    return {"stored a second": mails / (second - first), "worked off a second": mails / (third - second)}


def sweep(deliveries: int) -> dict[str, float]:
    """What the sweep costs with nothing to do, and how many deliveries it settles a second."""
    registry.after.setdefault("bench", registry.After("bench", frozenset(), lambda entry, event: None))
    Delivery.objects.all().delete()
    idle = []
    for _ in range(20):
        began = perf_counter()
        drain.sweep()
        idle.append((perf_counter() - began) * 1000)
    now = clock.now()
    entries = Entry.objects.filter(kind="message_received").order_by("-pk")[:deliveries]
    Delivery.objects.bulk_create(
        Delivery(
            entry=entry,
            subscriber="bench",
            stream_type=entry.stream_type,
            stream_id=entry.stream_id,
            not_before=now,
        )
        for entry in entries
    )
    began = perf_counter()
    done = drain.sweep_before(now, limit=deliveries, seconds=60)
    return {
        "idle sweep, ms": sorted(idle)[len(idle) // 2],
        "deliveries a second": done / (perf_counter() - began) if done else 0.0,
    }
