"""What a fresh installation begins with, made once."""

from typing import Any

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from calendars.starter import make_calendar
from channels_in.inboxes import create_inbox
from helpdesk.first_run import has_administrator
from journal.actor import Actor
from people.commands.teams import create_team
from people.commands.users import create_user
from people.models import Access, Role, User
from routing.starter import make_rules
from sla.starter import make_policy
from tickets import starter
from tickets.brands import create_brand
from tickets.macro_starter import make_macros

_ADVISORY = 0x73657470  # "setp": two people on the page at once, one of them first


class AlreadySetUpError(Exception):
    """There is an administrator."""


@transaction.atomic
def set_up(data: dict[str, Any], *, language: str) -> User:
    """Make the administrator, and all that work needs; raises ``AlreadySetUpError``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])
    if has_administrator():
        raise AlreadySetUpError
    starter.make_statuses()
    starter.make_views()
    administrator = create_user(
        actor=None,
        email=data["email"],
        name=data["name"],
        password=data["password"],
        role=Role.ADMINISTRATOR,
        access=Access.ALL,
        language=language,
        time_zone=data["time_zone"],
    )
    actor = Actor.user(administrator)
    with translation.override(data["language"]):
        signature = _("%(brand)s support") % {"brand": data["brand"]}
    brand = create_brand(
        actor=actor,
        name=data["brand"],
        language=data["language"],
        time_zone=data["time_zone"],
        colour=data["colour"],
        signature=signature,
    )
    make_calendar(zone=data["time_zone"] or "UTC", language=data["language"], actor=actor)
    make_policy(data["language"])
    make_rules(data["language"], actor=actor)
    make_macros(data["language"], actor=actor)
    team = create_team(actor=actor, name=data["team"], members=[administrator], leads=[administrator])
    if data["address"]:
        create_inbox(actor=actor, brand=brand, team=team, name=brand.name, address=data["address"].lower())
    return administrator
