"""The names of what a timeline mentions, all kinds in one query."""

import json
from collections.abc import Mapping, Set
from typing import Any

from django.db import connection

from common.labels import in_language
from common.statements import Statement

# (kind, key, name, names by language, the person behind a contact). A merged contact goes by its survivor's.
_NAMES = Statement(
    "tickets_timeline_names",
    """
    SELECT 'user', id, name, NULL::jsonb, NULL::bigint FROM people_user WHERE id = ANY(%(user)s::bigint[])
    UNION ALL
    SELECT 'contact', contact.id, COALESCE(survivor.name, contact.name), NULL,
           COALESCE(contact.survivor_id, contact.id)
      FROM people_contact contact LEFT JOIN people_contact survivor ON survivor.id = contact.survivor_id
     WHERE contact.id = ANY(%(contact)s::bigint[])
    UNION ALL
    SELECT 'organization', id, name, NULL, NULL FROM people_organization
     WHERE id = ANY(%(organization)s::bigint[])
    UNION ALL
    SELECT 'team', id, name, NULL, NULL FROM people_team WHERE id = ANY(%(team)s::bigint[])
    UNION ALL
    SELECT 'problem', id, title, NULL, NULL FROM tickets_problem WHERE id = ANY(%(problem)s::bigint[])
    UNION ALL
    SELECT 'status', id, '', labels, NULL FROM tickets_status WHERE id = ANY(%(status)s::bigint[])
    UNION ALL
    SELECT 'topic', id, '', labels, NULL FROM tickets_topic WHERE id = ANY(%(topic)s::bigint[])
    UNION ALL
    SELECT 'service', id, '', labels, NULL FROM tickets_service WHERE id = ANY(%(service)s::bigint[])
    """,
)
KINDS = tuple(_NAMES.places)
Found = dict[str, dict[int, str]]


def named(wanted: Mapping[str, Set[Any]]) -> tuple[Found, dict[int, int]]:
    """Names by kind and key, in the reader's language; and by contact the person they are.

    ``wanted``: keys by kind, of those in ``KINDS``. Nothing wanted asks nothing.
    """
    names: Found = {kind: {} for kind in KINDS}
    people: dict[int, int] = {}
    keys = {kind: [key for key in wanted.get(kind, ()) if isinstance(key, int)] for kind in KINDS}
    if not any(keys.values()):
        return names, people
    with connection.cursor() as cursor:
        _NAMES.run(cursor, keys)
        for kind, key, name, labels, person in cursor.fetchall():
            names[kind][key] = in_language(json.loads(labels)) if labels else name
            if person is not None:
                people[key] = person
    return names, people
