"""Signatures on the desk's pages: checked where they are written, and shown as they will stand."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import get_language

from people.models import User
from tickets import signatures
from tickets.errors import Invalid
from tickets.macros.values import sample, values
from tickets.models import Brand, Ticket

LONGEST = 2000  # characters


def checked(text: str) -> str:
    """For a form's field: raises ValidationError for a variable that there is not."""
    try:
        signatures.check(text)
    except Invalid as error:
        raise ValidationError(error.message) from error
    return text


def on_ticket(ticket: Ticket, user: User) -> signatures.Signature:
    """What will stand under a reply of ``user`` by mail."""
    return signatures.shown(user.signature, ticket.brand.signature, values(ticket, user))


def preview(text: str, user: User) -> dict[str, Any]:
    """For desk/_signature.html: as it would stand under a reply to a made-up customer, or what is wrong."""
    brand = Brand.objects.filter(is_active=True).order_by("pk").first()
    found = sample(get_language() or "en", writer=user, brand=brand.name if brand else "")
    try:
        signatures.check(text)
        trouble = ""
    except Invalid as error:
        trouble = error.message
    return {"signature": signatures.shown(text, brand.signature if brand else "", found), "trouble": trouble}
