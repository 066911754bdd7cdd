"""Where one is signed in, and ending that elsewhere."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portal import sessions
from portal.browsers import name_of
from portal.door import portal
from portal.models import PortalSession
from portal.request import PortalRequest


def _here(request: PortalRequest) -> PortalSession:
    session = request.place.session
    if session is None:
        raise Http404
    return session


@portal(signed_in=True)
def devices(request: PortalRequest) -> HttpResponse:
    here = _here(request)
    rows = [(row, name_of(row.browser), row.pk == here.pk) for row in sessions.of_contact(here)]
    return render(request, "portal/devices.html", {"rows": rows})


@portal(methods=("POST",), signed_in=True)
def removal(request: PortalRequest, session_id: int) -> HttpResponse:
    """Sign another browser of one's own out."""
    row = next((one for one in sessions.of_contact(_here(request)) if one.pk == session_id), None)
    if row is None:
        raise Http404
    sessions.end(row)
    messages.success(request, _("Signed out there."))
    return redirect(request.place.to("portal_devices"))


@portal(methods=("POST",), signed_in=True)
def all_removal(request: PortalRequest) -> HttpResponse:
    """Sign all other browsers out."""
    sessions.end_others(_here(request))
    messages.success(request, _("Signed out everywhere else."))
    return redirect(request.place.to("portal_devices"))
