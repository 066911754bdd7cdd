"""What the desk itself remembers: which forms have been posted already, and what was searched for."""

from django.db import models

from people.models import User


class PostedForm(models.Model):
    """A form carries a key; the row is written in the transaction of what the form does.

    So the same form sent twice, by an impatient double click or a browser that retries, acts once.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=64, blank=True, help_text="what it made, e.g. message:12")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Serves once(): of two at the same time the second waits, then finds the first.
            models.UniqueConstraint(fields=["user", "key"], name="desk_posted_form_once"),
        ]
        indexes = [
            # forgetting old keys
            models.Index(fields=["created_at"], name="desk_posted_form_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.user_id}: {self.outcome}"


class RecentSearch(models.Model):
    """One of the last searches of somebody, theirs alone."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    text = models.CharField(max_length=200)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Also serves the few of one person.
            models.UniqueConstraint(fields=["user", "text"], name="desk_recent_search_once"),
        ]

    def __str__(self) -> str:
        return f"{self.text} of {self.user_id}"
