"""Tying a Telegram account to a customer whom we know already: they followed the link that we gave them."""

from django.db import transaction

from channels_in.models import Thread
from channels_in.protocol import Sender
from people.models import Contact, Identity


@transaction.atomic
def tie(contact: Contact, sender: Sender) -> Contact:
    """Make the account an identity of ``contact``, proved. It moves from whom it was."""
    identity, made = Identity.objects.select_for_update(no_key=True, of=("self",)).get_or_create(
        kind=sender.kind, value=sender.value, defaults={"contact": contact, "is_verified": True}
    )
    if not made and identity.contact_id != contact.pk:
        Thread.objects.filter(contact=identity.contact_id, external_id=sender.value).update(contact=contact)
        identity.contact = contact
        identity.is_verified = True
        identity.save(update_fields=["contact", "is_verified"])
    return contact
