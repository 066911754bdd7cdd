"""Which sites may show a widget. Pure.

A site is an origin (RFC 6454): ``https://shop.example``, ``http://localhost:8000``;
``https://*.shop.example`` is every host below that one, and not the host itself.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:\*\.)?(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z")


def clean(site: str) -> str:
    """A site as it is stored and compared; raises ``ValueError`` for what is none."""
    text = site.strip().lower().rstrip("/")
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError(site)
    if host.encode("ascii", "replace").decode() != host:
        host = host.encode("idna").decode()  # as browsers send it; UnicodeError is a ValueError
    if not _HOST.match(host) or ".." in host:
        raise ValueError(site)
    default = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    return f"{parts.scheme}://{host}{port}"


def allows(sites: Iterable[str], origin: str) -> bool:
    """Whether a browser's Origin is one of the sites."""
    try:
        origin = clean(origin)
    except ValueError:
        return False
    if "*" in origin:
        return False
    return any(_matches(site, origin) for site in sites)


def _matches(site: str, origin: str) -> bool:
    scheme, _, host = site.partition("://")
    if not host.startswith("*."):
        return site == origin
    own_scheme, _, own_host = origin.partition("://")
    return own_scheme == scheme and own_host.endswith(host[1:])
