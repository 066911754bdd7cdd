"""Verbs for brands, and what they write in the journal."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.events import Event, event
from journal.record import record
from tickets import errors, files
from tickets.models import Brand

FIELDS = (
    "name", "language", "time_zone", "colour", "signature", "is_active", "portal_is_on", "portal_host",
    "portal_languages", "portal_welcome", "portal_sees", "portal_tells_times",
)  # fmt: skip
LOGO_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
MAX_LOGO = 500_000  # bytes


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
    _host_free(fields, None)
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
    _host_free(fields, brand_id)
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


@transaction.atomic
def set_logo(brand_id: int, *, data: bytes, actor: Actor) -> Brand:
    """Give the brand a picture, or with no bytes take it away. Raises ``errors.Invalid``.

    A picture is what it begins like, whatever it is called; none that could carry a script.
    """
    brand = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
    kind = _picture_type(data) if data else ""
    if data and not kind:
        raise errors.Invalid("logo", _("Choose a PNG, JPEG, GIF or WebP picture."))
    if len(data) > MAX_LOGO:
        raise errors.Invalid("logo", _("A logo may have %(limit)d kB.") % {"limit": MAX_LOGO // 1000})
    path = files.write(data)[1] if data else ""
    if path == brand.logo_path:
        return brand
    changes = {"logo_path": [brand.logo_path, path]}
    brand.logo_path, brand.logo_type = path, kind
    brand.save(update_fields=["logo_path", "logo_type"])
    record(BrandChanged(brand.pk, changes), actor=actor)
    return brand


def _picture_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in LOGO_TYPES.items() if data.startswith(start)), "")


def _host_free(fields: dict[str, Any], brand_id: int | None) -> None:
    host = fields.get("portal_host")
    if host and Brand.objects.filter(portal_host=host).exclude(pk=brand_id or 0).exists():
        raise errors.Invalid("portal_host", _("Another brand has this host."))


def _known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"a brand has no {', '.join(sorted(unknown))}")
