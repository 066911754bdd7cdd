"""Which language somebody reads the portal in, and whose clock it shows."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from people.models import Contact
from tickets.models import Brand


def choose(request: HttpRequest, brand: Brand, contact: Contact | None) -> str:
    """Of those the brand offers: the contact's own, what was chosen here, the browser's, the brand's."""
    offered = brand.languages
    browser = translation.get_language_from_request(request)
    wanted = [
        contact.language if contact else "",
        request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        browser if request.headers.get("Accept-Language") else "",
        brand.language,
    ]
    return next((code for code in wanted if code in offered), offered[0])


def zone_of(brand: Brand, contact: Contact | None) -> ZoneInfo:
    """The contact's time zone, else the brand's; browsers with JavaScript use their own."""
    for name in (contact.time_zone if contact else "", brand.time_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")
