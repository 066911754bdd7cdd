"""Verbs for webhooks."""

from typing import Any

from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from notifications.events import WebhookChanged, WebhookCreated, WebhookSecretRenewed
from notifications.models import Webhook, WebhookCall
from notifications.webhooks import payload
from notifications.webhooks.guard import Forbidden, check_url
from notifications.webhooks.signing import new_secret
from tickets.errors import Invalid
from tickets.events import WebhookRequested
from tickets.models import Ticket

FIELDS = frozenset({"name", "url", "brand", "is_active"})


@transaction.atomic
def create_webhook(*, actor: Actor, **fields: Any) -> tuple[Webhook, str]:
    """A webhook and its secret, which is not shown again. Raises ``Invalid`` for an address we never call."""
    _known(fields)
    secret = new_secret()
    hook = Webhook.objects.create(secret=secret, created_at=clock.now(), **fields)
    record(WebhookCreated(hook.pk, hook.name, hook.url), actor=actor)
    return hook, secret


@transaction.atomic
def change_webhook(webhook_id: int, *, actor: Actor, **fields: Any) -> Webhook:
    """Change what is named; changing nothing records nothing. Raises ``Invalid``."""
    _known(fields)
    hook = Webhook.objects.select_for_update(no_key=True, of=("self",)).get(pk=webhook_id)
    changes = {
        name: [_raw(getattr(hook, name)), _raw(value)]
        for name, value in fields.items()
        if getattr(hook, name) != value
    }
    if changes:
        for name in changes:
            setattr(hook, name, fields[name])
        hook.save(update_fields=list(changes))
        record(WebhookChanged(hook.pk, changes), actor=actor)
    return hook


@transaction.atomic
def renew_secret(webhook_id: int, *, actor: Actor) -> str:
    """Another secret from the next request on; returns it, once."""
    hook = Webhook.objects.select_for_update(no_key=True, of=("self",)).get(pk=webhook_id)
    hook.secret = new_secret()
    hook.save(update_fields=["secret"])
    record(WebhookSecretRenewed(hook.pk), actor=actor)
    return hook.secret


def request_call(event: WebhookRequested, entry: Entry) -> WebhookCall | None:
    """Plan the call that a reactor asked for, once for each entry; of another brand's ticket none.

    A webhook that was switched off keeps the call as failed, so that people see what was not said.
    """
    hook = Webhook.objects.filter(pk=event.webhook_id).first()
    if hook is None:
        return None
    brand_id = Ticket.objects.filter(pk=event.ticket_id).values_list("brand_id", flat=True).first()
    if brand_id is None or (hook.brand_id is not None and hook.brand_id != brand_id):
        return None
    now = clock.now()
    call, _created = WebhookCall.objects.get_or_create(
        entry_id=entry.pk,
        defaults={
            "webhook": hook,
            "ticket_id": event.ticket_id,
            "payload": payload.of_request(event, entry),
            "not_before": now,
            "created_at": now,
        },
    )
    return call


def send_test(webhook_id: int) -> WebhookCall:
    """Plan a call that tells nothing but that it works."""
    now = clock.now()
    return WebhookCall.objects.create(
        webhook_id=webhook_id, payload=payload.of_test(now.isoformat()), not_before=now, created_at=now
    )


def send_again(call_id: int) -> bool:
    """Let a call that has ended try from the start, with the same key. False while it is still on its way."""
    rows = WebhookCall.objects.filter(
        pk=call_id, state__in=[WebhookCall.State.FAILED, WebhookCall.State.DONE]
    )
    waiting = WebhookCall.State.WAITING
    return rows.update(state=waiting, attempts=0, not_before=clock.now(), ended_at=None) == 1


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"a webhook has no {', '.join(sorted(unknown))}")
    if "url" in fields:
        try:
            check_url(fields["url"])
        except Forbidden as error:
            raise Invalid("url", str(error)) from error


def _raw(value: Any) -> Any:
    return getattr(value, "pk", value)
