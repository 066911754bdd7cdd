from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from people.models import Contact, User
from tickets.models.ticket import Channel, Ticket


class MessageKind(models.TextChoices):
    MESSAGE = "message", _("Message")  # public, from the customer's side
    REPLY = "reply", _("Reply")  # public, from ours
    NOTE = "note", _("Private note")
    SYSTEM = "system", _("Automatic message")  # acknowledgements, auto-replies, bounces


class Direction(models.TextChoices):
    IN = "in", _("Received")
    OUT = "out", _("Sent")
    INTERNAL = "internal", _("Internal")


class SideThread(models.Model):
    """A conversation with somebody outside (a supplier, say) about a ticket, unseen by the customer."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="side_threads")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="side_threads")
    subject = models.CharField(max_length=400, blank=True)
    key = models.CharField(max_length=12, unique=True, help_text="random, signed into its Message-IDs")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subject} ({self.contact_id})"


class Message(models.Model):
    """What somebody said in a ticket. Folded text is kept beside the visible one, never cut."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", db_index=False)
    side_thread = models.ForeignKey(
        SideThread, models.CASCADE, null=True, blank=True, related_name="messages"
    )
    kind = models.CharField(max_length=8, choices=MessageKind)
    direction = models.CharField(max_length=8, choices=Direction)
    channel = models.CharField(max_length=16, choices=Channel)
    author_contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    author_user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="messages")
    author_name = models.CharField(max_length=200, blank=True, help_text="as the sender called themselves")
    is_automatic = models.BooleanField(
        default=False, help_text="stored and shown, in no figure, never reopens"
    )
    automatic_kind = models.CharField(
        max_length=16, blank=True, help_text="auto-reply, auto-generated, bounce, …"
    )
    is_thanks = models.BooleanField(default=False, help_text="a thank-you that therefore did not reopen")

    subject = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True, help_text="what was written now, as plain text")
    quoted_text = models.TextField(blank=True, help_text="folded: history and what was forwarded")
    html = models.TextField(blank=True, help_text="sanitised, the visible part; empty: show the text")
    quoted_html = models.TextField(blank=True, help_text="sanitised, the folded part")
    remote_images = models.PositiveSmallIntegerField(default=0, help_text="held back until the reader asks")
    sender = models.JSONField(null=True, blank=True, help_text="{name, address} of From")
    to = models.JSONField(default=list, blank=True, help_text="[{name, address}]")
    cc = models.JSONField(default=list, blank=True, help_text="[{name, address}]")
    answers = models.JSONField(
        default=list, blank=True, help_text="what a form asked, with its words of then: see tickets.answers"
    )
    based_on = models.BigIntegerField(
        null=True, blank=True, help_text="newest public message the author had seen"
    )

    created_at = models.DateTimeField(help_text="received, or sent")
    edited_at = models.DateTimeField(
        null=True, blank=True, help_text="its author changed it; what it said before is in its versions"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="undone before it left")
    redacted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # The conversation, in order.
            models.Index(fields=["ticket", "created_at", "id"], name="tickets_message_conversation"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="note", direction="internal") | (~Q(kind="note") & ~Q(direction="internal")),
                name="tickets_note_is_internal",
            ),
        ]
        ordering = [F("created_at").asc(), F("id").asc()]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} on #{self.ticket_id}"

    @property
    def is_public(self) -> bool:
        return self.kind != MessageKind.NOTE and self.side_thread_id is None
