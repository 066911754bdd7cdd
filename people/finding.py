"""Finding people and organisations by words: any part of a name or an address, and what is spelt nearly so.

Words come folded (``common.text.fold``) and are compared with folded names, which the trigram indexes hold.
The door to people is the caller's business, since these are keys; of organisations these are what ``reader``
may see.
"""

import re

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower

from common.lookups import FOLDED
from people.models import Contact, Identity, Organization, User
from people.querysets import OrganizationQuerySet

MOST_WORDS = 6
SHORTEST_TYPO = 4  # of three letters every second word is a misspelling
LONGEST_NAME = 3  # words; what is longer is a sentence
# How much of what was typed must be found together: "елкена" has three of its seven trigrams in "елкина".
NEAR = 0.4


def person_ids(wanted: str, *, most: int) -> set[int]:
    """People with all these words in their name, or with ``wanted`` in an identity: keys of the survivors."""
    if not wanted:
        return set()
    # Each half has its own trigram index; an OR over both tables would have none.
    named = Contact.objects.filter(_all_words(wanted))
    known = Q(value__contains=wanted) if len(wanted) > 2 else Q(value__startswith=wanted)
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= 4 and not re.search(r"[^\d\s()+\-.]", wanted):
        known |= Q(kind=Identity.Kind.PHONE, value__contains=digits)
    roots = named.annotate(root=Coalesce("survivor_id", "pk")).values_list("root", flat=True)
    owners = Identity.objects.filter(known).annotate(root=Coalesce("contact__survivor_id", "contact_id"))
    return set(roots[:most]) | set(owners.values_list("root", flat=True)[:most])


def similar_person_ids(wanted: str, *, most: int) -> list[int]:
    """People whose name or address is spelt nearly so, the nearest first."""
    if not _may_be_misspelt(wanted):
        return []
    name = FOLDED % {"expressions": "name"}
    sql = f"""
        SELECT root FROM (
            (SELECT coalesce(survivor_id, id) AS root, word_similarity(%(wanted)s, {name}) AS near
               FROM people_contact WHERE %(wanted)s <%% {name} ORDER BY near DESC, id LIMIT %(most)s)
            UNION ALL
            (SELECT coalesce(contact.survivor_id, contact.id),
                    word_similarity(%(wanted)s, identity.value) AS near
               FROM people_identity identity JOIN people_contact contact ON contact.id = identity.contact_id
              WHERE %(wanted)s <%% identity.value AND identity.kind <> 'visitor'
              ORDER BY near DESC, identity.id LIMIT %(most)s)
        ) found GROUP BY root ORDER BY max(near) DESC, root LIMIT %(most)s
    """  # noqa: S608  # constants only; every value is a parameter
    return _near(sql, wanted, most)


def organizations(wanted: str, reader: User, *, most: int) -> list[Organization]:
    """Organisations with all these words in their name, or with this very domain."""
    return list(organizations_like(wanted, reader).order_by(Lower("name"), "pk")[:most])


def organizations_like(wanted: str, reader: User) -> OrganizationQuerySet:
    if not wanted:
        return Organization.objects.none()
    rows = Organization.objects.visible_to(reader)
    return rows.filter(_all_words(wanted) | Q(domains__contains=[wanted.removeprefix("@")]))


def similar_organizations(wanted: str, reader: User, *, most: int) -> list[Organization]:
    """Organisations whose name is spelt nearly so, the nearest first."""
    if not _may_be_misspelt(wanted):
        return []
    name = FOLDED % {"expressions": "name"}
    sql = f"""
        SELECT id FROM people_organization WHERE %(wanted)s <%% {name}
         ORDER BY word_similarity(%(wanted)s, {name}) DESC, id LIMIT %(most)s
    """  # noqa: S608  # constants only; every value is a parameter
    keys = _near(sql, wanted, most * 4)
    found = Organization.objects.visible_to(reader).in_bulk(keys)
    return [found[key] for key in keys if key in found][:most]


def pattern(word: str) -> str:
    """A folded word as a regular expression of PostgreSQL, for what was lowered but kept its ё."""
    return re.escape(word).replace("е", "[её]")


def _all_words(wanted: str) -> Q:
    """In any order: "елкина вера" is Vera too."""
    q = Q()
    words = wanted.split()[:MOST_WORDS]
    for word in words:
        q &= _in_name(word, alone=len(words) == 1)
    return q


def _in_name(word: str, *, alone: bool) -> Q:
    """Anywhere in the name. One or two letters only where a word begins: elsewhere they have no trigram."""
    if len(word) > 2:
        return Q(name__folded__contains=word)
    first = Q(name__folded__startswith=word)
    return first if alone and len(word) == 1 else first | Q(name__folded__contains=f" {word}")


def _may_be_misspelt(wanted: str) -> bool:
    return len(wanted) >= SHORTEST_TYPO and len(wanted.split()) <= LONGEST_NAME


def _near(sql: str, wanted: str, most: int) -> list[int]:
    # The index answers to the setting, so that is where the bound has to stand; for this transaction only.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(NEAR)])
        cursor.execute(sql, {"wanted": wanted[:60], "most": most})
        return [key for (key,) in cursor.fetchall()]
