"""Free ports on loopback, remembered so that an address stays the same from day to day."""

from __future__ import annotations

import socket

from helpdesk.local.errors import LocalError

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now (a connection in TIME_WAIT does not count as taken)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(remembered: int | None = None) -> int:
    """The remembered port if nobody took it meanwhile, else one the system picks."""
    if remembered and is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def next_free_port(wanted: int, taken: set[int] | None = None) -> int:
    """``wanted`` or the first free one above it, for addresses that people type."""
    for port in range(wanted, min(wanted + 100, 65536)):
        if port not in (taken or ()) and is_free(port):
            return port
    raise LocalError(f"No free port between {wanted} and {wanted + 99}.")
