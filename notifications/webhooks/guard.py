"""Which addresses a webhook may lead to: never into the network that this server stands in.

A name is resolved once, every address it has is looked at, and the connection goes to one of those very
addresses: asking the name again would let it answer something else (DNS rebinding).
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, long withdrawn: the same
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598: a provider's inside
# What Python's tables of 3.11 call global, and IANA's special-purpose registries do not.
_SPECIAL = [
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "2001::/23", "5f00::/16")
]
_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")
_PRIVATE = [ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
# Where clouds keep a machine's own credentials; 169.254.169.254 is link-local anyway.
_METADATA = {ipaddress.ip_address(each) for each in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")}


class Forbidden(Exception):
    """An address that we do not call, with the reason in words."""


@dataclass(frozen=True)
class Target:
    """Where a request goes: the address that was looked at, and the name it was asked for."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def check_url(url: str) -> SplitResult:
    """What can be said of an address without asking anybody. Raises ``Forbidden``."""
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in url):
        raise Forbidden(_("The address holds blanks or control characters."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden(_("This is not an address.")) from error
    schemes = {"https", "http"} if settings.WEBHOOK_ALLOW_PRIVATE else {"https"}
    if parts.scheme not in schemes:
        raise Forbidden(_("The address must begin with https://: what is sent is for nobody else."))
    if not parts.hostname or port == 0:
        raise Forbidden(_("This is not an address."))
    if parts.username is not None or parts.password is not None:
        raise Forbidden(_("Name and password do not belong into the address; every request is signed."))
    literal = _literal(parts.hostname)
    if literal is not None:
        _check(literal)
        return parts
    try:
        parts.hostname.encode("idna")
    except UnicodeError as error:
        raise Forbidden(_("This is not an address.")) from error
    return parts


def resolve(url: str) -> Target:
    """Look the name up and check every address it has. Raises ``Forbidden``; ``OSError`` for no such name."""
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    ascii_host = host if _literal(host) is not None else host.encode("idna").decode()
    found = socket.getaddrinfo(ascii_host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    for address in addresses:
        _check(ipaddress.ip_address(address.partition("%")[0]))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, ascii_host, port, addresses[0], path)


def refusal(address: Address) -> str:
    """Why an address is not called: a word for the reason, empty when it may be."""
    inner = _inside(address)
    if inner is not None:
        return refusal(inner)
    if address in _METADATA or address.is_link_local:
        return "link-local"
    if address.is_unspecified or address.is_multicast:
        return "no-host"
    if address.is_loopback or _is_private(address):
        return "" if settings.WEBHOOK_ALLOW_PRIVATE else "private"
    special = any(address in network for network in _SPECIAL)
    if special or address.is_reserved or not address.is_global:
        return "reserved"
    return ""


def _check(address: Address) -> None:
    if refusal(address):
        raise Forbidden(_("%(address)s is not on the public network.") % {"address": address})


def _is_private(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address in _SHARED or any(address in network for network in _PRIVATE)
    return address in _UNIQUE_LOCAL


def _inside(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for or leads through, if any."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    last = int(address) & 0xFFFFFFFF
    if address in _NAT64 or (address in _COMPATIBLE and last > 1):
        return ipaddress.IPv4Address(last)
    return None


def _literal(host: str) -> Address | None:
    """An address written as one. Other spellings (127.1, 0x7f000001) are names to us, and looked at once
    the resolver has said what it makes of them."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
