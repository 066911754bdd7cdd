from django.db import models

from common.labels import Labelled


class Skill(Labelled):
    """Something that a ticket may need and only some people can: a product, a trade, a clearance."""

    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
