"""Verbs for macros. Screens ask who may change which: one's own, or with MANAGE_RULES the shared ones.

What is switched off leaves every composer, and can be switched on again; what is deleted is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext_noop

from common import clock
from common.html import to_text
from common.text import one_line, storable
from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from people.models import Team, User
from tickets import errors
from tickets.commands.fields import add_tag, assign, set_priority, set_status, set_team
from tickets.macros import variables
from tickets.macros.actions import ME, Action, allowed, unique
from tickets.macros.finding import Weight, available_to
from tickets.models import Brand, Macro, MacroUse, Status
from tickets.status import in_use

MAX_NAME, MAX_FOLDER = 120, 60
MAX_TEXT = 20_000  # characters of HTML in one language
MAX_SHARED, MAX_OWN = 500, 200


@event("macro")
class MacroCreated(Event):
    macro_id: int
    name: str
    owner_id: int | None = None
    team_id: int | None = None


@event("macro")
class MacroChanged(Event):
    """``changes`` maps a field to [old, new]."""

    macro_id: int
    changes: dict[str, Any]


@event("macro")
class MacroDeleted(Event):
    """What it was, for whoever asks later or wants to write it again."""

    macro_id: int
    name: str
    owner_id: int | None
    team_id: int | None
    texts: dict[str, str]
    actions: list[dict[str, Any]]


@transaction.atomic
def create_macro(
    *,
    actor: Actor,
    name: str,
    texts: Mapping[str, str],
    actions: Iterable[Action] = (),
    folder: str = "",
    owner: User | None = None,
    team: Team | None = None,
    brand: Brand | None = None,
    is_active: bool = True,
) -> Macro:
    """A macro behind all others. ``texts``: HTML by language, already sanitised. Raises ``Invalid``."""
    wanted = _checked(name, folder, owner, team, texts, actions)
    limit = MAX_OWN if owner else MAX_SHARED
    if Macro.objects.filter(owner=owner).count() >= limit:
        raise errors.Invalid("name", gettext_noop("At most %(limit)d macros."), limit=limit)
    last = Macro.objects.aggregate(last=Max("position"))["last"] or 0
    row = Macro.objects.create(brand=brand, is_active=is_active, position=last + 1, **wanted)
    record(MacroCreated(row.pk, row.name, row.owner_id, row.team_id), actor=actor)
    return row


@transaction.atomic
def change_macro(
    macro_id: int,
    *,
    actor: Actor,
    name: str,
    texts: Mapping[str, str],
    actions: Iterable[Action] = (),
    folder: str = "",
    owner: User | None = None,
    team: Team | None = None,
    brand: Brand | None = None,
    is_active: bool = True,
) -> Macro:
    """Make it so; changing nothing records nothing. Raises ``Invalid``."""
    row = Macro.objects.select_for_update(no_key=True).get(pk=macro_id)
    wanted = _checked(name, folder, owner, team, texts, actions)
    return _change(row, {**wanted, "brand": brand, "is_active": is_active}, actor)


@transaction.atomic
def switch_macro(macro_id: int, *, is_active: bool, actor: Actor) -> Macro:
    """Take it out of every composer, or put it back. Asking twice changes nothing."""
    row = Macro.objects.select_for_update(no_key=True).get(pk=macro_id)
    return _change(row, {"is_active": is_active}, actor)


@transaction.atomic
def delete_macro(macro_id: int, *, actor: Actor) -> None:
    """Take it away for good, with how often it was used. Messages written with it stay. Asking twice changes
    nothing."""
    row = Macro.objects.select_for_update().filter(pk=macro_id).first()
    if row is not None:
        gone = MacroDeleted(row.pk, row.name, row.owner_id, row.team_id, row.texts, row.actions)
        record(gone, actor=actor)
        row.delete()


@transaction.atomic
def order_macros(ids: Sequence[int], *, actor: Actor) -> None:
    """Put these into this order, among themselves: they share out the places they have. Others stay."""
    rows = {row.pk: row for row in Macro.objects.select_for_update(no_key=True).filter(pk__in=ids)}
    order = [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]
    place = 0
    for row, wanted in zip(order, sorted(row.position for row in order), strict=True):
        place = max(wanted, place + 1)  # two that were made at the same moment have the same
        _change(row, {"position": place}, actor)


def note_uses(macro_ids: Iterable[int], *, user: User, at: datetime | None = None) -> None:
    """Remember that ``user`` has sent these, so that they come first. No event: it is no news to anybody."""
    at = at or clock.now()
    rows = list(available_to(user).filter(pk__in=list(macro_ids)[:20]).values_list("pk", flat=True))
    for macro_id in rows:
        use, created = MacroUse.objects.get_or_create(
            macro_id=macro_id, user=user, defaults={"count": 1, "score": 1.0, "last_at": at}
        )
        if not created:
            score = Weight(use.score, use.last_at.timestamp()).now(at.timestamp()) + 1
            MacroUse.objects.filter(pk=use.pk).update(count=F("count") + 1, score=score, last_at=at)


@transaction.atomic
def carry_out(ticket_id: int, *, actions: Iterable[Action], user: User) -> None:
    """Do what a macro says, as ``user``, each by its verb: what they may not do is left out, as it is when
    they may no longer. Raises what the verbs raise, and then does nothing."""
    actor = Actor.user(user)
    for one in allowed(actions, user):
        match one.do:
            case "set_team":
                set_team(ticket_id, team=_team(one), actor=actor)
            case "assign":
                assign(ticket_id, to=user if one.value == ME else None, actor=actor)
            case "set_priority":
                set_priority(ticket_id, priority=int(one.value), actor=actor)
            case "add_tag":
                add_tag(ticket_id, name=str(one.value), actor=actor)
            case "set_status":
                set_status(ticket_id, status=status_of(one), actor=actor)


def status_of(action: Action) -> Status:
    """The status an action sets (``tickets.status.in_use``); raises ``Invalid`` if there is none."""
    status = Status.objects.filter(pk=action.value).first()
    if status is None:
        raise errors.Invalid("actions", _GONE)
    return in_use(status)


def status_among(actions: Iterable[Action]) -> Status | None:
    """The status a reply takes along, since it is set in the reply's own act; raises as ``status_of``."""
    found = next((one for one in actions if one.do == "set_status"), None)
    return status_of(found) if found else None


