from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from notifications.kinds import Kind
from notifications.models.mail import NoticeMail
from people.models import User
from tickets.models import Ticket


class Notice(models.Model):
    """Something one person is told about one ticket, or about several that ``data`` names.

    Raw values: the words are made when somebody reads it.

    While it is unread, the same again raises ``count`` instead of adding a row.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, blank=True, related_name="notices")
    kind = models.CharField(max_length=24, choices=Kind)
    about = models.CharField(
        max_length=40, blank=True, help_text="what tells two of a kind apart: a target, a rule's words"
    )
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    entry_id = models.BigIntegerField(help_text="the journal entry it comes from, the last one")
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    in_desk = models.BooleanField(default=True, help_text="shown in the bell; else only told by mail")
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(help_text="when it happened, the last time")
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(NoticeMail, models.SET_NULL, null=True, blank=True, related_name="notices")

    class Meta:
        constraints = [
            # give(): the same again, not read yet.
            models.UniqueConstraint(
                fields=["user", "ticket", "kind", "about"],
                name="notifications_notice_joined",
                condition=Q(read_at__isnull=True),
            ),
        ]
        indexes = [
            # The bell's list and its pages, newest first.
            models.Index(
                fields=["user", "-at", "-id"], name="notifications_notice_list", condition=Q(in_desk=True)
            ),
            # The bell's count.
            models.Index(
                fields=["user"],
                name="notifications_notice_unread",
                condition=Q(in_desk=True, read_at__isnull=True),
            ),
            # forget_old(): what was read long ago.
            models.Index(
                fields=["read_at"], name="notifications_notice_old", condition=Q(read_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on #{self.ticket_id or '–'} for {self.user_id}"

    @property
    def is_unread(self) -> bool:
        return self.read_at is None
