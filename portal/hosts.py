"""A brand's own host: there the portal is all there is, without a prefix in its addresses."""

from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

from tickets.models import Brand

MEMORY = 10.0  # seconds that a process believes what it has read


class Known:
    """The hosts of brands, read once in ten seconds: every request asks."""

    def __init__(self) -> None:
        self.hosts: dict[str, int] = {}
        self.until = 0.0

    def brand_id(self, host: str) -> int | None:
        if monotonic() >= self.until:
            rows = Brand.objects.exclude(portal_host="").filter(is_active=True, portal_is_on=True)
            self.hosts = dict(rows.values_list("portal_host", "pk"))
            self.until = monotonic() + MEMORY
        return self.hosts.get(host)

    def forget(self) -> None:
        self.until = 0.0


known = Known()


class BrandHosts:
    """Serve the portal alone on the hosts of brands; every other host is ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.own = urlsplit(settings.BASE_URL).hostname or ""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host, _port = split_domain_port(request.get_host())
        if host != self.own and (brand_id := known.brand_id(host)) is not None:
            request.portal_brand_id = brand_id  # type: ignore[attr-defined]  # portal.door reads it
            request.urlconf = "helpdesk.hosted"  # type: ignore[attr-defined]  # Django's own way
        return self.get_response(request)
