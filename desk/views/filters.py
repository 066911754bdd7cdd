"""The form with which filters are laid over a list. It is sent to the list's own address."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from common.text import storable
from desk.door import desk
from desk.list_parts import label_of, none_words
from desk.request import DeskRequest
from desk.settings import condition_values, sources
from tickets import chips, listing
from tickets.chips import LONGEST, NAMES, NONE, Chip
from tickets.conditions import FIELDS

# Of few choices each is shown; others are looked up.
_TICKED = ("status", "priority", "channel")
_LOOKED_UP = ("assignee", "team", "organization", "tag")


@desk()
def filters(request: DeskRequest, view_id: int) -> HttpResponse:
    """The form, with what is chosen now: in a dialog, or as a page without scripts."""
    views = listing.known_views(request.user)
    view = next((view for view in views if view.pk == view_id), None)
    if view is None:
        raise Http404
    chosen: dict[str, Chip] = {}
    asked = chips.parse(dict(request.GET.lists()))
    given = asked.chips
    for chip in given:
        chosen.setdefault(chip.name, chip)
    context = {
        "view": view,
        "ticked": [_ticked(name, chosen.get(name)) for name in _TICKED],
        "looked_up": [_looked_up(request, name, chosen.get(name)) for name in _LOOKED_UP],
        "subject": chosen.get("subject"),
        "turned": [name for name, chip in chosen.items() if chip.is_not] + request.GET.getlist(chips.NOT),
        # The form has room for one of a name; the opposite beside it stays as it is.
        "beside": [chip for chip in given if chosen[chip.name] is not chip],
        "order": asked.order,
        "longest": chips.LONGEST,
    }
    template = "desk/views/_filters.html" if request.htmx else "desk/views/filters.html"
    return render(request, template, context)


def _ticked(name: str, chip: Chip | None) -> dict[str, Any]:
    known = FIELDS[NAMES[name]]
    values = chip.values if chip else ()
    if known.choices is not None:
        options = [(value, condition_values.named(known, value, {})) for value in known.choices]
    else:
        options = [(option.value, option.words) for option in sources.offered(known.source, "")]
    shown = {value for value, _text in options}
    gone = [value for value in values if value not in shown]
    names = sources.names_of((known.source, value) for value in gone) if gone else {}
    options += [(value, names.get((known.source, value), f"#{value}")) for value in gone]
    return {"name": name, "label": label_of(name), "options": options, "chosen": values}


def _looked_up(request: DeskRequest, name: str, chip: Chip | None) -> dict[str, Any]:
    """``search``: what was looked for by a browser without scripts, ``found`` what there is of it."""
    known = FIELDS[NAMES[name]]
    values = chip.values if chip else ()
    quick = _quick(name)
    rest = [value for value in values if value not in dict(quick)]
    names = sources.names_of(((known.source, value) for value in rest), request.user) if rest else {}
    search = storable(request.GET.get(f"{name}-search", ""))[:LONGEST].strip()
    asked = search or request.GET.get("find") == name
    offered = sources.offered(known.source, search, request.user) if asked else []
    return {
        "name": name,
        "search": search,
        "found": [option for option in offered if option.value not in {*values, *dict(quick)}],
        "label": label_of(name),
        "source": known.source,
        "quick": quick,
        "quick_chosen": values,
        "chosen": [sources.Option(value, names.get((known.source, value), f"#{value}")) for value in rest],
    }


def _quick(name: str) -> list[tuple[str, str]]:
    """What is ticked without looking: oneself, one's teams, none."""
    own = {"assignee": [("me", _("Me"))], "team": [("mine", _("My teams"))]}
    found = own.get(name, [])
    return [*found, (NONE, none_words(name))] if FIELDS[NAMES[name]].nullable else found
