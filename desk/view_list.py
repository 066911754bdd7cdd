"""The views of a person as the page that arranges them shows them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from people.access import Permission, may
from people.models import Team, User
from tickets import listing
from tickets.models import View
from tickets.view_access import may_change_common, teams_led

MOST_OTHERS = 200


@dataclass(frozen=True)
class Line:
    view: View
    whose: str
    is_hidden: bool
    may_change: bool


def lines(user: User) -> list[Line]:
    """All the views one has, in one's own order."""
    led = {team.pk for team in teams_led(user)}
    views = listing.known_views(user)
    names = _team_names({view.team_id for view in views if view.team_id})
    return [_line(user, view, names, led) for view in views]


def others(user: User, own: Collection[Line]) -> list[Line]:
    """Views of teams one is not in, for those who look after them."""
    if not may(user, Permission.MANAGE_VIEWS):
        return []
    views = View.objects.filter(is_active=True, owner=None).exclude(team=None)
    views = views.exclude(pk__in=[line.view.pk for line in own]).order_by("team", "position")
    rest = list(views[:MOST_OTHERS])
    names = _team_names({view.team_id for view in rest if view.team_id})
    return [_line(user, view, names, set(names)) for view in rest]


def _team_names(ids: Collection[int]) -> dict[int, str]:
    return dict(Team.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _line(user: User, view: View, names: dict[int, str], led: Collection[int]) -> Line:
    if view.owner_id is not None:
        whose, changeable = _("Mine alone"), view.owner_id == user.pk
    elif view.team_id is not None:
        whose, changeable = names.get(view.team_id, ""), view.team_id in led
    else:
        whose, changeable = _("Everybody's"), may_change_common(user)
    return Line(view, whose, listing.is_hidden(view), changeable)
