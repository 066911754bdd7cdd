"""Verbs for brands, and what they write in the journal."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors
from tickets.models import Brand

FIELDS = ("name", "language", "time_zone", "colour", "signature", "is_active")


@event("brand")
class BrandCreated(Event):
    brand_id: int
    name: str


@event("brand")
class BrandChanged(Event):
    """``changes`` maps a field to [old, new]."""

    brand_id: int
    changes: dict[str, Any]


@transaction.atomic
def create_brand(*, actor: Actor, name: str, **fields: Any) -> Brand:
    """A brand under a name nobody else has; raises ``errors.Invalid``."""
    _known(fields)
    slug = slugify(name)[:50] or "brand"
    if Brand.objects.filter(slug=slug).exists():
        slug = f"{slug}-{get_random_string(5).lower()}"
    try:
        with transaction.atomic():
            brand = Brand.objects.create(name=name, slug=slug, **fields)
    except IntegrityError as error:
        raise errors.Invalid("name", _("There is a brand of this name already.")) from error
    record(BrandCreated(brand.pk, brand.name), actor=actor)
    return brand


@transaction.atomic
def change_brand(brand_id: int, *, actor: Actor, **fields: Any) -> Brand:
    """Change what is named; changing nothing records nothing. Raises ``errors.Invalid``."""
    _known(fields)
    brand = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
    changes = {
        name: [getattr(brand, name), value] for name, value in fields.items() if getattr(brand, name) != value
    }
    for name, (_old, new) in changes.items():
        setattr(brand, name, new)
    if not changes:
        return brand
    try:
        with transaction.atomic():
            brand.save(update_fields=list(changes))
    except IntegrityError as error:
        raise errors.Invalid("name", _("There is a brand of this name already.")) from error
    record(BrandChanged(brand.pk, changes), actor=actor)
    return brand


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"a brand has no {', '.join(sorted(unknown))}")
