"""What goes by each calendar, in words."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import ngettext

from people.models import Shift, Team
from sla.models import PolicyVersion


@dataclass
class Uses:
    """Counts by calendar."""

    teams: Counter[int] = field(default_factory=Counter)
    shifts: Counter[int] = field(default_factory=Counter)
    policies: Counter[int] = field(default_factory=Counter)

    def words(self, calendar_id: int) -> str:
        """``2 teams, 5 shifts, 1 SLA policy``; empty when nothing does."""
        parts = []
        if number := self.teams[calendar_id]:
            parts.append(ngettext("%(num)s team", "%(num)s teams", number) % {"num": number})
        if number := self.shifts[calendar_id]:
            parts.append(
                ngettext("shifts of %(num)s person", "shifts of %(num)s people", number) % {"num": number}
            )
        if number := self.policies[calendar_id]:
            parts.append(ngettext("%(num)s SLA policy", "%(num)s SLA policies", number) % {"num": number})
        return ", ".join(parts)


def uses_of() -> Uses:
    """Of every calendar; a query for each kind."""
    shifts = Shift.objects.values_list("calendar_id").annotate(Count("user", distinct=True)).order_by()
    return Uses(teams=Counter(_active_teams()), shifts=Counter(dict(shifts)), policies=Counter(_policies()))


def _active_teams() -> list[int]:
    found = Team.objects.filter(is_active=True).exclude(calendar=None).values_list("calendar_id", flat=True)
    return [calendar_id for calendar_id in found if calendar_id is not None]


def _policies() -> list[int]:
    """The calendar of each active policy that names one, by its current version."""
    newest = PolicyVersion.objects.order_by("policy_id", "-number").distinct("policy_id")
    rows = newest.filter(policy__is_active=True).values_list("calendar_id", flat=True)
    return [calendar_id for calendar_id in rows if calendar_id is not None]
