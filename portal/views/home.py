"""The first page: what one can ask for."""

from django.http import HttpResponse
from django.shortcuts import render

from portal import catalogue
from portal.door import portal
from portal.request import PortalRequest

LONGEST = 200


@portal()
def home(request: PortalRequest) -> HttpResponse:
    """The catalogue of services, narrowed by what was searched for."""
    query = request.GET.get("q", "").strip()[:LONGEST]
    services = catalogue.services_of(request.place.brand)
    found = catalogue.search(services, query) if query else services
    context = {"query": query, "services": found, "is_empty": not services}
    return render(request, "portal/home.html", context)
