"""Who changed what in the settings and about people."""

from django.http import HttpResponse

from desk.audit import reading
from desk.door import desk
from desk.request import DeskRequest
from desk.settings.menu import page
from people.access import Permission


@desk(Permission.AUDIT)
def changes(request: DeskRequest) -> HttpResponse:
    """Newest first, by pages; filtered by person, kind, period and thing."""
    asked = reading.parse(request.GET.dict())
    return page(request, "audit", reading.context_of(asked, after=request.GET.get("after")))
