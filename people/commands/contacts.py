"""Finding and making contacts."""

from datetime import datetime

from django.db import IntegrityError, transaction

from people.models import Contact, Identity, Organization

# Addresses anybody can have: sharing one of these domains says nothing about a company.
FREE_MAIL = frozenset(
    (
        "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com me.com aol.com "
        "gmx.com gmx.de proton.me protonmail.com mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru "
        "yandex.com ya.ru rambler.ru ukr.net web.de msn.com"
    ).split()
)


def resolve_contact(kind: str, value: str, *, name: str = "", language: str = "") -> Contact:
    """The one contact behind an identity, made if it is new. Safe when two workers ask at once.

    Somebody without a name is called by their address, until a message brings a name. A name that
    agents have written stays.
    """
    value = value.strip().lower()
    name = name.strip()[:200]
    identity = _find(kind, value)
    if identity is None:
        try:
            with transaction.atomic():
                contact = Contact.objects.create(
                    name=name or value[:200], language=language, organization=organization_of(kind, value)
                )
                Identity.objects.create(contact=contact, kind=kind, value=value)
                return contact
        except IntegrityError:  # another worker was faster
            identity = Identity.objects.select_related("contact__organization").get(kind=kind, value=value)
    contact = identity.contact
    if name and contact.name in {"", value}:
        contact.name = name
        contact.save(update_fields=["name"])
    return contact


def _find(kind: str, value: str) -> Identity | None:
    return Identity.objects.select_related("contact__organization").filter(kind=kind, value=value).first()


def organization_of(kind: str, value: str) -> Organization | None:
    """The organisation whose domain an address is in; free mail providers are nobody's."""
    domain = value.rpartition("@")[2]
    if kind != Identity.Kind.EMAIL or not domain or domain in FREE_MAIL:
        return None
    return Organization.objects.filter(domains__contains=[domain]).order_by("pk").first()


def mark_bounced(address: str, *, reason: str, at: datetime) -> None:
    """Remember that mail to this address bounced for good."""
    Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address.lower(), bounced_at=None).update(
        bounced_at=at, bounce_reason=reason[:2000]
    )


def clear_bounce(address: str) -> None:
    """A message from, or delivered to, the address shows that it works again."""
    Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address.lower()).exclude(bounced_at=None).update(
        bounced_at=None, bounce_reason=""
    )


@transaction.atomic
def prove_address(address: str, *, language: str = "") -> Contact:
    """The contact of a mail address whose owner has just shown that it is theirs, made if it is new.

    From now on the address counts as verified, and as working.
    """
    contact = resolve_contact(Identity.Kind.EMAIL, address, language=language)
    Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address.strip().lower()).update(
        is_verified=True, bounced_at=None, bounce_reason=""
    )
    return contact
