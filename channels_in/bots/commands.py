"""Verbs of bots' flows. Writing a draft is no event; what visitors meet is a version, and one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from channels_in.bots.events import (
    BotFlowDeleted,
    BotFlowMade,
    BotFlowPublished,
    BotFlowRenamed,
    BotFlowUndeleted,
)
from channels_in.bots.flow import problems, shaped
from channels_in.bots.references import gone
from channels_in.models import BotFlow, BotFlowVersion
from common import clock
from common.text import one_line, storable
from journal.actor import Actor, ActorKind
from journal.record import record
from tickets.errors import Invalid

MOST_FLOWS = 200
LANGUAGES = [code for code, _name in settings.LANGUAGES]


@transaction.atomic
def make_flow(*, name: str, definition: Any, actor: Actor) -> BotFlow:
    """A flow with a draft and nothing published; raises ``Invalid``."""
    if BotFlow.objects.filter(is_deleted=False).count() >= MOST_FLOWS:
        raise Invalid("name", _("There are %(most)d bots already.") % {"most": MOST_FLOWS})
    flow = BotFlow.objects.create(
        name=_name(name), draft=shaped(definition), drafted_at=clock.now(), drafted_by_id=_user_id(actor)
    )
    record(BotFlowMade(flow.pk, flow.name), actor=actor)
    return flow


@transaction.atomic
def rename_flow(flow_id: int, *, name: str, actor: Actor) -> BotFlow:
    flow = _locked(flow_id)
    name = _name(name)
    if flow.name != name:
        changes = {"name": [flow.name, name]}
        flow.name = name
        flow.save(update_fields=["name"])
        record(BotFlowRenamed(flow.pk, name, changes), actor=actor)
    return flow


@transaction.atomic
def edit_draft(flow_id: int, *, edit: Callable[[dict[str, Any]], dict[str, Any]], actor: Actor) -> BotFlow:
    """Change the draft by a function of ``editing``; what two people change at once are both there."""
    flow = _locked(flow_id)
    draft = edit(shaped(flow.draft))
    if draft != flow.draft:
        flow.draft = draft
        current = flow.current
        flow.drafted_at = None if current and current.definition == draft else clock.now()
        flow.drafted_by_id = _user_id(actor)
        flow.save(update_fields=["draft", "drafted_at", "drafted_by"])
    return flow


@transaction.atomic
def publish(flow_id: int, *, actor: Actor, note: str = "") -> BotFlowVersion:
    """Let conversations follow the draft from now on. Raises ``Invalid`` while anything in it is fatal.

    A draft that says what is published makes no new version.
    """
    flow = _locked(flow_id)
    definition, current = shaped(flow.draft), flow.current
    if any(one.is_fatal for one in [*problems(definition, LANGUAGES), *gone(definition)]):
        raise Invalid("draft", _("Not everything is right yet: mend what is marked red, then publish."))
    if current is None or current.definition != definition:
        current = BotFlowVersion.objects.create(
            flow=flow,
            number=current.number + 1 if current else 1,
            definition=definition,
            author_id=_user_id(actor),
            note=one_line(storable(note), 400),
        )
        record(BotFlowPublished(flow.pk, current.pk, current.number), actor=actor)
    flow.draft, flow.drafted_at = definition, None
    flow.save(update_fields=["draft", "drafted_at"])
    return current


@transaction.atomic
def restore_version(flow_id: int, *, number: int, actor: Actor) -> BotFlow:
    """Make a version the draft again: to be looked at, tried, and published."""
    flow = _locked(flow_id)
    definition = flow.versions.get(number=number).definition
    return edit_draft(flow.pk, edit=lambda draft: shaped(definition), actor=actor)


@transaction.atomic
def delete_flow(flow_id: int, *, actor: Actor) -> None:
    """Take it out: no new conversation begins with it. Those that run go on."""
    flow = BotFlow.objects.select_for_update(no_key=True).get(pk=flow_id)
    if not flow.is_deleted:
        flow.is_deleted = True
        flow.save(update_fields=["is_deleted"])
        record(BotFlowDeleted(flow.pk), actor=actor)


@transaction.atomic
def undelete_flow(flow_id: int, *, actor: Actor) -> None:
    flow = BotFlow.objects.select_for_update(no_key=True).get(pk=flow_id)
    if flow.is_deleted:
        flow.is_deleted = False
        flow.save(update_fields=["is_deleted"])
        record(BotFlowUndeleted(flow.pk), actor=actor)


def _locked(flow_id: int) -> BotFlow:
    return BotFlow.objects.select_for_update(no_key=True, of=("self",)).get(pk=flow_id, is_deleted=False)


def _name(name: str) -> str:
    name = one_line(storable(name), 120)
    if not name:
        raise Invalid("name", _("Give the bot a name."))
    return name


def _user_id(actor: Actor) -> int | None:
    return actor.id if actor.kind == ActorKind.USER else None
