"""Who gets a broadcast, on which ticket and in which language; who does not, and why."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from channels_in.broadcasts.words import language_for
from channels_in.models import Inbox, Thread
from people.models import Contact, Identity, User
from tickets.commands.broadcasts import MAX_RECIPIENTS, Addressee
from tickets.models import BroadcastRecipient, Problem, Ticket

# Why somebody is left out: when it is planned, or when their turn has come.
REASONS = {
    "spam": _("Spam"),
    "deleted": _("Deleted"),
    "merged": _("Merged into another ticket"),
    "test": _("Test tickets"),
    "unseen": _("Tickets that the sender may not see"),
    "no-address": _("No address that a message could go to"),
    "bounced": _("Mail to their address has bounced"),
    "no-inbox": _("The brand has no active mail inbox"),
    "told": _("Have had a message about this problem"),
    "same-person": _("The same person gets it on another ticket"),
    "unlinked": _("No longer linked to the problem"),
    "other-person": _("The ticket is somebody else’s now"),
    "broken": _("Something went wrong on our side"),
}


@dataclass(frozen=True)
class Chosen:
    """Somebody who gets it, on ``ticket``; ``more`` other tickets of theirs are linked too."""

    person: Contact
    ticket: Ticket
    language: str
    more: int = 0

    @property
    def addressee(self) -> Addressee:
        return Addressee(self.person.pk, self.ticket.pk, self.language)


@dataclass
class Planned:
    """``left``: tickets by reason, only those that the sender may see; ``counts``: of all of them.

    ``is_more``: there are more tickets than can be written to at once; the newest are here.
    """

    to: list[Chosen] = field(default_factory=list)
    left: dict[str, list[Ticket]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    is_more: bool = False

    @property
    def languages(self) -> dict[str, int]:
        """How many get it in which language."""
        return dict(Counter(one.language for one in self.to).most_common())

    def leave_out(self, ticket: Ticket, reason: str, *, shown: bool = True) -> None:
        self.counts[reason] += 1
        if shown:
            self.left.setdefault(reason, []).append(ticket)


def plan(problem: Problem, user: User, *, written: Collection[str], again: bool = False) -> Planned:
    """For a message by ``user``, in seven queries at most.

    One person gets it once, on their newest ticket that is open, else on their newest. ``again``: also who
    has had an earlier message about this problem. ``written``: the languages of its texts.
    """
    rows = Ticket.objects.filter(problem=problem).select_related("requester__survivor", "brand", "status")
    tickets = list(rows.order_by("-pk")[: MAX_RECIPIENTS + 1])
    found = Planned(is_more=len(tickets) > MAX_RECIPIENTS)
    tickets = tickets[:MAX_RECIPIENTS]
    candidates = _candidates(tickets, problem, user, found)
    reach = Reach(candidates)
    told = set() if again else _told(problem)
    by_person: dict[int, list[Ticket]] = {}
    for ticket in candidates:
        person_id = ticket.requester.person_id
        if person_id in told:
            found.leave_out(ticket, "told")
        elif reason := reach.problem(ticket):
            found.leave_out(ticket, reason)
        else:
            by_person.setdefault(person_id, []).append(ticket)
    for own in by_person.values():
        best = max(own, key=lambda ticket: (ticket.is_open, ticket.pk))
        for ticket in own:
            if ticket is not best:
                found.leave_out(ticket, "same-person")
        language = language_for(best, written) if written else ""
        found.to.append(Chosen(best.requester.person, best, language, len(own) - 1))
    return found


def _candidates(tickets: Iterable[Ticket], problem: Problem, user: User, found: Planned) -> list[Ticket]:
    """Those that may be written to at all. Of what the sender does not see only the number is told."""
    seen: set[int] | None = None
    if not user.sees_all:
        visible = Ticket.objects.visible_to(user).filter(problem=problem)
        seen = set(visible.values_list("pk", flat=True).order_by("-pk")[:MAX_RECIPIENTS])
    kept = []
    for ticket in tickets:
        if reason := hidden_reason(ticket):
            found.leave_out(ticket, reason, shown=reason != "deleted" and (seen is None or ticket.pk in seen))
        elif seen is not None and ticket.pk not in seen:
            found.leave_out(ticket, "unseen", shown=False)
        else:
            kept.append(ticket)
    return kept


def hidden_reason(ticket: Ticket) -> str:
    """Why a ticket is nobody's to write to, as a code; empty if it may be."""
    if ticket.deleted_at is not None:
        return "deleted"
    if ticket.is_spam:
        return "spam"
    if ticket.merged_into_id is not None:
        return "merged"
    return "test" if ticket.is_test else ""


def _told(problem: Problem) -> set[int]:
    rows = BroadcastRecipient.objects.filter(
        broadcast__problem=problem, state=BroadcastRecipient.State.SENT
    ).annotate(person=Coalesce("contact__survivor_id", "contact_id"))
    return set(rows.values_list("person", flat=True))


class Reach:
    """Whether messages get to the requesters of these tickets: by mail, or in a messenger. Three queries."""

    def __init__(self, tickets: Collection[Ticket]) -> None:
        people = {ticket.requester.person_id for ticket in tickets}
        brands = {ticket.brand_id for ticket in tickets}
        own = Q(contact__in=people) | Q(contact__survivor__in=people)
        person = Coalesce("contact__survivor_id", "contact_id")
        mails = Identity.objects.filter(own, kind=Identity.Kind.EMAIL).annotate(person=person)
        self._mails: dict[int, bool] = {}  # whether one of their addresses works
        for pk, bounced_at in mails.values_list("person", "bounced_at") if people else ():
            self._mails[pk] = self._mails.get(pk, False) or bounced_at is None
        inboxes = Inbox.objects.filter(brand__in=brands, kind=Inbox.Kind.EMAIL, is_active=True)
        self._sending = set(inboxes.values_list("brand_id", flat=True)) if brands else set()
        # A private chat of a bot takes everything; a group belongs to one ticket, and its members are many.
        talks = Thread.objects.filter(
            own,
            inbox__brand__in=brands,
            inbox__kind=Inbox.Kind.TELEGRAM,
            inbox__is_active=True,
            is_blocked=False,
        ).exclude(external_id__startswith="-")
        found = talks.annotate(person=person).values_list("inbox__brand_id", "person") if people else ()
        self._talking = set(found)

    def problem(self, ticket: Ticket) -> str:
        """Why nothing gets there, as a code; empty if it does."""
        person_id = ticket.requester.person_id
        if (ticket.brand_id, person_id) in self._talking:
            return ""
        works = self._mails.get(person_id)
        if works is None:
            return "no-address"
        if not works:
            return "bounced"
        return "" if ticket.brand_id in self._sending else "no-inbox"
