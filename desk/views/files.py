"""Files behind their signed addresses: no session is asked, the address says who may open what."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets import files
from tickets.serving import file_response


@require_safe
def file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Pictures are shown, everything else is a download, whatever it calls itself."""
    opened = files.open_token(token)
    if opened is None:
        return _expired(request)
    attachment, download = opened
    try:
        return file_response(attachment, download=download)
    except OSError as error:
        raise Http404 from error


def _expired(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/file_expired.html", status=404)