def but_status(actions: Iterable[Action]) -> list[Action]:
    """What is left to carry out when the status has gone with the reply."""
    return [one for one in actions if one.do != "set_status"]


def _team(action: Action) -> Team:
    team = Team.objects.filter(pk=action.value, is_active=True).first()
    if team is None:
        raise errors.Invalid("actions", _GONE)
    return team


_GONE = gettext_noop(
    "Something that the macro was to set is not there any more. Remove it above Send, and try again."
)
_TROUBLE: dict[str, str] = {
    "unknown": gettext_noop("There is no variable “%(what)s”. Use those under the text."),
    "in_link": gettext_noop("A variable cannot stand in the address of a link: %(what)s"),
    "broken": gettext_noop("These braces are no variable: “%(what)s”. Insert one from under the text."),
}


def refuse_gaps(text: str) -> None:
    """Raise ``Invalid`` for a text in which a value that was missing has not been filled in."""
    if gaps := variables.gaps_in(text):
        raise errors.Invalid(
            "text",
            gettext_noop("Not sent: %(gaps)s. Fill it in, or remove it, and send again."),
            gaps=", ".join(gaps),
        )


def check_text(html: str, field: str) -> None:
    """Refuse a text whose variables would not all be filled in; raises ``Invalid``."""
    if len(html) > MAX_TEXT:
        raise errors.Invalid(field, gettext_noop("This is longer than %(limit)d characters."), limit=MAX_TEXT)
    if found := variables.trouble(html):
        kind, what = found
        raise errors.Invalid(field, _TROUBLE[kind], what=what[:80])


def _checked(
    name: str,
    folder: str,
    owner: User | None,
    team: Team | None,
    texts: Mapping[str, str],
    actions: Iterable[Action],
) -> dict[str, Any]:
    name = one_line(storable(name), MAX_NAME)
    if not name:
        raise errors.Invalid("name", gettext_noop("Give it a name."))
    if owner is not None and team is not None:
        raise errors.Invalid("team", gettext_noop("A macro of one's own is no team's."))
    written = {code: storable(texts.get(code, "")).strip() for code, _label in settings.LANGUAGES}
    written = {code: html for code, html in written.items() if html and to_text(html).strip()}
    for code, html in written.items():
        check_text(html, f"text_{code}")
    rows = [one.as_row() for one in unique(actions)]
    if not written and not rows:
        raise errors.Invalid(
            "text", gettext_noop("Write a text in at least one language, or choose an action.")
        )
    return {
        "name": name,
        "folder": one_line(storable(folder), MAX_FOLDER),
        "owner": owner,
        "team": team,
        "texts": written,
        "actions": rows,
    }


def _change(row: Macro, wanted: dict[str, Any], actor: Actor) -> Macro:
    changes: dict[str, list[Any]] = {}
    for name, value in wanted.items():
        attname = Macro._meta.get_field(name).attname  # type: ignore[union-attr]  # only concrete fields
        old = getattr(row, attname)
        setattr(row, name, value)
        if old != (new := getattr(row, attname)):
            changes[name] = [old, new]
    if changes:
        row.save(update_fields=list(changes))
        record(MacroChanged(row.pk, changes), actor=actor)
    return row
