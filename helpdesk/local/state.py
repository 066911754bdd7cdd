"""What one machine remembers between starts: ports, passwords and keys, in ``var/local.json``."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@dataclass
class State:
    """Random once, then kept. The file is readable by its owner alone."""

    place: str = ""
    postgres_port: int = 0
    valkey_port: int = 0
    postgres_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    valkey_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    field_key: str = field(default_factory=_fernet_key)

    @classmethod
    def load(cls, path: Path) -> State:
        """What is remembered; a fresh one if there is nothing yet. Unknown keys are left behind."""
        if not path.exists():
            return cls()
        known = json.loads(path.read_text())
        return cls(**{key: value for key, value in known.items() if key in cls.__dataclass_fields__})

    def save(self, path: Path) -> None:
        """Write whole or not at all: a half-written password would lock us out of the data."""
        temporary = path.with_name(path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One start or stop at a time in a folder, also across processes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
