"""Going on in Telegram: a link to the brand's bot that proves there who the customer is."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from channels_in.kinds.telegram import deep_link
from portal.door import portal
from portal.request import PortalRequest


@portal(methods=("GET", "HEAD", "POST"), signed_in=True)
def telegram(request: PortalRequest) -> HttpResponse:
    """What it is for; asked for, the link, good once. It is shown, not followed: it leads to another site."""
    place = request.place
    bot = deep_link.bot_of(place.brand)
    if bot is None or place.session is None:
        raise Http404
    address = deep_link.make(place.session.contact.person, place.brand) if request.method == "POST" else ""
    return render(request, "portal/telegram.html", {"bot": bot, "address": address})
