"""What the builder of conditions asks for while somebody uses it. Neither writes anything."""

from django.http import HttpResponse
from django.shortcuts import render

from desk.door import desk, post
from desk.request import DeskRequest
from desk.settings import sources
from desk.settings.conditions import ConditionForm
from people.access import Permission

_MANAGE = Permission.MANAGE_RULES


@post(_MANAGE)
def builder(request: DeskRequest) -> HttpResponse:
    """The builder after one of its buttons: another condition, another field. ``prefix``: of its controls."""
    prefix = request.GET.get("prefix", "c")
    form = ConditionForm(request.POST, prefix=prefix if prefix.isalnum() and len(prefix) < 20 else "c")
    return render(request, "desk/settings/_builder.html", {"form": form})


@desk(_MANAGE)
def options(request: DeskRequest) -> HttpResponse:
    """Suggestions for a type-ahead box: ``source`` of ``desk.settings.sources``, ``q`` what was typed."""
    found = sources.offered(request.GET.get("source", ""), request.GET.get("q", ""))
    return render(request, "desk/settings/_options.html", {"options": found})
