"""Who wants to be told how."""

from collections.abc import Collection, Mapping
from datetime import time

from django.db import connection, transaction

from common.statements import Statement
from notifications.kinds import DEFAULTS, Kind, Wish
from notifications.models import Preference, QuietHours
from notifications.quiet import Quiet
from people.models import User
from tickets.models import Brand

# Asked for every notice: as a statement it costs a fifth of what the ORM takes.
_WISHES = Statement(
    "notifications_preference",
    """
    SELECT user_id, in_desk, by_mail FROM notifications_preference WHERE user_id = ANY(%s) AND kind = %s
    """,
)


def wishes(user_ids: Collection[int], kind: str) -> dict[int, Wish]:
    """How each of these people wants to be told of a kind."""
    with connection.cursor() as cursor:
        _WISHES.run(cursor, [list(user_ids), kind])
        own = {user_id: Wish(in_desk, by_mail) for user_id, in_desk, by_mail in cursor.fetchall()}
    return {user_id: own.get(user_id, DEFAULTS[kind]) for user_id in user_ids}


def wishes_of(user: User) -> dict[str, Wish]:
    """All of one person's, by kind."""
    own = {row.kind: Wish(row.in_desk, row.by_mail) for row in Preference.objects.filter(user=user)}
    return {kind.value: own.get(kind, DEFAULTS[kind]) for kind in Kind}


@transaction.atomic
def save_wishes(user: User, wanted: Mapping[str, Wish]) -> None:
    """Keep what differs from the default; the rest follows the default, also when that changes."""
    Preference.objects.filter(user=user, kind__in=wanted).delete()
    Preference.objects.bulk_create(
        Preference(user=user, kind=kind, in_desk=wish.in_desk, by_mail=wish.by_mail)
        for kind, wish in wanted.items()
        if wish != DEFAULTS[kind]
    )


def quiet_of(user: User) -> Quiet | None:
    row = QuietHours.objects.filter(user=user).first()
    return Quiet(tuple(row.weekdays), row.begins, row.ends) if row else None


def save_quiet(user: User, *, weekdays: Collection[int], begins: time, ends: time) -> None:
    """Set the quiet hours; without a weekday there are none."""
    if not weekdays:
        QuietHours.objects.filter(user=user).delete()
        return
    values = {"weekdays": sorted(weekdays), "begins": begins, "ends": ends}
    QuietHours.objects.update_or_create(user=user, defaults=values)


def zone_name(user: User) -> str:
    """The zone of somebody's quiet hours: their own, else that of the first brand."""
    if user.time_zone:
        return user.time_zone
    zone = Brand.objects.filter(is_active=True).order_by("pk").values_list("time_zone", flat=True).first()
    return zone or "UTC"
