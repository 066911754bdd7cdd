"""The last message as a quotation, for whoever wants it in their reply."""

from django.http import HttpResponse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from desk.answers import part
from desk.conversation import Shown
from desk.door import desk, find_ticket
from desk.forms import read_zone
from desk.presentation import clean_rich
from desk.request import DeskRequest
from people.access import Permission
from tickets import timeline
from tickets.models import Message, MessageKind, Ticket

MOST = 20_000  # characters


@desk(Permission.REPLY)
def quotation(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The customer's last message, else our own last one; nothing where nobody has said anything."""
    ticket = find_ticket(request, ticket_id)
    said = timeline.conversation(ticket).filter(side_thread=None, withdrawn_at=None, is_automatic=False)
    last = said.filter(kind=MessageKind.MESSAGE).last() or said.filter(kind=MessageKind.REPLY).last()
    context = {"ticket": ticket, "message": last, "html": _quoted(last, ticket) if last else ""}
    return part(request, "desk/_quotation.html", context)


def _quoted(message: Message, ticket: Ticket) -> str:
    """As the editor takes it: who wrote when, in the customer's language and their brand's time."""
    zone = read_zone(ticket.brand.time_zone)
    with translation.override(ticket.language or ticket.brand.language):
        when = date_format(localtime(message.created_at, zone), "DATETIME_FORMAT")
        words = _("On %(date)s, %(name)s wrote:") % {"date": when, "name": Shown(message).author}
    lines = escape(message.text[:MOST].strip()).replace("\n", "<br>")
    return clean_rich(f"<div>{escape(words)}</div><blockquote>{lines}</blockquote>")
