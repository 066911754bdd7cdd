"""Who asks: the client's own address, also behind proxies. Limits count these."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the client, as the outermost proxy of ours saw it.

    Each of our ``TRUSTED_PROXIES`` appends whom it heard from to X-Forwarded-For, so the client is that many
    entries from the right; what stands further left anybody can have written. Without proxies, or where the
    header does not fit, it is who is connected to us.
    """
    connected = str(request.META.get("REMOTE_ADDR") or "")
    proxies = int(settings.TRUSTED_PROXIES)
    if proxies > 0:
        heard = [one.strip() for one in str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
        if len(heard) >= proxies and (address := _plain(heard[-proxies])):
            return address
    return _plain(connected) or "unknown"


def client_network(request: HttpRequest) -> str:
    """What a limit counts as one client: an IPv4 address, or the /64 that every IPv6 line has for itself."""
    address = client_address(request)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


def _plain(address: str) -> str:
    """The address without a port or a zone, IPv4 inside IPv6 as IPv4; empty for what is none."""
    address = address.strip().strip('"')
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)
