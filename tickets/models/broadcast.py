from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from people.models import Contact, User
from tickets.models.message import Message
from tickets.models.problem import Problem
from tickets.models.status import Status
from tickets.models.ticket import Ticket


class Broadcast(models.Model):
    """One message to all who asked because of a problem: what it says, how fast it goes, how far it is.

    ``tickets.commands.broadcasts`` writes it, ``channels_in.broadcasts`` sends it.
    """

    class State(models.TextChoices):
        SENDING = "sending", pgettext_lazy("broadcast", "Being sent")
        STOPPED = "stopped", pgettext_lazy("broadcast", "Stopped")
        DONE = "done", pgettext_lazy("broadcast", "Sent")

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="broadcasts", db_index=False)
    author = models.ForeignKey(User, models.PROTECT, related_name="broadcasts")
    texts = models.JSONField(help_text="by language, with variables: channels_in.broadcasts.words")
    status = models.ForeignKey(
        Status, models.PROTECT, null=True, related_name="+", help_text="what its tickets get with it"
    )
    per_minute = models.PositiveSmallIntegerField(default=60)
    total = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.SENDING)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="sent to the last, or stopped")

    class Meta:
        constraints = [
            # Serves the sweep too: those that are being sent.
            models.UniqueConstraint(
                fields=["problem"], name="tickets_broadcast_one_at_once", condition=Q(state="sending")
            ),
            models.CheckConstraint(
                condition=Q(per_minute__gte=1, per_minute__lte=600), name="tickets_broadcast_budget"
            ),
        ]
        # A problem's page: its messages, newest first.
        indexes = [models.Index(F("problem"), F("id").desc(), name="tickets_broadcast_problem")]

    def __str__(self) -> str:
        return f"broadcast {self.pk} of problem {self.problem_id}"


class BroadcastRecipient(models.Model):
    """One person of a broadcast, and the ticket they get it on.

    Claimed by a lease (``attempts``, ``not_before``); message and ``state`` are written in one transaction.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("broadcast", "Waiting")
        SENT = "sent", pgettext_lazy("broadcast", "Sent")
        SKIPPED = "skipped", pgettext_lazy("broadcast", "Left out")
        FAILED = "failed", pgettext_lazy("broadcast", "Failed")

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="recipients", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", help_text="the person, unmerged")
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True, help_text="why not: a code, or a verb's refusal")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Nobody gets it twice.
            models.UniqueConstraint(fields=["broadcast", "contact"], name="tickets_recipient_once"),
            models.UniqueConstraint(fields=["broadcast", "ticket"], name="tickets_recipient_ticket"),
        ]
        indexes = [
            # Who is next.
            models.Index(
                fields=["broadcast", "not_before", "id"],
                name="tickets_recipient_waiting",
                condition=Q(state="waiting"),
            ),
            # The budget: how many went in the last minute.
            models.Index(
                fields=["broadcast", "settled_at"], name="tickets_recipient_sent", condition=Q(state="sent")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} of broadcast {self.broadcast_id}"
