"""Verbs for problems, the causes of tickets. Who may do what is in ``people.access``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext_noop

from common import clock
from common.html import to_text
from common.text import one_line, storable
from journal.actor import Actor, ActorKind
from journal.record import moment, record
from tickets import errors
from tickets.commands.base import begin
from tickets.models import Brand, Problem, ProblemKind, Stage, Ticket
from tickets.problem_events import (
    ProblemChanged,
    ProblemLinked,
    ProblemOpened,
    ProblemStageChanged,
    ProblemUnlinked,
)

MAX_DESCRIPTION = 100_000  # characters of HTML
FIELDS = ("title", "description", "kind", "owner", "brand", "tracker_url", "tracker_title", "tracker_state")
_LIMITS = {"title": 200, "tracker_title": 200, "tracker_state": 60}


@transaction.atomic
def open_problem(*, actor: Actor, title: str, at: datetime | None = None, **fields: Any) -> Problem:
    """Write a problem down, just found. ``description`` must be sanitised HTML. Raises ``Invalid``."""
    cleaned = _cleaned({"title": title, **fields})
    at = at or clock.now()
    problem = Problem.objects.create(
        **cleaned,
        reached={Stage.FOUND.value: at.isoformat()},
        created_by_id=actor.id if actor.kind == ActorKind.USER else None,
        created_at=at,
        changed_at=at,
    )
    record(ProblemOpened(problem.pk, problem.title, problem.kind), actor=actor, at=at)
    return problem


@transaction.atomic
def edit_problem(problem_id: int, *, actor: Actor, at: datetime | None = None, **fields: Any) -> Problem:
    """Change what is named (``FIELDS``); changing nothing records nothing. Raises ``Invalid``.

    A problem of one brand has no other brand's tickets, so that they never mix.
    """
    problem, at = begin_problem(problem_id, at)
    cleaned = _cleaned(fields)
    changes: dict[str, list[Any]] = {}
    for name, value in cleaned.items():
        old = getattr(problem, name)
        if old == value:
            continue
        if name == "description":
            changes[name] = []
        elif name != "plain":
            changes[name] = [getattr(old, "pk", old), getattr(value, "pk", value)]
        setattr(problem, name, value)
    if not changes:
        return problem
    if "brand" in changes and problem.brand_id is not None:
        _check_brand(problem)
    problem.changed_at = max(problem.changed_at, at)
    problem.save(update_fields=[*cleaned, "changed_at"])
    record(ProblemChanged(problem.pk, changes), actor=actor, at=at)
    return problem


def _check_brand(problem: Problem) -> None:
    if Ticket.objects.filter(problem=problem).exclude(brand=problem.brand_id).exists():
        raise errors.Invalid("brand", gettext_noop("Tickets of another brand are linked to it."))


@transaction.atomic
def set_stage(problem_id: int, *, stage: str, actor: Actor, at: datetime | None = None) -> Problem:
    """Say how far it is. Any stage may follow any other: going back forgets when later ones were reached."""
    if stage not in Stage.values:
        raise errors.Invalid("stage", gettext_noop("There is no such stage."))
    problem, at = begin_problem(problem_id, at)
    if problem.stage == stage:
        return problem
    old, order = problem.stage, list(Stage.values)
    gone = {name: when for name, when in problem.reached.items() if order.index(name) < order.index(stage)}
    gone.pop(Stage.FIXED.value, None)  # there is one end or the other
    problem.stage = stage
    problem.reached = {**gone, stage: at.isoformat()}
    problem.changed_at = max(problem.changed_at, at)
    problem.save(update_fields=["stage", "reached", "changed_at"])
    record(ProblemStageChanged(problem.pk, old, stage), actor=actor, at=at)
    return problem


@transaction.atomic
def link_problem(ticket_id: int, *, problem_id: int, actor: Actor, at: datetime | None = None) -> Ticket:
    """Say that a ticket was caused by a problem, instead of by another one if it was linked to that.

    Raises ``Invalid`` for a problem that is not there, or another brand's.
    """
    ticket, at = begin(ticket_id, at)
    if ticket.problem_id == problem_id:
        return ticket
    # Shared: while its brand is being changed nobody links, and two who link do not wait for each other.
    problem = Problem.objects.raw("SELECT * FROM tickets_problem WHERE id = %s FOR SHARE", [problem_id])
    found = next(iter(problem), None)
    if found is None:
        raise errors.Invalid("problem", gettext_noop("There is no such problem."))
    if found.brand_id not in {None, ticket.brand_id}:
        raise errors.Invalid("problem", gettext_noop("This problem belongs to another brand."))
    before = ticket.problem_id
    ticket.problem = found
    ticket.save(update_fields=["problem"])
    record(ProblemLinked(ticket.pk, found.pk, before), actor=actor, at=at)
    return ticket


@transaction.atomic
def unlink_problem(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    """The ticket has another cause, or none that is known."""
    ticket, at = begin(ticket_id, at)
    before = ticket.problem_id
    if before is None:
        return ticket
    ticket.problem = None
    ticket.save(update_fields=["problem"])
    record(ProblemUnlinked(ticket.pk, before), actor=actor, at=at)
    return ticket


def begin_problem(problem_id: int, at: datetime | None = None) -> tuple[Problem, datetime]:
    """Lock the problem and fix the instant of the change. Raises ``Problem.DoesNotExist``."""
    problem = Problem.objects.select_for_update(no_key=True).get(pk=problem_id)
    return problem, moment("problem", problem.pk, at)


def _cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored; raises ``Invalid`` naming the field."""
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"there is no {', '.join(sorted(unknown))}")
    found = dict(fields)
    for name, limit in _LIMITS.items():
        if name in found:
            found[name] = one_line(storable(found[name]), limit)
    if "title" in found and not found["title"]:
        raise errors.Invalid("title", gettext_noop("A problem needs a title."))
    if "kind" in found and found["kind"] not in ProblemKind.values:
        raise errors.Invalid("kind", gettext_noop("There is no such kind of problem."))
    if (owner := found.get("owner")) is not None and not owner.works_at_desk:
        raise errors.Invalid("owner", gettext_noop("%(name)s does not work at the desk."), name=owner)
    if (brand := found.get("brand")) is not None and not isinstance(brand, Brand):
        raise TypeError("brand must be a Brand")
    if "tracker_url" in found:
        found["tracker_url"] = _address(found["tracker_url"])
    if "description" in found:
        html = storable(found["description"])
        if len(html) > MAX_DESCRIPTION:
            raise errors.TooLong(MAX_DESCRIPTION)
        plain = to_text(html).strip()
        found |= {"description": html if plain else "", "plain": plain}
    return found


def _address(text: str) -> str:
    """An address that a link may lead to: http or https alone, with a host, and nobody's password in it."""
    url = storable(text).strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        _port = parts.port
    except ValueError:
        fits = False
    if not fits or len(url) > 500 or any(sign.isspace() or ord(sign) < 32 for sign in url):
        raise errors.Invalid(
            "tracker_url", gettext_noop("Write an address that begins with https:// or http://.")
        )
    return url
