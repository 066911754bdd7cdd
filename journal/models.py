"""The journal: audit trail, timeline and transactional outbox in one table."""

from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from journal import events
from journal.actor import Actor, ActorKind

# What an administrator asks of: whatever is not a ticket's life, without what is said all day long; and what
# of a ticket's life takes something away. Indexes are made of it, so that a new kind on another stream is
# found without a migration.
BY_MACHINES = [
    "availability_changed", "contact_attributes_set", "inbound_quarantined", "mailbox_back",
    "mailbox_silent", "shift_digest", "tickets_assigned",
]  # fmt: skip
TAKEN_AWAY = [
    "attachment_redacted", "message_redacted", "ticket_deleted", "ticket_restored", "visitor_banned",
    "visitor_unbanned",
]  # fmt: skip
OF_ADMINISTRATION = ~(Q(stream_type="ticket") | Q(kind__in=BY_MACHINES)) | Q(kind__in=TAKEN_AWAY)


class Entry(models.Model):
    """One thing that happened, in the order of its stream. Never changed, never deleted."""

    stream_type = models.CharField(max_length=16)
    stream_id = models.BigIntegerField()
    sequence = models.PositiveIntegerField(help_text="1, 2, 3 … within the stream")
    kind = models.CharField(max_length=48)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=64, blank=True)
    cause = models.ForeignKey("self", models.PROTECT, null=True, related_name="effects", db_index=False)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Serves the timeline, replay and the next sequence; and keeps two writers apart.
            models.UniqueConstraint(
                fields=["stream_type", "stream_id", "sequence"], name="journal_stream_order"
            ),
        ]
        indexes = [
            # routing.fairness: who got tickets in a period.
            models.Index(
                fields=["happened_at"],
                name="journal_entry_assignments",
                condition=Q(kind__in=["ticket_assigned", "ticket_opened"]),
            ),
            # routing.simulation.history: of which tickets anything was heard in a period.
            BrinIndex(fields=["recorded_at"], name="journal_entry_recorded", autosummarize=True),
            # The audit of changes (desk.audit): all of them, of one person, of some kinds, newest first.
            models.Index(
                F("happened_at").desc(), F("id").desc(), name="journal_audit", condition=OF_ADMINISTRATION
            ),
            models.Index(
                F("actor_id"),
                F("happened_at").desc(),
                F("id").desc(),
                name="journal_audit_actor",
                condition=OF_ADMINISTRATION,
            ),
            models.Index(
                F("kind"),
                F("happened_at").desc(),
                F("id").desc(),
                name="journal_audit_kind",
                condition=OF_ADMINISTRATION,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream_type}:{self.stream_id}#{self.sequence} {self.kind}"

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind(self.actor_kind), self.actor_id, self.actor_name)

    @property
    def event(self) -> events.Event:
        return events.load(self.kind, self.stream_id, self.data)


class Delivery(models.Model):
    """An entry that a subscriber still has to hear of. Gone once heard; parked after eight failures."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=48)
    stream_type = models.CharField(max_length=16)
    stream_id = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    parked = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "subscriber"], name="journal_delivery_once")]
        indexes = [
            # drain(): the next delivery of a stream, in order.
            models.Index(
                fields=["stream_type", "stream_id", "subscriber", "entry"],
                name="journal_delivery_stream",
                condition=Q(parked=False),
            ),
            # sweep(): whatever is due.
            models.Index(fields=["not_before"], name="journal_delivery_due", condition=Q(parked=False)),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} ← {self.stream_type}:{self.stream_id}"


class StaleStream(models.Model):
    """A stream whose inline subscriber raised: what it keeps is wrong until it is replayed."""

    subscriber = models.CharField(max_length=48)
    stream_type = models.CharField(max_length=16)
    stream_id = models.BigIntegerField()
    error = models.TextField()
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "stream_type", "stream_id"], name="journal_stale_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} stale on {self.stream_type}:{self.stream_id}"
