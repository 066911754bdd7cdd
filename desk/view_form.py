"""A view as its editor has it: what is in it, how it is shown, whose it is."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from common.text import number, one_line, storable
from desk.settings.conditions import ConditionForm
from people.models import Team, User
from tickets.commands.custom_fields import MAX_LABEL
from tickets.errors import Invalid
from tickets.models import USUAL_COLUMNS, Column, Grouping, View
from tickets.orders import DEFAULT_ORDER, ORDERS
from tickets.view_access import may_change_common, teams_led

ORDER_WORDS: dict[str, Any] = {
    "-active_at": gettext_lazy("Last activity, newest first"),
    "active_at": gettext_lazy("Last activity, oldest first"),
    "-opened_at": gettext_lazy("Opened, newest first"),
    "opened_at": gettext_lazy("Opened, oldest first"),
    "-priority": gettext_lazy("Priority, highest first"),
    "waiting_since": gettext_lazy("Waiting longest first"),
    "due_at": gettext_lazy("Due soonest first"),
    "-resolved_at": gettext_lazy("Solved, newest first"),
    "snoozed_until": gettext_lazy("Snoozed, next to come back first"),
}


class ViewForm:
    """Reads only; ``tickets.commands`` writes. ``errors``: words by "labels", "whose" and so on.

    ``start``: the view to begin with, ``tree`` its conditions if they are to be others.
    """

    def __init__(
        self,
        user: User,
        data: QueryDict | None = None,
        *,
        start: View | None = None,
        tree: Mapping[str, Any] | None = None,
    ) -> None:
        self.user = user
        self.errors: dict[str, str] = {}
        self.teams: list[Team] = list(teams_led(user))
        if data is None:
            self._begin(start, tree)
        else:
            self._read(data, start)

    def _begin(self, start: View | None, tree: Mapping[str, Any] | None) -> None:
        self.labels = dict(start.labels) if start else {}
        self.order = start.order if start else DEFAULT_ORDER
        self.grouping = start.grouping if start else ""
        self.columns = set(start.shown_columns if start else USUAL_COLUMNS)
        self.whose, self.team_id = _whose(start)
        own = tree if tree is not None else start.conditions if start else {}
        self.conditions = ConditionForm(tree=own, reader=self.user)

    def _read(self, data: QueryDict, start: View | None) -> None:
        # A language that the form does not show keeps its name.
        self.labels = dict(start.labels) if start else {}
        for code in self.languages(everything=True):
            if f"label-{code}" in data:
                self.labels[code] = one_line(storable(data.get(f"label-{code}", "")), 2 * MAX_LABEL)
        self.order = data.get("order", "")
        self.grouping = data.get("grouping", "")
        self.columns = set(data.getlist("column")) & set(Column.values)
        self.whose = data.get("whose", "own")
        self.team_id = number(data.get("team"))
        self.conditions = ConditionForm(data, reader=self.user)

    @property
    def edited(self) -> bool:
        """Whether a button inside the form was pressed, so that nothing is to be saved."""
        return self.conditions.edited

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or self.conditions.has_errors

    def languages(self, *, everything: bool = False) -> list[str]:
        """The languages a name is asked in: one's own first; others where colleagues read it."""
        own = own_language()
        others = [code for code, _name in settings.LANGUAGES if code != own]
        return [own, *(others if everything or self.may_share else [])]

    @property
    def may_share(self) -> bool:
        return bool(self.teams) or may_change_common(self.user)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Whose it may be."""
        found = [("own", _("Mine alone"))]
        if self.teams:
            found.append(("team", _("A team's")))
        if may_change_common(self.user):
            found.append(("all", _("Everybody's")))
        return found

    @property
    def orders(self) -> list[tuple[str, str]]:
        return [(name, str(ORDER_WORDS[name])) for name in ORDERS]

    @property
    def groupings(self) -> list[tuple[str, str]]:
        return [("", _("Not grouped")), *((name, str(words)) for name, words in Grouping.choices)]

    @property
    def all_columns(self) -> list[tuple[str, str]]:
        return [(name, str(words)) for name, words in Column.choices]

    def is_valid(self) -> bool:
        """Check everything, so that all that is wrong is said at once, each in its place."""
        named = {code: text for code, text in self.labels.items() if text}
        if not named:
            self.errors["labels"] = _("Give the view a name.")
        elif any(len(text) > MAX_LABEL for text in named.values()):
            self.errors["labels"] = _("A name may have %(limit)d characters.") % {"limit": MAX_LABEL}
        if self.order not in ORDERS:
            self.errors["order"] = _("Choose a value.")
        if self.grouping not in {"", *Grouping.values}:
            self.errors["grouping"] = _("Choose a value.")
        if not self.columns:
            self.errors["columns"] = _("Choose at least one.")
        if self.whose not in dict(self.choices):
            self.errors["whose"] = _("Choose whose view it is.")
        elif self.whose == "team" and self._team is None:
            self.errors["whose"] = _("Choose a team.")
        return self.conditions.is_valid() and not self.errors

    def refuse(self, error: Invalid) -> None:
        """Say what a verb refused where it belongs."""
        if error.field == "conditions":
            self.conditions.fail(error.message)
        else:
            self.errors["whose" if error.field == "team" else error.field] = error.message

    @property
    def _team(self) -> Team | None:
        return next((team for team in self.teams if team.pk == self.team_id), None)

    @property
    def fields(self) -> dict[str, Any]:
        """For the verbs; only after ``is_valid``."""
        return {
            "labels": self.labels,
            "conditions": self.conditions.tree,
            "order": self.order,
            "grouping": self.grouping,
            # Those that everybody has anyway may become others one day.
            "columns": [] if self.columns == USUAL_COLUMNS else sorted(self.columns),
            "owner": self.user if self.whose == "own" else None,
            "team": self._team if self.whose == "team" else None,
        }


def own_language() -> str:
    """The one the reader names things in."""
    return (get_language() or "en").split("-")[0]


def _whose(view: View | None) -> tuple[str, int | None]:
    if view is None or view.owner_id is not None:
        return "own", None
    return ("team", view.team_id) if view.team_id is not None else ("all", None)
