"""What settings forms let one choose by type-ahead: where it is looked up, and what it is called.

A source gives options for some typed words, and the names of values that were chosen before. ``free`` ones
also take words of one's own.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from calendars.models import Calendar
from common.labels import Labelled
from common.text import fold, number, storable
from desk.customers.finding import found_people
from desk.presentation import language_name
from notifications.models import Webhook
from people.models import Contact, Organization, Skill, Team, User
from people.models.organization import Tier
from tickets import problems
from tickets.conditions.dynamic import choice_label, custom_fields
from tickets.models import Brand, CustomField, Problem, Service, Status, Tag, Topic

OFFERED = 20
LANGUAGES = ("ru", "en", "de", "fr", "es", "it", "pt", "nl", "pl", "uk")


@dataclass(frozen=True)
class Option:
    """``value`` as the form posts it."""

    value: str
    words: str
    sub: str = ""


Search = Callable[[str], Iterable[Option]]
NamesOf = Callable[[Collection[str]], dict[str, str]]


@dataclass(frozen=True)
class Source:
    search: Search
    names: NamesOf
    free: bool = False


def _keys(values: Collection[str]) -> list[int]:
    return [pk for pk in map(number, values) if pk is not None]


def _named(rows: Callable[[], QuerySet[Any]], sub: Callable[[Any], str] = lambda row: "") -> Source:
    """Rows with a ``name``; those in use are offered, all keep their names."""

    def search(words: str) -> list[Option]:
        found = rows()
        if words:
            found = found.filter(Q(name__folded__contains=words))
        return [Option(str(row.pk), row.name, sub(row)) for row in found.order_by("name")[:OFFERED]]

    def names(values: Collection[str]) -> dict[str, str]:
        kept = rows().model._default_manager.filter(pk__in=_keys(values))
        return {str(pk): name for pk, name in kept.values_list("pk", "name")}

    return Source(search, names)


def _labelled(model: type[Labelled], **used: Any) -> Source:
    """The few rows that an administrator named in each language."""
    manager = model._default_manager

    def search(words: str) -> list[Option]:
        rows = [Option(str(row.pk), row.label) for row in manager.filter(**used)]
        return [row for row in rows if words in fold(row.words)][:OFFERED]

    def names(values: Collection[str]) -> dict[str, str]:
        return {str(row.pk): row.label for row in manager.filter(pk__in=_keys(values))}

    return Source(search, names)


def _fixed(options: Callable[[], Iterable[tuple[str, str]]], *, free: bool = False) -> Source:
    """A short list that is in the code."""

    def search(words: str) -> list[Option]:
        return [Option(value, name) for value, name in options() if words in fold(f"{name} {value}")][
            :OFFERED
        ]

    def names(values: Collection[str]) -> dict[str, str]:
        return {value: name for value, name in options() if value in values}

    return Source(search, names, free)


def _staff(words: str) -> list[Option]:
    rows = User.objects.staff()
    if words:
        rows = rows.filter(Q(name__folded__contains=words) | Q(email__icontains=words))
    return [Option(str(row.pk), row.name, row.email) for row in rows.order_by("name")[:OFFERED]]


def _staff_names(values: Collection[str]) -> dict[str, str]:
    rows = User.objects.filter(pk__in=_keys(values)).values_list("pk", "name", "email")
    return {"me": _("Me"), **{str(pk): name or email for pk, name, email in rows}}


def _contacts(words: str, reader: User | None = None) -> list[Option]:
    found = found_people(words, reader, most=OFFERED)
    return [Option(str(row.contact.pk), row.name, row.sub) for row in found]


def _contact_names(values: Collection[str], reader: User | None = None) -> dict[str, str]:
    rows = Contact.objects.all() if reader is None else Contact.objects.visible_to(reader)
    rows = rows.filter(pk__in=_keys(values)).prefetch_related("identities")
    return {str(row.pk): row.name or row.address for row in rows}


def _tags(words: str) -> list[Option]:
    rows = Tag.objects.filter(name__folded__contains=words) if words else Tag.objects.all()
    return [Option(name, name) for name in rows.order_by("name").values_list("name", flat=True)[:OFFERED]]


def _problems(words: str) -> list[Option]:
    rows = problems.search(Problem.objects.all(), words)
    return [Option(str(row.pk), row.title, row.get_stage_display()) for row in rows[:OFFERED]]


def _problem_names(values: Collection[str]) -> dict[str, str]:
    rows = Problem.objects.filter(pk__in=_keys(values)).values_list("pk", "title")
    return {str(pk): title for pk, title in rows}


def _itself(values: Collection[str]) -> dict[str, str]:
    return {value: value for value in values}


def _languages() -> Iterable[tuple[str, str]]:
    own = (get_language() or "en").split("-")[0]
    return [(code, language_name(code)) for code in sorted(LANGUAGES, key=lambda code: code != own)]


def _teams_names(values: Collection[str]) -> dict[str, str]:
    return {"mine": _("My teams"), **_TEAMS.names(values)}


_TEAMS = _named(lambda: Team.objects.filter(is_active=True))
SOURCES: dict[str, Source] = {
    "statuses": _labelled(Status, is_active=True),
    "brands": _named(lambda: Brand.objects.filter(is_active=True)),
    "teams": Source(_TEAMS.search, _teams_names),
    "staff": Source(_staff, _staff_names),
    "contacts": Source(_contacts, _contact_names),
    "organizations": _named(Organization.objects.all),
    "tiers": _fixed(lambda: [(tier.value, str(tier.label)) for tier in Tier], free=True),
    "topics": _labelled(Topic),
    "services": _labelled(Service),
    "problems": Source(_problems, _problem_names),
    "languages": _fixed(_languages, free=True),
    "tags": Source(_tags, _itself, free=True),
    "skills": _labelled(Skill, is_active=True),
    "calendars": _named(lambda: Calendar.objects.filter(is_active=True)),
    "webhooks": _named(lambda: Webhook.objects.filter(is_active=True)),
}


# What stands for the reader in a list of their own.
_OWN = {"staff": ("me", gettext_lazy("Me")), "teams": ("mine", gettext_lazy("My teams"))}


def register(name: str, source: Source) -> None:
    """Add what a form of one's own lets people choose."""
    SOURCES[name] = source


