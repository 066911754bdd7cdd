"""Addresses that open a file for a customer for five minutes, minted after the check of ``conversations``."""

from django.core import signing

from people.models import Contact
from tickets.conversations import attachment_for
from tickets.customers import Customer
from tickets.files import URL_SECONDS
from tickets.models import Attachment, Brand

SALT = "tickets.customer_files"


def token(attachment: Attachment, customer: Customer, *, download: bool = False) -> str:
    """Call it only for what the customer may read."""
    bound = [attachment.pk, customer.contact.pk, customer.brand.pk, int(download)]
    return signing.dumps(bound, salt=SALT)


def open_token(value: str, brand: Brand) -> tuple[Attachment, bool] | None:
    """The file and whether to download it; None when the address is wrong, too old, or another brand's.

    The door is asked again: who has lost the request since gets nothing.
    """
    try:
        attachment_id, contact_id, brand_id, download = signing.loads(value, salt=SALT, max_age=URL_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    contact = Contact.objects.select_related("organization").filter(pk=contact_id).first()
    if contact is None or brand_id != brand.pk:
        return None
    found = attachment_for(Customer(contact, brand), attachment_id)
    return (found, bool(download)) if found is not None else None
