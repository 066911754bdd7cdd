"""Custom fields: defining them, and setting them on a ticket."""

import math
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from common.text import one_line, storable
from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.commands.base import begin
from tickets.events import AttributeChanged
from tickets.models import CustomField, Ticket

MAX_TEXT = 1000
MAX_NUMBER = 2_000_000_000  # either way
_MOST = f"{MAX_NUMBER:,}".replace(",", "\N{NO-BREAK SPACE}")  # as it is written in both languages


def clean(field: CustomField, value: Any) -> Any:
    """The value as it is stored: text, number, ISO date or flag; None for none.

    Raises ``Invalid``, for numbers and dates with what would be taken.
    """
    if value is None or value == "":
        return None
    wrong = errors.Invalid(
        field.key, gettext_noop("The value for “%(field)s” does not fit."), field=field.label
    )
    if field.kind == CustomField.Kind.FLAG:
        if not isinstance(value, bool):
            raise wrong
        return value
    if field.kind == CustomField.Kind.NUMBER:
        return _number(field, value)
    if not isinstance(value, str):
        raise wrong
    if field.kind == CustomField.Kind.DATE:
        return _date(field, value)
    text = one_line(storable(value), MAX_TEXT)
    if field.kind == CustomField.Kind.CHOICE and text not in {choice["value"] for choice in field.choices}:
        raise wrong
    return text or None


def _number(field: CustomField, value: Any) -> int | float:
    wrong = errors.Invalid(
        field.key,
        gettext_noop("“%(field)s” takes a number from −%(most)s to %(most)s, such as 12 or 3.5."),
        field=field.label,
        most=_MOST,
    )
    try:
        # No-break spaces too: so is a number written that we show.
        number = float("".join(str(value).replace(",", ".").split()))
    except ValueError as error:
        raise wrong from error
    if isinstance(value, bool) or not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise wrong
    return int(number) if number.is_integer() else number


def _date(field: CustomField, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        words = gettext_noop("“%(field)s” takes a date of the years 1 to 9999, such as 2026-02-03.")
        raise errors.Invalid(field.key, words, field=field.label) from error


@transaction.atomic
def set_attribute(
    ticket_id: int, *, field: CustomField, value: Any, actor: Actor, at: datetime | None = None
) -> Ticket:
    """Set a custom field, or with None or an empty text clear it. Raises ``Invalid``."""
    ticket, at = begin(ticket_id, at)
    if field.brand_id not in {None, ticket.brand_id}:
        raise errors.Invalid(field.key, gettext_noop("This field belongs to another brand."))
    value = clean(field, value)
    old = ticket.attributes.get(field.key)
    if old == value and type(old) is type(value):
        return ticket
    if value is None:
        ticket.attributes.pop(field.key, None)
    else:
        ticket.attributes[field.key] = value
    ticket.save(update_fields=["attributes"])
    record(AttributeChanged(ticket.pk, field.key, old, value), actor=actor, at=at)
    return ticket
