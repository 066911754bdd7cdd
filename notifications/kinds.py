"""What people can be told of, and how each is told unless they choose otherwise."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The labels are what the preferences call them."""

    ASSIGNED = "assigned", _("A ticket is assigned to me")
    HANDED_OVER = "handed_over", _("Somebody's ticket is handed over to me")
    TO_TEAM = "to_team", _("A ticket comes to my team")
    NEW_TICKET = "new_ticket", _("A new ticket in my team's queue")
    CALLED_IN = "called_in", _("I am called in as an expert")
    MENTIONED = "mentioned", _("I am mentioned in a note")
    CUSTOMER_ANSWERED = "customer_answered", _("A customer answers")
    NOTED = "noted", _("A colleague leaves a note")
    DELIVERY_FAILED = "delivery_failed", _("A message of ours does not arrive")
    REPLY_KEPT_BACK = "reply_kept_back", _("A reply I set for later does not leave")
    SLA_WARNED = "sla_warned", _("A target is about to be missed")
    SLA_BREACHED = "sla_breached", _("A target is missed")
    PROMISE_BROKEN = "promise_broken", _("A promise is broken")
    NOBODY_AVAILABLE = "nobody_available", _("Nobody is free for a ticket of a team I lead")
    SHIFT_DIGEST = "shift_digest", _("What is left when a shift ends")
    RULE = "rule", _("A rule has something to tell me")


@dataclass(frozen=True)
class Wish:
    """Whether somebody wants to be told in the desk, and by mail."""

    in_desk: bool
    by_mail: bool

    @property
    def is_any(self) -> bool:
        return self.in_desk or self.by_mail


# Mail for what somebody must not miss while they look elsewhere; the desk for everything but the flood.
_BY_MAIL = {Kind.MENTIONED, Kind.SLA_BREACHED, Kind.HANDED_OVER, Kind.NOBODY_AVAILABLE}
_NOT_AT_ALL = {Kind.NEW_TICKET}
DEFAULTS: dict[str, Wish] = {kind: Wish(kind not in _NOT_AT_ALL, kind in _BY_MAIL) for kind in Kind}

# As the preferences page groups them.
GROUPS: list[tuple[str | Promise, tuple[Kind, ...]]] = [
    (
        _("Work that comes to me"),
        (Kind.ASSIGNED, Kind.HANDED_OVER, Kind.CALLED_IN, Kind.TO_TEAM, Kind.NEW_TICKET),
    ),
    (
        _("What is said in my tickets"),
        (
            Kind.CUSTOMER_ANSWERED,
            Kind.MENTIONED,
            Kind.NOTED,
            Kind.DELIVERY_FAILED,
            Kind.REPLY_KEPT_BACK,
        ),
    ),
    (_("Deadlines"), (Kind.SLA_WARNED, Kind.SLA_BREACHED, Kind.PROMISE_BROKEN)),
    (_("Teams and rules"), (Kind.NOBODY_AVAILABLE, Kind.SHIFT_DIGEST, Kind.RULE)),
]

ICONS: dict[str, str] = {
    Kind.ASSIGNED: "user-check",
    Kind.HANDED_OVER: "user-check",
    Kind.TO_TEAM: "users-group",
    Kind.NEW_TICKET: "inbox",
    Kind.CALLED_IN: "bell-ringing",
    Kind.MENTIONED: "at",
    Kind.CUSTOMER_ANSWERED: "message",
    Kind.NOTED: "note",
    Kind.DELIVERY_FAILED: "mail-x",
    Kind.REPLY_KEPT_BACK: "clock-pause",
    Kind.SLA_WARNED: "clock",
    Kind.SLA_BREACHED: "alert-triangle",
    Kind.PROMISE_BROKEN: "alert-triangle",
    Kind.NOBODY_AVAILABLE: "user-off",
    Kind.SHIFT_DIGEST: "users",
    Kind.RULE: "bolt",
}
