"""What a survivor has empty it takes from whoever was merged into it, and gives back when that is undone.

``Contact.filled`` says what is not the contact's own: a field's [own, taken], under "attributes" the keys
taken with their values; "declined" names the fields that somebody has emptied on purpose. A value that
somebody has changed since is the contact's own. So what a survivor shows follows from everybody's own
values, the merges and their order, whatever happened in between.
"""

from collections.abc import Iterable
from typing import Any

from people.models import Contact

_FIELDS = ("name", "organization_id", "language", "time_zone")
FILLED = ("name", "organization", "language", "time_zone", "attributes")  # as ``save`` calls them


def refill(contact: Contact, merged: Iterable[Contact]) -> dict[str, Any]:
    """Count anew what ``contact`` takes from those merged into it, the first merged first.

    Returns what it looks like now, as {field: [before, after]}. Saving is the caller's.
    """
    merged = list(merged)
    before = {name: getattr(contact, name) for name in (*_FIELDS, "attributes")}
    own = {name: _own(contact, name) for name in _FIELDS}
    own_attributes = _own_attributes(contact)
    declined = [name for name in contact.filled.get("declined", []) if merged and not own[name]]
    contact.filled = {"declined": declined} if declined else {}
    for name in _FIELDS:
        taken = own[name]
        if name not in declined and _is_empty(contact, name, taken):
            taken = next((value for one in merged if (value := getattr(one, name))), taken)
        setattr(contact, name, taken)
        if taken != own[name]:
            contact.filled[name] = [own[name], taken]
    others: dict[str, Any] = {}
    for one in merged:
        others = {**one.attributes, **others}
    missing = {key: value for key, value in others.items() if key not in own_attributes}
    contact.attributes = {**own_attributes, **missing}
    if missing:
        contact.filled["attributes"] = missing
    return {
        name: [old, getattr(contact, name)] for name, old in before.items() if old != getattr(contact, name)
    }


def decline(contact: Contact, columns: Iterable[str]) -> None:
    """Somebody has emptied these on purpose: no merged one fills them again. Saving is the caller's."""
    if contact.merged.exists():
        declined = {*contact.filled.get("declined", []), *columns} & set(_FIELDS)
        contact.filled = {**contact.filled, "declined": sorted(declined)}


def _own(contact: Contact, name: str) -> Any:
    value = getattr(contact, name)
    own, taken = contact.filled.get(name, (value, value))
    return own if value == taken else value


def _own_attributes(contact: Contact) -> dict[str, Any]:
    taken: dict[str, Any] = contact.filled.get("attributes", {})
    return {
        key: value for key, value in contact.attributes.items() if key not in taken or taken[key] != value
    }


def _is_empty(contact: Contact, name: str, value: Any) -> bool:
    """Whether a contact has nothing of its own there; a name that is only an address is none."""
    if name != "name" or not value:
        return not value
    return "@" in value and contact.identities.filter(value=value.lower()).exists()
