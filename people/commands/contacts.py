"""Finding and making contacts by their identities, as channels do.

What is known of one is changed in ``people.commands.customers``.
"""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from common import clock
from people.identities import LONGEST, normalise
from people.models import Contact, Identity, Organization, Proof

# Addresses anybody can have: sharing one of these domains says nothing about a company.
FREE_MAIL = frozenset(
    (
        "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com me.com aol.com "
        "gmx.com gmx.de proton.me protonmail.com mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru "
        "yandex.com ya.ru rambler.ru ukr.net web.de msn.com"
    ).split()
)


def resolve_contact(kind: str, value: str, *, name: str = "", language: str = "", proof: str = "") -> Contact:
    """The one contact behind an identity, made if it is new. Safe when two workers ask at once.

    It is the row the identity belongs to: a merged one too, so that what comes by it stays with it when
    the merge is undone; ``person`` is whom to show. ``proof`` (``people.models.Proof``): the channel has
    proved just now that it is theirs. What a person merely says of themselves must not come here
    (``people.commands.identities.claim_identity``).

    Somebody without a name is called by their address, until a message brings a name. A name that
    agents have written stays.
    """
    value = normalised(kind, value)
    name = name.strip()[:200]
    identity = _find(kind, value)
    if identity is None:
        try:
            with transaction.atomic():
                contact = Contact.objects.create(
                    name=name or _nameless(kind, value),
                    language=language,
                    organization=organization_of(kind, value),
                )
                Identity.objects.create(
                    contact=contact,
                    kind=kind,
                    value=value,
                    is_verified=bool(proof),
                    proof=proof,
                    verified_at=clock.now() if proof else None,
                )
                return contact
        except IntegrityError:  # another worker was faster
            identity = Identity.objects.select_related(*_WITH).get(kind=kind, value=value)
    contact = identity.contact
    if name and contact.name in {"", value}:
        _call(contact, name)
    if proof and not identity.is_verified:
        Identity.objects.filter(pk=identity.pk, is_verified=False).update(
            is_verified=True, proof=proof, verified_at=clock.now()
        )
    return contact


_WITH = ("contact__organization", "contact__survivor__organization")


def normalised(kind: str, value: str) -> str:
    """An identity as it is stored. What the rules do not know is taken as a channel brings it."""
    try:
        return normalise(kind, value, region=settings.PHONE_REGION)
    except ValueError:
        return value.strip().lower()[:LONGEST]


def _nameless(kind: str, value: str) -> str:
    """What somebody is called before they have a name; a random key would say nothing."""
    return value[:200] if kind in {Identity.Kind.EMAIL, Identity.Kind.PHONE} else ""


def _call(contact: Contact, name: str) -> None:
    """Give a name, unless somebody is just changing the contact: the next message brings it again.

    Nothing is waited for: whoever makes several contacts would else wait for a merge, and it for them.
    """
    free = Contact.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=contact.pk)
    with transaction.atomic():
        if Contact.objects.filter(pk__in=free.values("pk")).update(name=name):
            contact.name = name


def _find(kind: str, value: str) -> Identity | None:
    return Identity.objects.select_related(*_WITH).filter(kind=kind, value=value).first()


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
    contact = resolve_contact(Identity.Kind.EMAIL, address, language=language, proof=Proof.CODE)
    clear_bounce(address.strip())
    return contact
