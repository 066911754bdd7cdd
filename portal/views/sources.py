"""What lies behind a message: its HTML in a frame, its files."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin

from common.html import frame_policy, replace_cids, restore_remote
from portal.door import not_found, portal
from portal.request import PortalRequest
from portal.talk import File, Said
from tickets import customer_files, files
from tickets.conversations import attachment_for, message_for
from tickets.serving import file_response


@xframe_options_sameorigin
@portal(signed_in=True)
def body(request: PortalRequest, message_id: int) -> HttpResponse:
    """The HTML of a message for its sandboxed frame."""
    message = message_for(request.place.customer, message_id)
    if message is None:
        raise Http404
    html = Said(message, request.place).html
    if "cid:" in html:
        urls = {
            row.content_id.strip("<>"): File(row, request.place).url
            for row in message.attachments.exclude(content_id="").filter(redacted_at=None)
            if row.content_type in files.SHOWN
        }
        html = replace_cids(html, urls.get)
    show_remote = "images" in request.GET
    response = render(request, "message_body.html", {"html": restore_remote(html) if show_remote else html})
    response["Content-Security-Policy"] = frame_policy(images=show_remote)
    response["Referrer-Policy"] = "no-referrer"
    patch_cache_control(response, private=True, max_age=60)
    return response


@portal(signed_in=True)
def attachment(request: PortalRequest, attachment_id: int) -> HttpResponse:
    """A fresh signed address for a file, for pages that have been open a while."""
    row = attachment_for(request.place.customer, attachment_id)
    if row is None:
        return not_found(request)
    return redirect(File(row, request.place).url)


@portal()
def file(request: PortalRequest, token: str, name: str) -> HttpResponseBase:
    """A file behind its signed address: no session is asked, the address says who may open what."""
    opened = customer_files.open_token(token, request.place.brand)
    if opened is None:
        return render(request, "portal/file_expired.html", status=404)
    row, download = opened
    try:
        return file_response(row, download=download)
    except OSError as error:
        raise Http404 from error
