"""The operators of a search: what their values mean to the one who asks, and which there are to choose from.

Everything is asked of tickets that have passed the door. A value that means nothing selects nothing, and is
told with the nearest that would.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Regex
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.text import fold, storable
from people import finding
from people.models import Contact, Team, User
from people.teams import user_team_ids
from tickets.models import (
    Attachment,
    Brand,
    Category,
    Channel,
    Follower,
    Priority,
    ReadMark,
    Status,
    Tag,
    Tagging,
)
from tickets.search_days import DAYS, day
from tickets.search_query import Filter, Problem, Query, nearest

OFFERED = 8
MOST_PEOPLE = 500  # of whom one "from:" may mean
MOST_TAGS = 2000
NOTHING = Q(pk__in=[])
# Those that leave few tickets, as a rule: search asks for these first and looks for words in them alone.
NARROW = frozenset({"from", "organization", "tag", "subject"})


@dataclass(frozen=True)
class Choice:
    """One value: how it is written, what it selects, what else it is called, what a list says beside it."""

    value: str
    q: Q
    names: tuple[str, ...] = ()
    words: str = ""

    def is_called(self, typed: str) -> bool:
        return any(fold(name) == typed for name in (self.value, *self.names))

    def begins(self, typed: str) -> bool:
        """Whether a word of one of its names begins so."""
        return any(f" {typed}" in f" {fold(name)}" for name in (self.value, *self.names))


@dataclass
class Wanted:
    """What the operators of a query select."""

    q: Q = field(default_factory=Q)
    spam: bool = False
    few: bool = False
    problems: list[Problem] = field(default_factory=list)


def wanted(query: Query, user: User) -> Wanted:
    """What ``user`` means by the operators; one query for each kind of value that is named."""
    found = Wanted()
    for one in query.filters:
        parts = [_meant(one, position, user, found) for position in range(len(one.values))]
        q = reduce(or_, parts)
        found.q &= ~q if one.negated else q
        found.few |= one.operator in NARROW and not one.negated
        found.spam |= one.operator == "is" and not one.negated and "spam" in _meanings(one)
    return found


def offered(operator: str, typed: str, user: User) -> list[Choice]:
    """Values to choose from for what has been typed of one."""
    typed = fold(storable(typed)[:100])
    if operator == "from":
        return _people_offered(typed, user)
    if operator == "organization":
        rows = finding.organizations(typed, user, most=OFFERED) if len(typed) >= 2 else []
        return [Choice(row.name, Q(organization=row), words=", ".join(row.domains[:2])) for row in rows]
    if operator in {"before", "after"}:
        choices = [Choice(names[0], NOTHING, names, _(words)) for names, words in DAYS]
    elif operator in CLOSED:
        choices = CLOSED[operator](user)
    else:
        return []
    found = [choice for choice in choices if not typed or choice.begins(typed)]
    return (found or [choice for choice in choices if typed in fold(choice.value)])[:OFFERED]


def _meant(one: Filter, position: int, user: User, found: Wanted) -> Q:
    """What one alternative selects; if nothing, that is told."""
    typed = storable(one.values[position])[:200]
    span = one.spans[position] if position < len(one.spans) else (0, 0)
    q, hint = _look_up(one.operator, typed, user)
    if q is None:
        found.problems.append(Problem("value", typed, one.operator, hint, span))
        return NOTHING
    if hint:
        found.problems.append(Problem("many_people", typed, one.operator, span=span))
    return q


def _look_up(operator: str, typed: str, user: User) -> tuple[Q | None, str]:
    if operator == "from":
        return _from(typed, user)
    if operator == "organization":
        return _organization(typed, user)
    if operator == "subject":
        return _subject(typed), ""
    if operator in {"before", "after"}:
        instant = day(typed)
        if instant is None:
            return None, nearest(typed, [name for names, _words in DAYS for name in names])
        # What was opened since then has been active since: said too, its index can be used.
        return (
            (Q(opened_at__lt=instant), "")
            if operator == "before"
            else (Q(opened_at__gte=instant, active_at__gte=instant), "")
        )
    return _choose(CLOSED[operator](user), typed)


def _choose(choices: list[Choice], typed: str) -> tuple[Q | None, str]:
    """Those called so; else those of which a word begins so."""
    typed = fold(typed)
    found = [choice for choice in choices if choice.is_called(typed)]
    found = found or [choice for choice in choices if choice.begins(typed)]
    if found:
        return reduce(or_, [choice.q for choice in found]), ""
    names = [name for choice in choices for name in (choice.value, *choice.names)]
    return None, nearest(typed, names)


def _from(typed: str, user: User) -> tuple[Q | None, str]:
    """Tickets of people with these words in a name or an address, under whichever of their contacts."""
    roots = finding.person_ids(fold(typed), most=MOST_PEOPLE + 1)
    if not Contact.objects.visible_to(user).filter(pk__in=roots).exists():
        similar = finding.similar_person_ids(fold(typed), most=20)
        seen = Contact.objects.visible_to(user).in_bulk(similar)
        return None, next((seen[pk].name for pk in similar if pk in seen and seen[pk].name), "")
    rows = Contact.objects.filter(Q(pk__in=roots) | Q(survivor__in=roots)).values_list("pk", flat=True)
    return Q(requester__in=list(rows)), "many" if len(roots) > MOST_PEOPLE else ""


def _people_offered(typed: str, user: User) -> list[Choice]:
    if len(typed) < 2:
        return []
    ids = finding.person_ids(typed, most=100) or finding.similar_person_ids(typed, most=20)
    rows = Contact.objects.visible_to(user).filter(pk__in=ids).prefetch_related("identities")
    rows = rows.select_related("organization").order_by(Lower("name"), "pk")[:OFFERED]
    return [
        Choice(row.name or row.address, NOTHING, words=" · ".join(filter(None, [row.address, _of(row)])))
        for row in rows
        if row.name or row.address
    ]


def _of(contact: Contact) -> str:
    return contact.organization.name if contact.organization else ""


def _organization(typed: str, user: User) -> tuple[Q | None, str]:
    found = finding.organizations(fold(typed), user, most=50)
    if found:
        return Q(organization__in=[row.pk for row in found]), ""
    similar = finding.similar_organizations(fold(typed), user, most=1)
    return None, similar[0].name if similar else ""


def _subject(typed: str) -> Q:
    # As an expression of the index: lower(subject), where ё may stand for the е that ``fold`` made of it.
    words = [finding.pattern(word) for word in fold(typed).split()[:12]]
    parts = [Q(Regex(Lower("subject"), word)) for word in words]
    return reduce(lambda one, other: one & other, parts) if parts else NOTHING


def _both(text: Any) -> tuple[str, ...]:
    """A name of ours in each language of the product."""
    names = []
    for language in ("en", "ru"):
        with override(language):
            names.append(str(text))
    return tuple(names)


def _statuses(user: User) -> list[Choice]:
    rows = [
        Choice(row.label, Q(status=row), tuple(row.labels.values()))
        for row in Status.objects.filter(is_active=True)
    ]
    known = {fold(name) for row in rows for name in (row.value, *row.names)}
    categories = [
        Choice(one.name.lower().replace("_", "-"), Q(category=one.value), _both(one.label), str(one.label))
        for one in Category
    ]
    return rows + [choice for choice in categories if fold(choice.value) not in known]


def _tags(user: User) -> list[Choice]:
    rows = Tag.objects.order_by("name").values_list("pk", "name")[:MOST_TAGS]
    return [
        Choice(name, Q(Exists(Tagging.objects.filter(ticket=OuterRef("pk"), tag=pk)))) for pk, name in rows
    ]


def _teams(user: User) -> list[Choice]:
    fixed = [
        Choice("mine", Q(team__in=user_team_ids(user)), ("мои", "моя", _("mine")), _("My teams")),
        Choice("none", Q(team=None), ("нет", _("none")), _("No team")),
    ]
    return fixed + [Choice(row.name, Q(team=row)) for row in Team.objects.order_by("name")]


def _staff(user: User) -> list[Choice]:
    fixed = [
        Choice("me", Q(assignee=user.pk), ("я", "мне", _("me")), _("Me")),
        Choice("none", Q(assignee=None), ("нет", "никому", _("nobody")), _("Nobody")),
    ]
    rows = User.objects.exclude(role="customer").order_by("-is_active", "name")
    return fixed + [
        Choice(row.name or row.email, Q(assignee=row.pk), (row.email,), row.email) for row in rows
    ]


def _priorities(user: User) -> list[Choice]:
    return [
        Choice(one.name.lower(), Q(priority=one.value), _both(one.label), str(one.label)) for one in Priority
    ]


def _channels(user: User) -> list[Choice]:
    return [Choice(one.value, Q(channel=one.value), _both(one.label), str(one.label)) for one in Channel]


def _brands(user: User) -> list[Choice]:
    return [Choice(row.name, Q(brand=row), (row.slug,)) for row in Brand.objects.order_by("name")]


def _has(user: User) -> list[Choice]:
    files = Attachment.objects.filter(message__ticket=OuterRef("pk"), redacted_at=None, is_inline=False)
    return [
        Choice("attachment", Q(Exists(files)), ("file", "вложение", "файл", "файлы"), _("An attached file"))
    ]


def _is(user: User) -> list[Choice]:
    read = ReadMark.objects.filter(
        ticket=OuterRef("pk"), user=user.pk, message_id__gte=OuterRef("last_message_id")
    )
    followed = Follower.objects.filter(ticket=OuterRef("pk"), user=user.pk)
    unread = Q(last_message_id__isnull=False) & ~Q(Exists(read))
    return [
        Choice("open", Q(category__lt=Category.RESOLVED), ("открыто", "открыта"), _("Not solved yet")),
        Choice("solved", Q(category__gte=Category.RESOLVED), ("решено", "решена"), _("Solved or closed")),
        Choice("unassigned", Q(assignee=None), ("ничьё", "ничья", "свободно"), _("Nobody's")),
        Choice("mine", Q(assignee=user.pk), ("моё", "моя"), _("Assigned to me")),
        Choice("unread", unread, ("непрочитано", "не прочитано"), _("Something I have not read")),
        Choice("waiting", Q(waiting_since__isnull=False), ("ждёт",), _("The customer waits for an answer")),
        Choice("snoozed", Q(snoozed_until__isnull=False), ("отложено", "отложена"), _("Snoozed")),
        Choice("followed", Q(Exists(followed)), ("слежу",), _("Followed by me")),
        Choice("spam", Q(is_spam=True), ("спам",), _("Spam")),
    ]


# The lists that are short enough to be read as a whole.
CLOSED: dict[str, Callable[[User], list[Choice]]] = {
    "to": _staff,
    "status": _statuses,
    "tag": _tags,
    "team": _teams,
    "priority": _priorities,
    "channel": _channels,
    "brand": _brands,
    "is": _is,
    "has": _has,
}
_SPAM = frozenset({"spam", "спам"})


def _meanings(one: Filter) -> Iterable[str]:
    return {"spam" for value in one.values if fold(value) in _SPAM}
