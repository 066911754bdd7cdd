"""What is left to say once the past has been told: who has read which notice, and a draft that was tried."""

from datetime import datetime, timedelta

from common import clock
from helpdesk.demo.company import Company
from notifications.kinds import Kind
from notifications.models import Notice, NoticeMail
from routing import simulate
from routing.models import Rule, Simulation
from routing.simulation.running import run_next

READ_AFTER = timedelta(hours=5)  # what is older everybody has seen in their bell
MOST_UNREAD = 9
_PERSONAL = {Kind.MENTIONED, Kind.CALLED_IN, Kind.HANDED_OVER, Kind.ASSIGNED}
TRIED = timedelta(minutes=24)  # ago
DAYS = 14


def settle_notices(now: datetime) -> None:
    """Old notices have been read, of the others some are still in the bell; none leaves by mail."""
    unread: dict[int, int] = {}
    read = []
    notices = list(Notice.objects.filter(read_at=None).order_by("-at", "-pk"))
    for notice in sorted(notices, key=lambda notice: notice.kind not in _PERSONAL):
        unread[notice.user_id] = unread.get(notice.user_id, 0) + 1
        if now - notice.at > READ_AFTER or unread[notice.user_id] > MOST_UNREAD:
            notice.read_at = min(notice.at + timedelta(minutes=20), now)
            read.append(notice)
    Notice.objects.bulk_update(read, ["read_at"])
    NoticeMail.objects.all().delete()


def try_draft(company: Company, now: datetime) -> Simulation:
    """Olga has tried her draft beside the rules in force, and can look at what would have been."""
    rules = [
        {"id": rule.pk, "name": rule.name, "definition": rule.current.definition}
        for rule in Rule.objects.filter(is_deleted=False)
    ]
    with clock.telling(now - TRIED):
        simulation = simulate.start(rules, DAYS, company.users["olga"])
        run_next()
    simulation.refresh_from_db()
    return simulation
