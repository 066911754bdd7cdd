from django.db import models

from channels_in.models.inbox import Inbox
from people.models import Contact
from tickets.models import Message, Ticket


class Thread(models.Model):
    """A conversation outside: one chat of a bot, one visitor's session. Mail needs none, it has Message-IDs.

    ``ticket`` is where what is said there goes now; a solved one stays until the next message decides.
    Lock order: the thread before its ticket; nobody locks a thread while holding a ticket.
    """

    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="threads", db_index=False)
    external_id = models.CharField(max_length=200, help_text="what the channel calls the conversation")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="threads")
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, blank=True, related_name="threads")
    state = models.JSONField(default=dict, blank=True, help_text="what the channel remembers of it")
    is_blocked = models.BooleanField(default=False, help_text="what we send does not get there")
    created_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(null=True, blank=True, help_text="the customer's last message")

    class Meta:
        constraints = [
            # Serves thread_of(), and keeps two of the same from being made at once.
            models.UniqueConstraint(fields=["inbox", "external_id"], name="channels_in_thread_once"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} in {self.inbox_id}"


class MailReference(models.Model):
    """A Message-ID we have seen or made, and the message it belongs to: what foreign replies refer to."""

    external_id = models.CharField(max_length=500, help_text="without <>")
    message = models.ForeignKey(Message, models.CASCADE, related_name="mail_references")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    is_ours = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Serves threading by foreign Message-ID.
            models.UniqueConstraint(fields=["external_id", "message"], name="channels_in_reference_once"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ThreadMessage(models.Model):
    """What a messenger calls a message of ours or theirs: for replies to it, edits, and never twice."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="messages", db_index=False)
    external_id = models.CharField(max_length=200, help_text="unique within the conversation")
    message = models.ForeignKey(Message, models.CASCADE, related_name="thread_messages")

    class Meta:
        constraints = [
            # Serves message_called().
            models.UniqueConstraint(fields=["thread", "external_id"], name="channels_in_thread_message_once"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} in {self.thread_id}"
