"""Verbs for identities: what a contact is known by, and what somebody only says of themselves.

An identity finds its contact; whoever writes from it is that contact. So only what came through its own
channel or was proved becomes one; a colleague's word that they have checked it is a proof, their guess is
none. Everything else is a claim: it finds nobody,
opens nothing, and at most suggests that two contacts are one person (``people.suggestions``).
"""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import moment, record
from people.errors import Belongs, Refused
from people.events import ClaimRemoved, IdentityAdded, IdentityClaimed, IdentityRemoved, IdentityVerified
from people.identities import normalise
from people.models import Claim, ClaimSource, Contact, Identity, Proof

OfContact = TypeVar("OfContact", Identity, Claim)

MOST_IDENTITIES = 50  # of one contact
MOST_CLAIMS = 30  # of one contact; more are somebody trying out what there is


@transaction.atomic
def add_identity(
    contact_id: int, *, kind: str, value: str, proof: str, actor: Actor, at: datetime | None = None
) -> Identity:
    """Say what else a contact is known by, now that ``proof`` (``people.models.Proof``) was given.

    Asking twice changes nothing. Raises ``Refused`` for what is none, and ``Belongs`` for another contact's.
    """
    if proof not in Proof.values:
        raise ValueError(f"no proof is called {proof}")
    value = _read(kind, value)
    contact = Contact.objects.lock_all(contact_id)[0]
    at = moment("contact", contact.pk, at)
    identity = Identity.objects.select_related("contact").filter(kind=kind, value=value).first()
    if identity is None:
        if contact.identities.count() >= MOST_IDENTITIES:
            raise Refused(
                "value", _("A contact has at most %(most)d identities.") % {"most": MOST_IDENTITIES}
            )
        try:
            with transaction.atomic():
                identity = Identity.objects.create(
                    contact=contact,
                    kind=kind,
                    value=value,
                    is_verified=True,
                    proof=proof,
                    verified_at=at,
                )
        except IntegrityError:  # a message from there has come at the same moment
            identity = Identity.objects.select_related("contact").get(kind=kind, value=value)
        else:
            Claim.objects.filter(contact=contact, kind=kind, value=value).delete()
            record(IdentityAdded(contact.pk, identity.pk, kind, value, proof), actor=actor, at=at)
            return identity
    if identity.contact.person_id != contact.person_id:
        raise Belongs(identity.contact.person_id)
    return _verify(identity, proof=proof, actor=actor, at=at)


@transaction.atomic
def verify_identity(identity_id: int, *, proof: str, actor: Actor, at: datetime | None = None) -> Identity:
    """Write down that an identity was proved to be its contact's, and how. The first proof stays."""
    contact_id = Identity.objects.values_list("contact_id", flat=True).get(pk=identity_id)
    Contact.objects.lock_all(contact_id)
    identity = Identity.objects.get(pk=identity_id)
    return _verify(identity, proof=proof, actor=actor, at=moment("contact", contact_id, at))


def _verify(identity: Identity, *, proof: str, actor: Actor, at: datetime) -> Identity:
    if proof not in Proof.values:
        raise ValueError(f"no proof is called {proof}")
    if identity.is_verified:
        return identity
    identity.is_verified, identity.proof, identity.verified_at = True, proof, at
    identity.save(update_fields=["is_verified", "proof", "verified_at"])
    event = IdentityVerified(identity.contact_id, identity.pk, identity.kind, identity.value, proof)
    record(event, actor=actor, at=at)
    return identity


@transaction.atomic
def remove_identity(identity_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Forget that a contact is known by it. Whoever writes from there next is somebody new.

    One that is gone already stays gone.
    """
    identity = _taken(Identity.objects.filter(pk=identity_id))
    if identity is None:
        return
    contact_id = identity.contact_id
    identity.delete()
    event = IdentityRemoved(contact_id, identity_id, identity.kind, identity.value)
    record(event, actor=actor, at=moment("contact", contact_id, at))


@transaction.atomic
def prove_identity(
    contact_id: int,
    *,
    kind: str,
    value: str,
    proof: str,
    source: str,
    actor: Actor,
    at: datetime | None = None,
) -> Identity | None:
    """A channel has proof that an identity is this contact's (a code, a signed link, the messenger's word).

    It becomes, or is by now, a verified identity of the contact. Where it is another contact's, nothing moves
    by itself: the proof is kept as a claim, the strongest reason to suggest a merge, and None is returned.
    """
    try:
        return add_identity(contact_id, kind=kind, value=value, actor=actor, proof=proof, at=at)
    except Belongs:
        claim_identity(contact_id, kind=kind, value=value, source=source, actor=actor, proof=proof, at=at)
        return None


@transaction.atomic
def claim_identity(
    contact_id: int,
    *,
    kind: str,
    value: str,
    source: str,
    actor: Actor,
    proof: str = "",
    at: datetime | None = None,
) -> Claim | None:
    """Keep what somebody says of themselves: an address typed into a chat, a number under a mail.

    None where it says nothing new: it is theirs already, or they have claimed too much. Raises ``Refused``
    for what is no identity.
    """
    if source not in ClaimSource.values or (proof and proof not in Proof.values):
        raise ValueError(f"nobody claims {source!r} by {proof!r}")
    value = _read(kind, value)
    contact = Contact.objects.lock_all(contact_id)[0]
    owner = Identity.objects.select_related("contact").filter(kind=kind, value=value).first()
    if owner is not None and owner.contact.person_id == contact.person_id:
        return None
    at = moment("contact", contact.pk, at)
    claim = Claim.objects.filter(contact=contact, kind=kind, value=value).first()
    if claim is not None and (claim.proof or not proof):
        return claim
    if claim is None:
        if contact.claims.count() >= MOST_CLAIMS and not proof:
            return None
        claim = Claim(contact=contact, kind=kind, value=value, source=source, created_at=at)
    claim.proof, claim.proved_at = proof, at if proof else None
    claim.save()
    record(IdentityClaimed(contact.pk, kind, value, source, proof), actor=actor, at=at)
    return claim


@transaction.atomic
def remove_claim(claim_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Forget what somebody is said to be known by, and with it what it suggests.

    Said again it is a claim again. One that is gone already stays gone.
    """
    claim = _taken(Claim.objects.filter(pk=claim_id))
    if claim is None:
        return
    contact_id = claim.contact_id
    claim.delete()
    event = ClaimRemoved(contact_id, claim.kind, claim.value, claim.source, claim.proof)
    record(event, actor=actor, at=moment("contact", contact_id, at))


def _taken(rows: "QuerySet[OfContact]") -> OfContact | None:
    """The row, its contact locked; None where it is gone already."""
    contact_id = rows.values_list("contact_id", flat=True).first()
    if contact_id is None:
        return None
    Contact.objects.lock_all(contact_id)
    return rows.first()


def _read(kind: str, value: str) -> str:
    try:
        return normalise(kind, value, region=settings.PHONE_REGION)
    except ValueError as error:
        raise Refused("value", str(error)) from error
