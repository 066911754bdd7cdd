"""Files of messages, opened by their signed address: no session, a fixed type, nothing sniffed."""

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from tickets import files


@require_safe
def file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Serve a file for five minutes after its address was minted; images in place, all else as a download.

    ``name`` is only there for the reader's address bar: what is served is what the token says.
    """
    opened = files.open_token(token)
    if opened is None:
        raise Http404
    attachment, download = opened
    shown = attachment.content_type in files.SHOWN and not download
    try:
        content = files.path_of(attachment).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=not shown,
        filename=attachment.name,
        content_type=attachment.content_type if shown else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={files.URL_SECONDS}"
    return response
