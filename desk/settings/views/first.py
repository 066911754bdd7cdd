"""Where /settings/ leads."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from desk.door import desk
from desk.request import DeskRequest
from desk.settings.menu import PAGES
from people.access import may


@desk()
def settings(request: DeskRequest) -> HttpResponse:
    """The first page this person has."""
    for one in PAGES:
        if may(request.user, one.permission):
            return redirect(one.name)
    raise PermissionDenied
