"""Verbs for what is known of contacts and organisations. Each writes one journal entry, and none when
nothing changes."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from common.text import one_line, storable
from journal.actor import Actor
from journal.record import moment, record
from people.commands.contacts import FREE_MAIL
from people.commands.merging import above_of, follow_up, one_at_a_time
from people.errors import MergedAway, Refused, Taken
from people.events import ContactAttributesSet, ContactChanged, OrganizationChanged, OrganizationCreated
from people.filling import decline
from people.models import Contact, Organization
from people.models.organization import Tier

CONTACT_FIELDS = ("name", "language", "time_zone", "notes", "organization")
ORGANIZATION_FIELDS = ("name", "domains", "tier", "notes")
MOST_NOTES = 20_000
MOST_DOMAINS = 50
MOST_ATTRIBUTES = 50
_LONGEST_KEY, _LONGEST_VALUE = 60, 1000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))+")


@transaction.atomic
def change_contact(contact_id: int, *, actor: Actor, at: datetime | None = None, **fields: Any) -> Contact:
    """Change what is named of ``CONTACT_FIELDS``. Raises ``Refused``, and ``MergedAway`` for a merged one.

    An organisation is a row or None; open tickets follow it (``tickets.customer_changes``).
    """
    if unknown := set(fields) - set(CONTACT_FIELDS):
        raise TypeError(f"a contact has no {', '.join(sorted(unknown))}")
    fields = _checked_contact(fields)
    contact = Contact.objects.lock_all(contact_id)[0]
    if contact.survivor_id is not None:
        raise MergedAway(contact.pk, contact.survivor_id)
    changes = _write(contact, fields)
    if changes:
        emptied = [_column(contact, name) for name, (_old, new) in changes.items() if not new]
        if emptied:
            decline(contact, emptied)
            contact.save(update_fields=["filled"])
        at = moment("contact", contact.pk, at)
        record(ContactChanged(contact.pk, changes), actor=actor, at=at)
    return contact


@transaction.atomic
def set_contact_attributes(
    contact_id: int, *, attributes: Mapping[str, Any], actor: Actor, at: datetime | None = None
) -> Contact:
    """Take over what another system tells of a contact: text, numbers, yes and no; None forgets a key.

    Keys that are not named stay. Told of a merged contact, it stays with that one, and its survivor shows
    what it has not got of its own. Raises ``Refused``.
    """
    attributes = {storable(str(key)).strip(): _checked_value(value) for key, value in attributes.items()}
    if any(not 0 < len(key) <= _LONGEST_KEY for key in attributes):
        raise Refused("attributes", _("A name of an attribute has 1 to %(most)d characters.") % {"most": 60})
    one_at_a_time()
    contact, *above = Contact.objects.lock_all(contact_id, *above_of(contact_id))
    old = contact.attributes
    new = {key: value for key, value in {**old, **attributes}.items() if value is not None}
    if len(new) > max(MOST_ATTRIBUTES, len(old)):
        raise Refused(
            "attributes", _("A contact has at most %(most)d attributes.") % {"most": MOST_ATTRIBUTES}
        )
    changes = {key: [old.get(key), new.get(key)] for key in attributes if old.get(key) != new.get(key)}
    if not changes:
        return contact
    contact.attributes = new
    contact.save(update_fields=["attributes"])
    follow_up([contact, *above])
    record(ContactAttributesSet(contact.pk, changes), actor=actor, at=moment("contact", contact.pk, at))
    return contact


def _checked_value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return storable(value)[:_LONGEST_VALUE]
    raise Refused("attributes", _("An attribute is a text, a number, or yes or no."))


def _checked_contact(fields: dict[str, Any]) -> dict[str, Any]:
    fields = dict(fields)
    if "name" in fields:
        fields["name"] = one_line(storable(fields["name"]), 200)
        if not fields["name"]:
            raise Refused("name", _("A contact needs a name."))
    if "notes" in fields:
        fields["notes"] = _checked_notes(fields["notes"])
    if language := fields.get("language"):
        fields["language"] = language.strip().lower()
        if not _LANGUAGE.fullmatch(fields["language"]):
            raise Refused("language", _("A language is a code of two or three letters, such as en or ru."))
    if fields.get("time_zone") and fields["time_zone"] not in available_timezones():
        raise Refused("time_zone", _("There is no such time zone."))
    return fields


def _checked_notes(notes: str) -> str:
    notes = storable(notes).replace("\r\n", "\n").strip()
    if len(notes) > MOST_NOTES:
        raise Refused("notes", _("Notes have at most %(most)d characters.") % {"most": MOST_NOTES})
    return notes


def _write(row: Contact | Organization, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Set the fields that differ; returns {field: [old, new]}, foreign keys by their keys."""
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        column = _column(row, name)
        old = getattr(row, column)
        setattr(row, name, value)
        if getattr(row, column) != old:
            changes[name] = [old, getattr(row, column)]
    if changes:
        row.save(update_fields=list(changes))
    return changes


