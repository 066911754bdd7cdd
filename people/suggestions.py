"""Who else may be the same person, and why one should think so.

Nothing is merged by itself: each suggestion says its evidence, and a person decides. One query by indexes,
whatever is stored; what somebody has dismissed (``Distinct``) stays away, also when either has since been
merged with others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from common.statements import Statement
from people.identities import shown
from people.models import Claim, Contact, User

MOST = 5
_LOOKED_AT = 60  # identities and claims of one person, and hits for each

# Reasons: "says", they claim an identity that is the other's; "said", the other claims one of theirs; "both",
# both claim the same; "name", the same name in the same organisation.
_FIND = """
    WITH family AS MATERIALIZED (
        SELECT id FROM people_contact WHERE id = %(person)s OR survivor_id = %(person)s
    ), mine AS MATERIALIZED (
        SELECT kind, value FROM people_identity WHERE contact_id IN (SELECT id FROM family) LIMIT %(most)s
    ), claims AS MATERIALIZED (
        SELECT kind, value, source, proof FROM people_claim
         WHERE contact_id IN (SELECT id FROM family) LIMIT %(most)s
    ), found AS (
        (SELECT other.contact_id, 'says' AS reason, claims.kind, claims.value, claims.source, claims.proof
           FROM claims JOIN people_identity other ON other.kind = claims.kind AND other.value = claims.value
          LIMIT %(most)s)
        UNION ALL
        (SELECT other.contact_id, 'said', other.kind, other.value, other.source, other.proof
           FROM mine JOIN people_claim other ON other.kind = mine.kind AND other.value = mine.value
          LIMIT %(most)s)
        UNION ALL
        (SELECT other.contact_id, 'both', other.kind, other.value, other.source, ''
           FROM claims JOIN people_claim other ON other.kind = claims.kind AND other.value = claims.value
          WHERE other.contact_id NOT IN (SELECT id FROM family)
          LIMIT %(most)s)
        UNION ALL
        (SELECT other.id, 'name', '', other.name, '', ''
           FROM people_contact me
           JOIN people_contact other ON other.organization_id = me.organization_id
            AND lower(other.name) = lower(me.name)
          WHERE me.id = %(person)s AND me.name LIKE '%% %%' AND other.id <> me.id
          LIMIT %(most)s)
    ), people AS (
        SELECT COALESCE(contact.survivor_id, contact.id) AS other, found.*
          FROM found JOIN people_contact contact ON contact.id = found.contact_id
    )
    SELECT DISTINCT other, reason, kind, value, source, proof FROM people
     WHERE other <> %(person)s AND NOT EXISTS (
        SELECT 1 FROM people_distinct judged
          JOIN people_contact one ON one.id = judged.one_id
          JOIN people_contact two ON two.id = judged.other_id
         WHERE (judged.one_id IN (SELECT id FROM family)
                AND COALESCE(two.survivor_id, two.id) = people.other)
            OR (judged.other_id IN (SELECT id FROM family)
                AND COALESCE(one.survivor_id, one.id) = people.other)
     )
     ORDER BY other
     LIMIT %(most)s
"""
_FOUND = Statement("people_suggestions", _FIND)
# How much a reason says, by (reason, whether it was proved).
_WEIGHT = {"says": 3, "said": 3, "name": 2, "both": 1}


@dataclass(frozen=True)
class Evidence:
    """Why: see the reasons above. ``value`` as people read it."""

    reason: str
    kind: str
    value: str
    source: str
    proof: str

    @property
    def weight(self) -> int:
        return _WEIGHT[self.reason] + (10 if self.proof else 0)


@dataclass
class Suggestion:
    other: Contact
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def weight(self) -> int:
        return sum(one.weight for one in self.evidence)


def suggestions(person_id: int, user: User) -> list[Suggestion]:
    """Who may be the same person, of those ``user`` may see; the most likely first.

    One query; three where there is somebody.
    """
    with connection.cursor() as cursor:
        rows = _FOUND.run(cursor, {"person": person_id, "most": _LOOKED_AT}).fetchall()
    return _described(rows, user) if rows else []


def _described(rows: Iterable[tuple[Any, ...]], user: User) -> list[Suggestion]:
    evidence: dict[int, list[Evidence]] = {}
    for other, reason, kind, value, source, proof in rows:
        evidence.setdefault(other, []).append(Evidence(reason, kind, shown(kind, value), source, proof))
    people = Contact.objects.visible_to(user).filter(pk__in=evidence).select_related("organization")
    found = [Suggestion(one, evidence[one.pk]) for one in people.prefetch_related("identities")]
    for one in found:
        one.evidence.sort(key=lambda each: -each.weight)
    found.sort(key=lambda one: (-one.weight, one.other.pk))
    return found[:MOST]


def claims_of(family: Iterable[int]) -> list[Claim]:
    """What somebody says of themselves, newest first."""
    return list(Claim.objects.filter(contact__in=list(family)).order_by("-created_at", "-pk")[:_LOOKED_AT])
