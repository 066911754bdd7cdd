from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from people.models import User
from routing.events import RuleRequested
from routing.models import Rule
from tickets import errors
from tickets.commands.base import begin


@transaction.atomic
def request_rule(ticket_id: int, *, rule_id: int, user: User, at: datetime | None = None) -> None:
    """Ask for a manual rule on a ticket; a worker runs it. Its conditions still have to hold."""
    rule = Rule.objects.filter(pk=rule_id, is_enabled=True, is_deleted=False).first()
    if rule is None or rule.current.definition["trigger"]["on"] != "manual":
        raise errors.Invalid("rule", _("This rule cannot be asked for."))
    ticket, at = begin(ticket_id, at)
    record(RuleRequested(ticket.pk, rule.pk, user.pk), actor=Actor.user(user), at=at)
