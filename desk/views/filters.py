"""The form with which filters are laid over a list. It is sent to the list's own address."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from desk.door import desk
from desk.list_parts import label_of, none_words
from desk.request import DeskRequest
from desk.settings import condition_values, sources
from tickets import chips, listing
from tickets.chips import NAMES, NONE, Chip
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
    chosen = {chip.name: chip for chip in chips.parse(dict(request.GET.lists())).chips}
    context = {
        "view": view,
        "ticked": [_ticked(name, chosen.get(name)) for name in _TICKED],
        "looked_up": [_looked_up(name, chosen.get(name)) for name in _LOOKED_UP],
        "subject": chosen["subject"].values[0] if "subject" in chosen else "",
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


def _looked_up(name: str, chip: Chip | None) -> dict[str, Any]:
    known = FIELDS[NAMES[name]]
    values = chip.values if chip else ()
    quick = _quick(name)
    rest = [value for value in values if value not in dict(quick)]
    names = sources.names_of((known.source, value) for value in rest) if rest else {}
    return {
        "name": name,
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
