"""Tying a Telegram account to a customer whom we know already: they followed the link that we gave them."""

from contextlib import suppress

from django.db import transaction

from channels_in.protocol import Sender
from journal.actor import Actor
from people.commands.identities import prove_identity
from people.commands.merging import merge_contacts
from people.errors import MergedAway
from people.models import ClaimSource, Contact, Identity, Proof
from tickets.models import Message, Ticket


@transaction.atomic
def tie(contact: Contact, sender: Sender) -> Contact | None:
    """Make the account an identity of ``contact``, proved by the link; the person, or None.

    Whoever has only said /start here before is that person from now on. An account with a history of its own
    stays whose it is: the proof is kept as a claim, the strongest reason to suggest a merge to an agent.
    """
    actor = Actor.contact(contact)
    identity = Identity.objects.select_related("contact").filter(kind=sender.kind, value=sender.value).first()
    if identity is not None and _is_bare(identity):
        with suppress(MergedAway):  # what follows finds whose it is now
            merge_contacts(identity.contact_id, into=contact.person_id, actor=actor)
    proved = prove_identity(
        contact.pk,
        kind=sender.kind,
        value=sender.value,
        proof=Proof.LINK,
        source=ClaimSource.TELEGRAM,
        actor=actor,
    )
    return contact.person if proved is not None else None


def _is_bare(identity: Identity) -> bool:
    """Whether nobody would miss the contact: this one identity, nothing said, nothing asked."""
    contact_id = identity.contact_id
    return not (
        identity.contact.survivor_id is not None
        or Identity.objects.filter(contact=contact_id).exclude(pk=identity.pk).exists()
        or Ticket.objects.filter(requester=contact_id).exists()
        or Message.objects.filter(author_contact=contact_id).exists()
    )
