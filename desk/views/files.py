"""Files behind their signed addresses: no session is asked, the address says who may open what."""

from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets import files

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


@require_safe
def file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Pictures are shown, everything else is a download, whatever it calls itself."""
    opened = files.open_token(token)
    if opened is None:
        return _expired(request)
    attachment, download = opened
    shown = attachment.content_type in files.SHOWN and not download
    try:
        handle = files.path_of(attachment).open("rb")
    except OSError as error:
        raise Http404 from error
    response = FileResponse(handle)
    response["Content-Type"] = attachment.content_type if shown else "application/octet-stream"
    response["Content-Length"] = str(attachment.size)
    how = "inline" if shown else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(attachment.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _expired(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/file_expired.html", status=404)
