"""What a macro does with the ticket besides its text. A closed list; each is a verb there is anyway."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.text import number, one_line, storable
from people.access import Permission, may
from people.models import Team, User
from tickets import errors
from tickets.models import Priority, Status

ME, NOBODY = "me", "nobody"
SIGNATURE, OFF = "signature", "off"  # the signature stays away this time: of the message, not of the ticket
MOST = 20
MAX_TAG = 60
ICONS = {
    "set_status": "circle-dot", "set_priority": "flag", "set_team": "users-group", "assign": "user-check",
    "add_tag": "tag", SIGNATURE: "writing",
}  # fmt: skip


@dataclass(frozen=True)
class Action:
    """``value``: the key of a status or a team, a priority, ME or NOBODY, the name of a tag, OFF."""

    do: str
    value: int | str

    @property
    def token(self) -> str:
        """As a form carries it."""
        return f"{self.do}:{self.value}"

    @property
    def slot(self) -> str:
        """There is one of each, but for tags."""
        return self.token.lower() if self.do == "add_tag" else self.do

    def as_row(self) -> dict[str, Any]:
        return {"do": self.do, "value": self.value}


@dataclass(frozen=True)
class Named:
    """An action in words; ``is_gone``: what it names is not there any more."""

    action: Action
    words: str
    icon: str
    is_gone: bool = False


def made(do: str, value: Any) -> Action:
    """One action, checked but for whether its row exists; raises ``Invalid``."""
    text = str(value)
    match do:
        case "set_status" | "set_team":
            key = number(text)
            if key is not None:
                return Action(do, key)
        case "set_priority":
            if (key := number(text)) is not None and key in Priority.values:
                return Action(do, key)
        case "assign":
            if text in {ME, NOBODY}:
                return Action(do, text)
        case "signature":
            if text == OFF:
                return Action(do, OFF)
        case "add_tag":
            if name := one_line(storable(text), MAX_TAG):
                return Action(do, name)
    raise errors.Invalid("actions", gettext_noop("There is no such action."))


def read(tokens: Iterable[str]) -> list[Action]:
    """Actions as a form carries them, the last of each slot; raises ``Invalid``."""
    return unique(made(do, value) for do, _colon, value in (token.partition(":") for token in tokens))


def stored(rows: Iterable[Mapping[str, Any]]) -> list[Action]:
    """As a macro or a draft keeps them."""
    return unique(made(str(row.get("do", "")), row.get("value", "")) for row in rows)


def unique(actions: Iterable[Action]) -> list[Action]:
    """The last of each slot, at its first place; raises ``Invalid`` for too many."""
    slots: dict[str, Action] = {}
    for one in actions:
        slots[one.slot] = one
        if len(slots) > MOST:
            raise errors.Invalid("actions", gettext_noop("At most %(limit)d actions."), limit=MOST)
    return list(slots.values())


def without_signature(actions: Iterable[Action]) -> bool:
    """Whether the message is to go without the signature."""
    return any(one.do == SIGNATURE for one in actions)


def of_ticket(actions: Iterable[Action]) -> list[Action]:
    """What is done with the ticket itself."""
    return [one for one in actions if one.do != SIGNATURE]


def allowed(actions: Iterable[Action], user: User) -> list[Action]:
    """Those that ``user`` may do: a macro changes nothing that its user could not change by hand."""
    needed = {"set_team": Permission.ASSIGN, "assign": Permission.ASSIGN, SIGNATURE: Permission.REPLY}
    return [one for one in actions if may(user, needed.get(one.do, Permission.EDIT))]


def named(actions: Iterable[Action]) -> list[Named]:
    """With words in the reader's language; a query for statuses and one for teams, if there are any."""
    rows = list(actions)
    statuses = _statuses(one.value for one in rows if one.do == "set_status")
    teams = _labels(Team, rows, "set_team")
    return [_named(one, statuses, teams) for one in rows]


def _labels(model: Any, actions: list[Action], do: str) -> dict[int | str, str]:
    keys = [one.value for one in actions if one.do == do]
    return {row.pk: str(row) for row in model.objects.filter(pk__in=keys, is_active=True)} if keys else {}


def _statuses(keys: Iterable[int | str]) -> dict[int | str, str]:
    """What each would set (``tickets.status.in_use``)."""
    wanted = list(keys)
    if not wanted:
        return {}
    found = Status.objects.filter(Q(pk__in=wanted) | Q(is_default=True))
    rows = {row.pk: row for row in found}
    defaults = {row.category: row for row in rows.values() if row.is_default}
    return {pk: str(row if row.is_active else defaults[row.category]) for pk, row in rows.items()}


def _named(one: Action, statuses: dict[int | str, str], teams: dict[int | str, str]) -> Named:
    icon = ICONS[one.do]
    gone = _("no longer there")
    match one.do:
        case "set_status":
            label = statuses.get(one.value)
            return Named(one, _("Status: %(name)s") % {"name": label or gone}, icon, label is None)
        case "set_team":
            label = teams.get(one.value)
            return Named(one, _("Team: %(name)s") % {"name": label or gone}, icon, label is None)
        case "set_priority":
            return Named(one, _("Priority: %(name)s") % {"name": Priority(int(one.value)).label}, icon)
        case "assign":
            words = _("Assign to me") if one.value == ME else _("Back to the queue")
            return Named(one, words, icon if one.value == ME else "user-x")
        case "signature":
            return Named(one, _("Without the signature"), icon)
        case _:
            return Named(one, _("Tag: %(name)s") % {"name": one.value}, icon)
