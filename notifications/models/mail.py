from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User


class NoticeMail(models.Model):
    """A mail that tells one person of one or many notices: claimed by a lease, in a visible state."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        NEEDLESS = "needless", _("Read before it left")

    user = models.ForeignKey(User, models.CASCADE, related_name="notice_mails")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    is_open = models.BooleanField(default=True, help_text="further notices still join it")
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(
        null=True, blank=True, help_text="the data was on its way to the server: after a crash, maybe sent"
    )
    maybe_twice = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="what the server said last")
    external_id = models.CharField(max_length=120, unique=True, help_text="its Message-ID, without <>")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # give(): the one mail of a person that notices join.
            models.UniqueConstraint(
                fields=["user"], name="notifications_one_open_mail", condition=Q(is_open=True)
            ),
        ]
        indexes = [
            # mailing.send_due(): what is due, or whose lease ran out.
            models.Index(
                fields=["not_before"],
                name="notifications_mail_due",
                condition=Q(state__in=["waiting", "sending"]),
            ),
            # The mail health page: what failed, newest first.
            models.Index(fields=["-id"], name="notifications_mail_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.user_id}: {self.state}"
