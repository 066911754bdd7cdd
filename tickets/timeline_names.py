"""The names that a history mentions, all kinds in one query: a ticket's page has no room for one each."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Model

from people.models import Contact, Organization, Team, User
from tickets.models import Problem, Service, Status, Topic

_COLUMNS: Mapping[str, tuple[type[Model], str]] = {
    "user": (User, "name"),
    "team": (Team, "name"),
    "organization": (Organization, "name"),
    "problem": (Problem, "title"),
    "status": (Status, "labels"),
    "topic": (Topic, "labels"),
    "service": (Service, "labels"),
}
_LABELLED: Mapping[str, Any] = {"status": Status, "topic": Topic, "service": Service}
_contact = Contact._meta.db_table
_PARTS = {
    kind: f"SELECT '{kind}', id, {column}::text, NULL::bigint FROM {model._meta.db_table} WHERE id = ANY(%s)"  # noqa: S608  # constants
    for kind, (model, column) in _COLUMNS.items()
} | {
    # Of a contact that was merged the person's.
    "contact": (
        "SELECT 'contact', own.id, COALESCE(person.name, own.name)::text, COALESCE(own.survivor_id, own.id)"  # noqa: S608
        f" FROM {_contact} own LEFT JOIN {_contact} person ON person.id = own.survivor_id"
        " WHERE own.id = ANY(%s)"
    )
}


class Found(dict[str, dict[int, str]]):
    """Names by kind and key, labels in the reader's language. ``people``: the person of each contact."""

    people: dict[int, int]


def look_up(wanted: Mapping[str, Iterable[int | None]]) -> Found:
    """What these keys are called, by kind ("user", "contact", "team" and so on); what is gone is left out."""
    ids = {kind: sorted({key for key in keys if key is not None}) for kind, keys in wanted.items()}
    asked = [kind for kind, keys in ids.items() if keys]
    found = Found({kind: {} for kind in _PARTS})
    found.people = {}
    if not asked:
        return found
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_PARTS[kind] for kind in asked), [ids[kind] for kind in asked])
        for kind, pk, words, person in cursor.fetchall():
            model = _LABELLED.get(kind)
            found[kind][pk] = model(labels=json.loads(words)).label if model else words
            if person is not None:
                found.people[pk] = person
    return found
