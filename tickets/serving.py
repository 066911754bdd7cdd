"""The answer that a file goes out in: a picture is shown, everything else is a download."""

from urllib.parse import quote

from django.http import FileResponse

from tickets import files
from tickets.models import Attachment

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


def file_response(attachment: Attachment, *, download: bool = False) -> FileResponse:
    """Whatever the file calls itself, no browser runs it. Raises ``OSError`` where it is lost."""
    shown = attachment.content_type in files.SHOWN and not download
    response = FileResponse(files.path_of(attachment).open("rb"))
    response["Content-Type"] = attachment.content_type if shown else "application/octet-stream"
    response["Content-Length"] = str(attachment.size)
    how = "inline" if shown else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(attachment.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
