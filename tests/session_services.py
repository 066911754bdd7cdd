"""The servers of a test session: begun by the root conftest, ended with the process that began them."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import psutil

from helpdesk.local import Services
from helpdesk.local.state import State
from tests.support import migrated

PREFIX = "otklik-test-"
# Set by the controller of a session, inherited by its xdist workers.
ROOT_VARIABLE = "OTKLIK_TEST_ROOT"
# Set by the same when the database that tests are to copy has been made.
TEMPLATE_VARIABLE = "OTKLIK_TEST_TEMPLATE"

_current: Services | None = None
_owned: Path | None = None


def begin() -> Services:
    """Start what this process needs and complete the environment that settings.py reads."""
    global _current, _owned  # noqa: PLW0603 - one session a process
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and ROOT_VARIABLE in os.environ:
        root = Path(os.environ[ROOT_VARIABLE]) / worker
        # PostgreSQL is the controller's.
        own = {"DATABASE_URL": os.environ["DATABASE_URL"]}
    else:
        _sweep()
        root = _owned = new_root(PREFIX)
        os.environ[ROOT_VARIABLE] = str(root)
        # Servers of the person's own choice (a matrix of versions, say) are used if they are named.
        own = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    root.mkdir(exist_ok=True)
    _open_passage(root)
    _current = Services(root, durable=False, environment=own)
    _current.start()
    os.environ.update(environment(_current))
    if not own:
        migrated.make_template(_current.database_url, os.environ)
        os.environ[TEMPLATE_VARIABLE] = migrated.TEMPLATE
    return _current


def current() -> Services:
    """The servers of this process."""
    assert _current
    return _current


def end() -> None:
    """Stop what ``begin`` started here; a second call does nothing."""
    global _current, _owned  # noqa: PLW0603 - one session a process
    if _current is not None:
        _current.remove()
        _current = None
    if _owned is not None:
        shutil.rmtree(_owned, ignore_errors=True)
        _owned = None


def environment(services: Services) -> dict[str, str]:
    """The settings' variables for tests: nothing leaves the machine, nothing is shared between runs."""
    state: State = services.state
    return {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": state.field_key,
        "VAR_DIR": str(services.root),
        "MEDIA_ROOT": str(services.root / "media"),
        "BASE_URL": "http://testserver",
        "ALLOWED_HOSTS": "*",
        # Static files without collecting them first; pytest-django switches debug pages off again.
        "DEBUG": "true",
        "DEMO": "false",
        "LOG_FORMAT": "console",
        "LOG_LEVEL": "WARNING",
        "MAIL_ALLOW_PLAINTEXT_LOOPBACK": "true",
    }


def new_root(prefix: str) -> Path:
    """A new folder in the system's place for such, which says whose it is."""
    root = Path(tempfile.mkdtemp(prefix=prefix))
    process = psutil.Process()
    (root / "owner.json").write_text(json.dumps([process.pid, process.create_time()]))
    _open_passage(root)
    return root


def _open_passage(folder: Path) -> None:
    # As root the servers run as a system user, who must get through; what they keep is closed.
    folder.chmod(0o711)


def _sweep() -> None:
    """End and delete what sessions left behind that were killed; one session does it at a time."""
    with (Path(tempfile.gettempdir()) / f"{PREFIX}sweep-{os.geteuid()}.lock").open("a") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _sweep_folders()


def _sweep_folders() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.stat().st_uid != os.geteuid() or not (folder / "owner.json").exists():
            continue
        pid, created = json.loads((folder / "owner.json").read_text())
        if psutil.pid_exists(pid) and psutil.Process(pid).create_time() == created:
            continue
        for state in folder.glob("**/local.json"):
            Services(state.parent, environment={}).remove()
        shutil.rmtree(folder, ignore_errors=True)
