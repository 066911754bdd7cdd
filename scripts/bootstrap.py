"""Makes .venv and fills it from requirements-dev.lock. Runs on the system's bare Python ≥ 3.11.

uv is itself taken from the lock, with its hashes, by whichever pip there is; it then installs the rest.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCK = ROOT / "requirements-dev.lock"


def main() -> None:
    """Environment, uv, packages; what is there already is kept."""
    if sys.version_info < (3, 11):  # noqa: UP036 - not installed yet, so nobody has checked
        sys.exit("Otklik needs Python 3.11 or later; set it with `make PYTHON=/path/to/python3`.")
    if not works([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=True)
    block = uv_block(LOCK.read_text())
    if installed_version() != block.partition("==")[2].split()[0]:
        install_uv(block)
    command: list[str | Path] = [
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        PYTHON,
        "--require-hashes",
        "-r",
        LOCK,
    ]
    sys.exit(subprocess.run(command).returncode)


def uv_block(lock: str) -> str:
    """The lines of the lock that pin uv and its hashes."""
    found = re.search(r"^uv==.*?(?=^\S)", lock + "\nend", re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit("requirements-dev.lock does not pin uv.")
    return re.sub(r"^\s+#.*\n?", "", found.group(), flags=re.MULTILINE)


def installed_version() -> str:
    """Of uv in the environment, "" without one."""
    if not UV.exists():
        return ""
    done = subprocess.run([UV, "--version"], capture_output=True, text=True)
    return done.stdout.split()[1] if done.returncode == 0 else ""


def install_uv(block: str) -> None:
    """By the environment's own pip (some Debian installations lack it), else by the system's."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.write(block)
        pins.flush()
        wanted = [
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--disable-pip-version-check",
            "-r",
            pins.name,
        ]
        if works([PYTHON, "-m", "ensurepip"]) and works([PYTHON, "-m", "pip", *wanted], quiet=False):
            return
        if works([sys.executable, "-m", "pip", "--python", PYTHON, *wanted], quiet=False):
            return
    sys.exit("uv could not be installed: this Python has neither ensurepip nor pip (Debian: python3-venv).")


def works(command: list[str | Path], *, quiet: bool = True) -> bool:
    """Whether the command exists and succeeds."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, stdout=output, stderr=output).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    main()
