"""Which page somebody is on."""

from urllib.parse import urlsplit

from django.http import HttpRequest


def page_behind(request: HttpRequest) -> str:
    """The address to come back to: what was asked for, or the page of ours whose form was sent; else "/".

    What a form sends has an address that mostly shows nothing.
    """
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    whence = urlsplit(request.headers.get("Referer", ""))
    if whence.netloc != request.get_host() or not whence.path.startswith("/"):
        return "/"
    return whence.path + (f"?{whence.query}" if whence.query else "")
