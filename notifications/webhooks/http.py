"""One POST: to the address that was checked, without redirects, in bounded time, with a bounded answer."""

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

from notifications.webhooks.guard import Target

SECONDS = 10.0  # for everything: connecting, sending, the whole answer
MOST = 64 * 1024  # bytes of an answer that are read


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    text: str
    retry_after: str = ""


class _Timed:
    """A socket whose operations share one deadline, so that a byte a second does not keep us for hours."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self.sock, self.ends = sock, ends

    def left(self) -> float:
        left = self.ends - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self.left())
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """The library closes before it has read an answer; ``post`` closes for good."""


class _Reader(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self.timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.timed.sock.settimeout(self.timed.left())
        return self.timed.sock.recv_into(buffer)


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are verified against the system's authorities and the name that was asked for."""
    return ssl.create_default_context()


def post(target: Target, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Raises ``OSError`` (time-outs and TLS among them) and ``http.client.HTTPException``."""
    ends = monotonic() + seconds
    raw = socket.create_connection((target.address, target.port), timeout=seconds)
    try:
        raw.settimeout(max(ends - monotonic(), 0.1))
        sock = _tls().wrap_socket(raw, server_hostname=target.host) if target.scheme == "https" else raw
    except BaseException:
        raw.close()
        raise
    connection = http.client.HTTPConnection(target.host, target.port)
    timed: Any = _Timed(sock, ends)
    connection.sock = timed
    try:
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in {
            "Host": target.authority,
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read(MOST).decode("utf-8", "replace").replace("\x00", "")
        return Answer(response.status, text, response.getheader("Retry-After") or "")
    finally:
        connection.close()
        sock.close()
