"""What can happen to a webhook. ``changes`` maps a field to [old, new]; the secret is never in it."""

from typing import Any

from journal.events import Event, event


@event("webhook")
class WebhookCreated(Event):
    webhook_id: int
    name: str
    url: str


@event("webhook")
class WebhookChanged(Event):
    webhook_id: int
    changes: dict[str, Any]


@event("webhook")
class WebhookSecretRenewed(Event):
    webhook_id: int
