"""A ticket's custom fields: one address each; GET gives its menu, by its kind."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from desk.answers import changed, part
from desk.beside import field_words
from desk.door import desk, find_ticket
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from tickets import commands
from tickets.models import CustomField, Ticket


@desk(Permission.EDIT, methods=("GET", "HEAD", "POST"))
def attribute(request: DeskRequest, ticket_id: int, key: str) -> HttpResponse:
    """What a custom field of the ticket holds."""
    ticket = find_ticket(request, ticket_id)
    field = _find(ticket, key)
    before = ticket.attributes.get(key)
    if request.method != "POST":
        context = {"ticket": ticket, "field": field, "value": before}
        return part(request, "desk/_attribute.html", context)
    value = _read(field, request.POST.get("value", ""))
    changed_ticket = commands.set_attribute(
        ticket.pk, field=field, value=value, actor=Actor.user(request.user)
    )
    after = field_words(field, changed_ticket.attributes.get(key))
    words = _("%(field)s: %(new)s") % {"field": field.label, "new": after or "—"}
    return changed(request, ticket.pk, words, undo=request.path, fields={"value": _posted(before)})


def _find(ticket: Ticket, key: str) -> CustomField:
    """A field in use on this ticket's brand."""
    field = CustomField.objects.filter(key=key, is_active=True).first()
    if field is None or field.brand_id not in {None, ticket.brand_id}:
        raise Http404
    return field


def _read(field: CustomField, text: str) -> Any:
    """What the form says: flags as true and false; the rest as it was typed. The verb checks it."""
    if field.kind == CustomField.Kind.FLAG:
        return {"true": True, "false": False}.get(text, text)
    return text.strip()


def _posted(value: Any) -> Any:
    """A stored value as the form posts it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
