"""Collects the static files for a start without debug pages, only when one of them has changed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from common import stylesheets
from helpdesk.local.environment import ROOT
from helpdesk.local.errors import LocalError


def collect_statics(environment: Mapping[str, str]) -> None:
    """``collectstatic`` into VAR_DIR/static, skipped if our sources and installed packages are the same."""
    stamp = Path(environment["VAR_DIR"]) / "statics.stamp"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--clear", "--verbosity=0"]
    if subprocess.run(command, check=False, env=environment, cwd=ROOT).returncode:
        raise LocalError("The static files could not be collected.")
    stamp.write_text(wanted)


def _fingerprint() -> str:
    files = [path for path in sorted((ROOT / "static").rglob("*")) if path.is_file()]
    files += stylesheets.sources(ROOT)  # what they name stays in the kit's style sheet
    files.append(ROOT / "requirements.lock")  # the admin's and the API's own files come with packages
    parts = (f"{path.relative_to(ROOT)} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in files)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
