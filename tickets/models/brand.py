from django.db import models

from common.labels import Labelled


class Brand(models.Model):
    """What the customer knows us as. Tickets, inboxes and texts of two brands never mix."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    colour = models.CharField(max_length=7, default="#2f6fde")
    signature = models.TextField(blank=True, help_text="after the agent's own")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(Labelled):
    """What a ticket is about: the first thing routing and reports ask."""

    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="topics")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]


class Service(Labelled):
    """What a customer can ask for in the catalogue."""

    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="services")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