def _column(row: Contact | Organization, name: str) -> str:
    return str(row._meta.get_field(name).attname)  # type: ignore[union-attr]  # only concrete fields come here


# --- organisations --------------------------------------------------------------------------------


@transaction.atomic
def create_organization(
    *, actor: Actor, name: str, at: datetime | None = None, **fields: Any
) -> Organization:
    """An organisation. Raises ``Refused``, and ``Taken`` for a domain that another one has."""
    fields = _checked_organization({"name": name, **fields}, None)
    organization = Organization.objects.create(**fields)
    record(OrganizationCreated(organization.pk, organization.name), actor=actor, at=at)
    return organization


@transaction.atomic
def change_organization(
    organization_id: int, *, actor: Actor, at: datetime | None = None, **fields: Any
) -> Organization:
    """Change what is named of ``ORGANIZATION_FIELDS``. Raises ``Refused`` and ``Taken``.

    A new domain counts for whoever is met from now on: whom we know already stays where they are. Clocks of
    its open tickets follow its tier (``sla.subscribers``).
    """
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    changes = _write(organization, _checked_organization(fields, organization))
    if changes:
        at = moment("organization", organization.pk, at)
        record(OrganizationChanged(organization.pk, changes), actor=actor, at=at)
    return organization


def _checked_organization(fields: dict[str, Any], organization: Organization | None) -> dict[str, Any]:
    if unknown := set(fields) - set(ORGANIZATION_FIELDS):
        raise TypeError(f"an organisation has no {', '.join(sorted(unknown))}")
    fields = dict(fields)
    if "name" in fields:
        fields["name"] = one_line(storable(fields["name"]), 200)
        if not fields["name"]:
            raise Refused("name", _("An organisation needs a name."))
    if "notes" in fields:
        fields["notes"] = _checked_notes(fields["notes"])
    if "tier" in fields and fields["tier"] not in Tier.values:
        raise Refused("tier", _("There is no such choice."))
    if "domains" in fields:
        fields["domains"] = _checked_domains(fields["domains"], organization)
    return fields


def _checked_domains(domains: list[str], organization: Organization | None) -> list[str]:
    found = list(dict.fromkeys(domain.strip().lower().lstrip("@") for domain in domains if domain.strip()))
    if len(found) > MOST_DOMAINS:
        raise Refused("domains", _("An organisation has at most %(most)d domains.") % {"most": MOST_DOMAINS})
    for domain in found:
        if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
            raise Refused("domains", _("“%(domain)s” is no domain.") % {"domain": domain[:80]})
        if domain in FREE_MAIL:
            words = _("%(domain)s is a mail provider: its addresses say nothing about a company.")
            raise Refused("domains", words % {"domain": domain})
        others = Organization.objects.filter(domains__contains=[domain])
        other = (others.exclude(pk=organization.pk) if organization else others).first()
        if other is not None:
            words = _("%(domain)s belongs to %(name)s already.")
            raise Taken("domains", words % {"domain": domain, "name": other.name})
    return found
