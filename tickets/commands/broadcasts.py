"""Verbs for one message to all who asked because of a problem. ``channels_in.broadcasts`` sends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_noop

from common.text import storable
from journal.actor import Actor
from journal.record import record
from people.models import User
from tickets import errors
from tickets.commands.problems import begin_problem
from tickets.models import Broadcast, BroadcastRecipient, Status
from tickets.problem_events import BroadcastEnded, BroadcastResumed, BroadcastStarted, BroadcastStopped

MAX_TEXT = 10_000  # characters, before its variables are filled in
MAX_PER_MINUTE = 600
MAX_RECIPIENTS = 5_000

State = Broadcast.State


@dataclass(frozen=True)
class Addressee:
    """Who gets it: a person (never a merged contact), on which of their tickets, in which language."""

    contact_id: int
    ticket_id: int
    language: str


@transaction.atomic
def start_broadcast(
    problem_id: int,
    *,
    user: User,
    texts: Mapping[str, str],
    to: Iterable[Addressee],
    per_minute: int = 60,
    status: Status | None = None,
    at: datetime | None = None,
) -> Broadcast:
    """Begin to write to all of ``to``, at most ``per_minute`` of them in any minute.

    ``texts`` by language; each addressee's language must be one of them. Raises ``Invalid``, also while
    another message about this problem is being sent.
    """
    problem, at = begin_problem(problem_id, at)
    addressees = list(to)
    languages = [code for code, _name in settings.LANGUAGES]
    written = {code: storable(texts.get(code, "")).strip() for code in languages}
    written = {code: text for code, text in written.items() if text}
    if not written:
        raise errors.Invalid("texts", gettext_noop("Write the message in at least one language."))
    if any(len(text) > MAX_TEXT for text in written.values()):
        raise errors.TooLong(MAX_TEXT)
    if not 1 <= per_minute <= MAX_PER_MINUTE:
        raise errors.Invalid("per_minute", gettext_noop("1 to %(most)d a minute."), most=MAX_PER_MINUTE)
    if not addressees:
        raise errors.Invalid("to", gettext_noop("There is nobody to write to."))
    if len(addressees) > MAX_RECIPIENTS:
        raise errors.Invalid("to", gettext_noop("At most %(most)d people at once."), most=MAX_RECIPIENTS)
    if Broadcast.objects.filter(problem=problem, state=State.SENDING).exists():
        raise errors.Invalid("to", gettext_noop("A message about this problem is being sent already."))
    broadcast = Broadcast.objects.create(
        problem=problem,
        author=user,
        texts=written,
        status=status,
        per_minute=per_minute,
        total=len(addressees),
        created_at=at,
    )
    BroadcastRecipient.objects.bulk_create(
        (
            BroadcastRecipient(
                broadcast=broadcast,
                ticket_id=one.ticket_id,
                contact_id=one.contact_id,
                language=one.language,
                not_before=at,
            )
            for one in addressees
        ),
        batch_size=1000,
    )
    record(BroadcastStarted(problem.pk, broadcast.pk, len(addressees)), actor=Actor.user(user), at=at)
    return broadcast


@transaction.atomic
def stop_broadcast(
    broadcast_id: int, *, actor: Actor, reason: str = "", at: datetime | None = None
) -> Broadcast:
    """Let nobody else get it. What has gone has gone; the rest can be taken up again. ``reason``: a code."""
    broadcast, at = _begin(broadcast_id, at)
    if broadcast.state != State.SENDING:
        return broadcast
    broadcast.state, broadcast.ended_at = State.STOPPED, at
    broadcast.save(update_fields=["state", "ended_at"])
    record(BroadcastStopped(broadcast.problem_id, broadcast.pk, reason), actor=actor, at=at)
    return broadcast


@transaction.atomic
def resume_broadcast(broadcast_id: int, *, actor: Actor, at: datetime | None = None) -> Broadcast:
    """Go on with one that was stopped. Raises ``Invalid`` while another one of its problem is being sent."""
    broadcast, at = _begin(broadcast_id, at)
    if broadcast.state != State.STOPPED:
        return broadcast
    if Broadcast.objects.filter(problem=broadcast.problem_id, state=State.SENDING).exists():
        raise errors.Invalid("to", gettext_noop("A message about this problem is being sent already."))
    broadcast.state, broadcast.ended_at = State.SENDING, None
    broadcast.save(update_fields=["state", "ended_at"])
    record(BroadcastResumed(broadcast.problem_id, broadcast.pk), actor=actor, at=at)
    return broadcast


@transaction.atomic
def end_broadcast(broadcast_id: int, *, actor: Actor, at: datetime | None = None) -> Broadcast:
    """Note that nobody waits for it any more; changes nothing as long as somebody does."""
    broadcast, at = _begin(broadcast_id, at)
    if broadcast.state != State.SENDING:
        return broadcast
    found = progress(broadcast.pk)
    if found.get(BroadcastRecipient.State.WAITING):
        return broadcast
    broadcast.state, broadcast.ended_at = State.DONE, at
    broadcast.save(update_fields=["state", "ended_at"])
    counted = [found.get(one, 0) for one in ("sent", "skipped", "failed")]
    record(BroadcastEnded(broadcast.problem_id, broadcast.pk, *counted), actor=actor, at=at)
    return broadcast


def progress(broadcast_id: int) -> dict[str, int]:
    """How many of its people are in which state."""
    rows = BroadcastRecipient.objects.filter(broadcast=broadcast_id).values_list("state")
    return dict(rows.annotate(count=Count("pk")).order_by())


def _begin(broadcast_id: int, at: datetime | None) -> tuple[Broadcast, datetime]:
    """Under its problem's lock, which is the stream's."""
    problem_id = Broadcast.objects.values_list("problem_id", flat=True).get(pk=broadcast_id)
    _problem, at = begin_problem(problem_id, at)
    return Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast_id), at
