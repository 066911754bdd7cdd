"""What the listener allows. Every limit can be set by the administrator (settings: MAIL_…)."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic

from django.conf import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class Limits:
    """Per client means per IP address (of IPv6: per /64, which is one household)."""

    message_bytes: int = 25 * 1024 * 1024
    recipients: int = 100  # a message; RFC 5321, 4.5.3.1.8, wants this many at least
    connections: int = 200  # at once, all clients together
    client_connections: int = 20  # at once
    client_connections_a_minute: int = 60
    client_messages_a_minute: int = 120
    body_bytes_in_memory: int = 100 * 1024 * 1024  # of all messages being received or stored
    # Our own relay delivers for everybody: its limits would be ours.
    trusted: tuple[Network, ...] = field(default_factory=lambda: networks(_LOOPBACK))

    @classmethod
    def from_settings(cls) -> "Limits":
        return cls(
            message_bytes=settings.MAIL_MAX_BYTES,
            connections=settings.MAIL_MAX_CONNECTIONS,
            client_connections=settings.MAIL_CLIENT_CONNECTIONS,
            client_connections_a_minute=settings.MAIL_CLIENT_CONNECTIONS_A_MINUTE,
            client_messages_a_minute=settings.MAIL_CLIENT_MESSAGES_A_MINUTE,
            trusted=networks(settings.MAIL_TRUSTED_RELAYS),
        )

    def trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.trusted)


def networks(values: "tuple[str, ...] | list[str]") -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(value, strict=False) for value in values)


class Rate:
    """A leaky bucket per client: a burst of ``a_minute``, then that many a minute."""

    _MOST_CLIENTS = 10_000  # the ones unheard for longest are forgotten

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, client: str) -> bool:
        """Count one, and say whether it is within the rate. What is refused is not counted."""
        now = monotonic()
        level, at = self._levels.pop(client, (0.0, now))
        level = max(level - (now - at) * self.a_minute / 60, 0.0)
        allowed = level + 1 <= self.a_minute
        self._levels[client] = (level + 1 if allowed else level, now)
        while len(self._levels) > self._MOST_CLIENTS:
            self._levels.popitem(last=False)
        return allowed


def client_of(peer: object) -> str:
    """Whom a connection counts for: its IPv4 address, or its /64 of IPv6."""
    address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        if not found.is_loopback:
            return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
