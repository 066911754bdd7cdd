from django.db import models
from django.db.models import F

from people.models import User


class AutomaticMail(models.Model):
    """An automatic mail we sent: the budget per correspondent counts these (2 in 3 hours, 10 a day)."""

    address = models.CharField(max_length=320)
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("address"), F("sent_at").desc(), name="channels_in_automatic_budget")]

    def __str__(self) -> str:
        return f"{self.address} {self.sent_at:%F %T}"


class BlockedSender(models.Model):
    """Mail from this address, or domain, is kept but makes no ticket."""

    pattern = models.CharField(max_length=320, unique=True, help_text="an address, or @domain; lower case")
    reason = models.CharField(max_length=400, blank=True)
    blocked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    hits = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern
