"""Addresses of a brand's portal, for mails and for screens that do not know the portal itself."""

from urllib.parse import urlsplit

from django.conf import settings

from tickets.models.brand import Brand


def base_url(brand: Brand) -> str:
    """Where the portal is: on the brand's own host, else under /portal/ on ours. No slash at the end."""
    if not brand.portal_host:
        return f"{settings.BASE_URL}/portal/{brand.slug}"
    ours = urlsplit(settings.BASE_URL)
    port = f":{ours.port}" if ours.port else ""
    return f"{ours.scheme}://{brand.portal_host}{port}"


def request_url(brand: Brand, ticket_id: int) -> str:
    """The page of one request; its reader signs in if need be. Empty while the portal is off."""
    return f"{base_url(brand)}/requests/{ticket_id}/" if brand.portal_is_on else ""
