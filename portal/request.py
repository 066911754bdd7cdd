"""The request as views of the portal know it."""

from django.http import HttpRequest

from portal.place import Place


class PortalRequest(HttpRequest):
    """A request that has passed ``portal.door``: of a brand's portal, by whoever it is."""

    place: Place
    csp_nonce: str
