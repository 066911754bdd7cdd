"""``python -m helpdesk.probe NAME``: whether a process of this container works; for its health check.

Standard library alone, and as light as a check that runs every few seconds must be.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from pathlib import Path

TIMEOUT = 4.0
BEAT_SILENCE = 600  # seconds


def web(port: int = 8000) -> None:
    """The server answers /healthz; the host named must be one that the settings allow."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].lstrip(".") or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != http.client.OK:
        raise OSError(f"/healthz answers {status}")


def live(port: int = 8001) -> None:
    """The socket server accepts connections."""
    socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT).close()


def mail() -> None:
    """The listener greets."""
    port = int(os.environ.get("MAIL_SMTP_PORT", "2525"))
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        if not connection.recv(100).startswith(b"220"):
            raise OSError("the SMTP listener does not greet")


def scheduler() -> None:
    """Celery's beat writes its schedule every three minutes."""
    files = list(Path(os.environ["VAR_DIR"]).glob("celerybeat-schedule*"))
    age = time.time() - max((file.stat().st_mtime for file in files), default=0)
    if age > BEAT_SILENCE:
        raise OSError(f"the scheduler last wrote its schedule {age:.0f} s ago")


PROBES = {"web": web, "live": live, "mail": mail, "scheduler": scheduler}


def main(name: str) -> int:
    """Exit code 0 if it works; the reason on standard error if not."""
    try:
        PROBES[name]()
    except (OSError, http.client.HTTPException) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
