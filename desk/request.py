"""The request as views of the desk know it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from people.models import User


class DeskRequest(HttpRequest):
    """A request that has passed the door: somebody of the staff, signed in."""

    user: User
    htmx: HtmxDetails
    csp_nonce: str
