"""Acting once on a form that arrives twice."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction

from common import clock
from desk.models import PostedForm
from people.models import User

KEEP = timedelta(days=2)
SWEEP_ONE_IN = 200  # so seldom that nobody waits for it, so often that the table stays small
_LONGEST = 64


def new_key() -> str:
    """The key a form is born with."""
    return secrets.token_urlsafe(15)


def once(user: User, key: str, act: Callable[[], str]) -> tuple[str, bool]:
    """Run ``act`` in a transaction unless this form was posted before; returns (its outcome, whether it ran).

    A form without a key (somebody else's client) acts each time. What ``act`` raises undoes the key too.
    """
    if len(key) > _LONGEST or "\x00" in key:  # somebody else's client: cut, two might become one
        key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    if not key:
        with transaction.atomic():
            return act(), True
    try:
        with transaction.atomic():
            row = PostedForm.objects.create(user=user, key=key)
            row.outcome = act()[:64]
            row.save(update_fields=["outcome"])
        if secrets.randbelow(SWEEP_ONE_IN) == 0:
            forget_old()
        return row.outcome, True
    except IntegrityError:
        earlier = PostedForm.objects.filter(user=user, key=key).first()
        if earlier is None:  # the refusal was about something else
            raise
        return earlier.outcome, False


def forget_old() -> int:
    """Drop keys that no browser will send again."""
    return PostedForm.objects.filter(created_at__lt=clock.now() - KEEP).delete()[0]
