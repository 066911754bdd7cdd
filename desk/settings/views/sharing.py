"""How tickets are shared out: who waits for somebody to be free, and who got how much."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404

from common import clock
from common.text import number
from desk.door import desk
from desk.request import DeskRequest
from desk.settings import roster
from desk.settings.menu import page
from desk.settings.waiting import waiting_lines
from people.access import Permission
from people.models import Team, User
from routing import fairness as report
from routing.fairness import Line
from tickets.models import Priority, Ticket

_MANAGE = Permission.MANAGE_RULES
_FIGURES = ("automatic", "by_hand", "load")
_DEFAULT, _LONGEST = 7, 366  # days
_MOST_LISTED = 500


@desk(_MANAGE)
def waiting(request: DeskRequest) -> HttpResponse:
    """Who waits, since when, and why nobody could take it; in the order they are served."""
    team_id = number(request.GET.get("team"))
    lines, total = waiting_lines(request.user, team_id, clock.now())
    context = {
        "lines": lines,
        "total": total,
        "teams": Team.objects.filter(is_active=True),
        "team_id": team_id,
        "priorities": dict(Priority.choices),
    }
    return page(request, "staff/waiting", context)


@desk(_MANAGE)
def fairness(request: DeskRequest) -> HttpResponse:
    """A team's people in a period: what each got, has now, and how long they were there for it."""
    teams = list(Team.objects.filter(is_active=True))
    wanted = number(request.GET.get("team"))
    team = next((one for one in teams if one.pk == wanted), teams[0] if teams else None)
    first, last, zone = _period(request)
    lines = report.fairness(team, *_edges(first, last, zone)) if team else []
    context: dict[str, Any] = {
        "teams": teams,
        "team": team,
        "first": first,
        "last": last,
        "zone": zone.key,
        "lines": [_shown(line, lines) for line in lines],
        "periods": [
            (days, (last - timedelta(days=days - 1)).isoformat(), last.isoformat()) for days in (1, 7, 30, 90)
        ],
        "days": (last - first).days + 1,
        "query": f"team={team.pk if team else ''}&first={first.isoformat()}&last={last.isoformat()}",
    }
    return page(request, "staff/fairness", context)


@desk(_MANAGE)
def fairness_tickets(request: DeskRequest) -> HttpResponse:
    """The tickets behind one figure of the report."""
    figure = request.GET.get("figure", "")
    if figure not in _FIGURES:
        raise Http404
    person = get_object_or_404(User, pk=number(request.GET.get("user")) or 0)
    team = get_object_or_404(Team, pk=number(request.GET.get("team")) or 0)
    first, last, zone = _period(request)
    if figure == "load":
        ids = report.load_ids(person.pk)
    else:
        ids = report.assigned_ids(
            team, person.pk, *_edges(first, last, zone), automatic=figure == "automatic"
        )
    tickets = Ticket.objects.visible_to(request.user).filter(pk__in=ids)
    context = {
        "figure": figure,
        "person": person,
        "team": team,
        "first": first,
        "last": last,
        "total": len(ids),
        "tickets": tickets.select_related("status", "requester__survivor", "assignee", "team").order_by(
            "-pk"
        )[:_MOST_LISTED],
        "back": f"team={team.pk}&first={first.isoformat()}&last={last.isoformat()}",
    }
    return page(request, "staff/fairness_tickets", context)


def _shown(line: Line, lines: Sequence[Line]) -> dict[str, Any]:
    """A line with its figures as parts of the team's largest."""
    most = max((one.automatic for one in lines), default=0)
    fastest = max((one.per_hour or 0 for one in lines), default=0)
    hours = line.available / timedelta(hours=1)
    return {
        "line": line,
        "hours": hours,
        "share": round(float(line.share) * 100),
        "automatic_part": line.automatic * 100 / most if most else 0,
        "rate_part": (line.per_hour or 0) * 100 / fastest if fastest else 0,
    }


def _period(request: DeskRequest) -> tuple[date, date, ZoneInfo]:
    """Both days included, in the reader's zone; a week when they make no sense."""
    zone = ZoneInfo(roster.default_zone(request.user))
    today = clock.now().astimezone(zone).date()
    last = min(_day(request.GET.get("last")) or today, today)
    first = _day(request.GET.get("first")) or last - timedelta(days=_DEFAULT - 1)
    if not timedelta(0) <= last - first < timedelta(days=_LONGEST):
        first = last - timedelta(days=_DEFAULT - 1)
    return first, last, zone


def _edges(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    start, end = ends
    return start, end


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.year > 2000 else None
