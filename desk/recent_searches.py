"""What somebody searched for last: kept on the server, for them alone, eight at most."""

from django.db import transaction

from common import clock
from common.text import one_line, storable
from desk.models import RecentSearch
from people.models import User

MOST = 8
LONGEST = 200


def recent(user: User) -> list[RecentSearch]:
    """Newest first."""
    return list(RecentSearch.objects.filter(user=user).order_by("-used_at", "-pk")[:MOST])


@transaction.atomic
def remember(user: User, text: str) -> None:
    """Put a search first. The same one again only moves up; what is beyond the eighth is forgotten."""
    text = one_line(storable(text), LONGEST)
    if not text:
        return
    RecentSearch.objects.update_or_create(user=user, text=text, defaults={"used_at": clock.now()})
    kept = [row.pk for row in recent(user)]
    RecentSearch.objects.filter(user=user).exclude(pk__in=kept).delete()


def forget(user: User, search_id: int | None = None) -> None:
    """One of them, or all."""
    rows = RecentSearch.objects.filter(user=user)
    (rows if search_id is None else rows.filter(pk=search_id)).delete()
