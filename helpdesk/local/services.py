"""Both servers of one folder, started and ended together."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from helpdesk.local.account import Account, Binaries, choose_place
from helpdesk.local.errors import LocalError
from helpdesk.local.ports import free_port
from helpdesk.local.postgres import UNSAFE_SETTINGS, Postgres
from helpdesk.local.state import State, locked
from helpdesk.local.valkey import Valkey


class Services:
    """PostgreSQL and Valkey with their data under ``root``.

    ``durable=False`` is for test sessions: nothing is synced to disk. A server named by
    ``DATABASE_URL`` or ``REDIS_URL`` in ``environment`` is used as it is and its twin here not started.
    ``start`` twice is one start; ``stop`` ends what this object started, and only that, unless told
    to end everything that runs in the folder.
    """

    def __init__(
        self,
        root: Path,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.root = root.resolve()
        self._settings = {**({} if durable else UNSAFE_SETTINGS), **(settings or {})}
        self._binaries = binaries
        self._given_database = environment.get("DATABASE_URL", "")
        self._given_redis = environment.get("REDIS_URL", "")
        self._started: list[Postgres | Valkey] = []
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._state: State | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def state(self) -> State:
        """Ports, passwords and keys of this folder; made on first use."""
        if self._state is None:
            self.root.mkdir(parents=True, exist_ok=True)
            self._state = State.load(self._state_file)
            self._state.save(self._state_file)
        return self._state

    @property
    def postgres(self) -> Postgres:
        """The local PostgreSQL, started or not."""
        self._lay_out()
        assert self._postgres
        return self._postgres

    @property
    def valkey(self) -> Valkey:
        """The local Valkey, started or not."""
        self._lay_out()
        assert self._valkey
        return self._valkey

    @property
    def database_url(self) -> str:
        """Where the database is: given from outside, or ours."""
        return self._given_database or self.postgres.url

    @property
    def redis_url(self) -> str:
        """Where the broker is: given from outside, or ours."""
        return self._given_redis or self.valkey.url

    def start(self) -> None:
        """Start what does not run yet. On failure nothing that this call started stays behind."""
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / "local.lock"):
            try:
                if not self._given_database:
                    self._start_postgres()
                if not self._given_redis:
                    self._start_valkey()
            except BaseException:
                self.stop()
                raise

    def stop(self, *, everything: bool = False) -> None:
        """End, Valkey first, what this object started, or ``everything`` that runs in this folder."""
        servers: list[Postgres | Valkey] = [self.postgres, self.valkey] if everything else self._started
        for server in reversed(servers):
            server.stop()
        self._started = []

    def revive(self) -> list[str]:
        """Start again, on its port, what this object started and something else has ended; the names."""
        dead = [server for server in self._started if not server.alive]
        for server in dead:
            server.start()
        return [type(server).__name__ for server in dead]

    def remove(self) -> None:
        """End both and delete what they keep; the folder itself stays."""
        if not self._state_file.exists():
            return
        self.stop(everything=True)
        place = Path(self.state.place)
        for name in ("postgres", "valkey", "programs"):
            shutil.rmtree(place / name, ignore_errors=True)
        if place != self.root:
            place.rmdir()
        self._state_file.unlink()

    def _start_postgres(self) -> None:
        server = self.postgres
        server.make()
        if running := server.running_port:
            server.port = running
        else:
            self._with_free_port(server)
            self._started.append(server)
        self.state.postgres_port = server.port
        self.state.save(self._state_file)

    def _start_valkey(self) -> None:
        server = self.valkey
        if not server.pid:
            self._with_free_port(server)
            self._started.append(server)
        self.state.valkey_port = server.port
        self.state.save(self._state_file)

    @staticmethod
    def _with_free_port(server: Postgres | Valkey) -> None:
        """Start on the remembered port or, if that is or gets taken, on another."""
        for attempt in range(3):
            server.port = free_port(server.port)
            try:
                server.start()
                return
            except LocalError:
                # Somebody may have taken the port between our look and the start.
                if attempt == 2 or "ddress already in use" not in server.log_tail():
                    raise
                server.port = 0
                time.sleep(0.1)

    @property
    def _state_file(self) -> Path:
        return self.root / "local.json"

    def _lay_out(self) -> None:
        """Decide, once, who runs the servers, where and from which programs."""
        if self._postgres is not None:
            return
        account = Account.current()
        state = self.state
        place = Path(state.place) if state.place else choose_place(self.root, account)
        if not state.place and (place / "postgres" / "made").exists():
            raise LocalError(
                f"{place} holds a database whose password was in {self._state_file}, which is gone. "
                "Put that file back, or delete the folder to start empty."
            )
        state.place = str(place)
        state.save(self._state_file)
        binaries = (self._binaries or Binaries.installed()).within_reach(account, place)
        self._postgres = Postgres(
            place / "postgres",
            programs=binaries.postgres,
            account=account,
            port=state.postgres_port,
            password=state.postgres_password,
            settings=self._settings,
        )
        self._valkey = Valkey(
            place / "valkey",
            program=binaries.valkey,
            account=account,
            port=state.valkey_port,
            password=state.valkey_password,
        )