def _organizations_of(reader: User) -> Source:
    return _named(lambda: Organization.objects.visible_to(reader))


def find(name: str) -> Source | None:
    """The source of that name; "custom:<key>" has the choices of a custom field."""
    prefix, _colon, key = name.partition(":")
    if prefix != "custom":
        return SOURCES.get(name)
    row = custom_fields().get(key)
    if row is None:
        return None
    return _fixed(
        lambda: [(choice["value"], choice_label(row, choice["value"])) for choice in row.choices],
        free=row.kind != CustomField.Kind.CHOICE,
    )


def offered(name: str, typed: str, reader: User | None = None) -> list[Option]:
    """Options for what somebody typed; contacts need two letters, everything else is offered at once.

    ``reader``: with whose eyes contacts and organisations are looked for; None: of the settings, whose
    readers see everybody.
    """
    source, words = find(name), fold(storable(typed)[:100])
    if source is None or (name == "contacts" and len(words) < 2):
        return []
    if name == "contacts":
        found = _contacts(words, reader)
    elif name == "organizations" and reader is not None:
        found = list(_organizations_of(reader).search(words))
    else:
        found = list(source.search(words))
    if reader is not None and name in _OWN:
        value, own = _OWN[name]
        found = [Option(value, str(own))] * (words in fold(str(own))) + found
    return found


def names_of(wanted: Iterable[tuple[str, str]], reader: User | None = None) -> dict[tuple[str, str], str]:
    """What (source, value) pairs are called, each source in one query; what is gone is missing, and so is
    a contact or an organisation that ``reader`` may not see."""
    by_source: dict[str, set[str]] = {}
    for name, value in wanted:
        by_source.setdefault(name, set()).add(value)
    found: dict[tuple[str, str], str] = {}
    for name, values in by_source.items():
        source = find(name)
        if source is not None:
            if name == "contacts":
                names = _contact_names(values, reader)
            elif name == "organizations" and reader is not None:
                rows = Organization.objects.visible_to(reader).filter(pk__in=_keys(values))
                names = {str(pk): called for pk, called in rows.values_list("pk", "name")}
            else:
                names = source.names(values)
            found |= {(name, value): words for value, words in names.items()}
    return found
