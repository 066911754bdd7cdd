"""docker-compose.yml, the image and the proxy, as far as they can be proved without an engine."""

import importlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import check_jsonschema
import jsonschema
import pytest
import yaml
from django.core.management import get_commands

from helpdesk import probe, processes
from helpdesk.local.environment import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("otklik")}
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text().splitlines()
    if re.match(r"[A-Z]", line)
)


def command(service):
    words = service["command"]
    return words.split() if isinstance(words, str) else words


def settings_read():
    source = (ROOT / "helpdesk" / "settings.py").read_text()
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))


def test_is_valid_by_the_compose_specification():
    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    jsonschema.validate(yaml.safe_load(COMPOSE), json.loads((folder / "compose-spec.json").read_text()))


def test_runs_the_processes_of_the_list_and_no_others():
    expected = {process.name: list(process.command) for process in processes.PRODUCTION}
    actual = {name: command(service) for name, service in OURS.items() if name != "migrate"}
    assert actual == expected


def test_one_machine_runs_the_same_with_both_web_servers_in_one():
    names = [process.name for process in processes.PRODUCTION if process.name != "live"]
    assert [process.name for process in processes.LOCAL] == names


def test_the_image_starts_as_the_web_process():
    last = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert json.loads(last[1]) == command(SERVICES["web"])


@pytest.mark.parametrize("process", processes.PRODUCTION, ids=lambda process: process.name)
def test_each_process_has_the_variables_it_needs(process):
    assert process.variables <= set(OURS[process.name]["environment"])


@pytest.mark.parametrize("name", OURS)
def test_every_variable_given_is_one_the_settings_read(name):
    assert set(OURS[name]["environment"]) <= settings_read()


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name):
    program, *arguments = command(OURS[name])
    assert (Path(sys.executable).parent / program).exists() or shutil.which(program)
    if arguments[:1] == ["manage.py"]:
        assert arguments[1] in get_commands()
    for module, attribute in re.findall(r"\b(helpdesk\.\w+):(\w+)", " ".join(arguments)):
        assert hasattr(importlib.import_module(module), attribute)


def test_every_probe_named_exists():
    named = re.findall(r'"helpdesk.probe", "(\w+)"', COMPOSE)
    assert set(named) == set(probe.PROBES)
    assert importlib.util.find_spec("helpdesk.probe")


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_service_has_a_health_check_and_comes_back(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_what_the_administrator_is_asked_for_is_what_is_used():
    proxy = (ROOT / "Caddyfile").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE)) | set(re.findall(r"\{\$([A-Z_]+)\}", proxy))
    assert set(EXAMPLE) == used


def test_no_secret_is_in_the_files():
    assert [EXAMPLE[name] for name in EXAMPLE if name.endswith(("KEY", "KEYS", "PASSWORD"))] == [""] * 5
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert f"${{{name}:?}}" in COMPOSE  # asked for, and refused when empty


def test_the_image_does_not_run_as_root():
    dockerfile = (ROOT / "Dockerfile").read_text()
    last_stage = dockerfile[dockerfile.rindex("\nFROM ") :]
    assert re.search(r"^USER otklik$", last_stage, re.MULTILINE)
    assert not re.search(r"^(ARG|ENV).*(SECRET|PASSWORD|TOKEN)", dockerfile, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var", ".venv"} <= set(ignored)


def test_the_proxy_sends_sockets_and_pages_to_the_ports_they_listen_on():
    proxy = (ROOT / "Caddyfile").read_text()
    for name in ("web", "live"):
        words = command(SERVICES[name])
        assert f"reverse_proxy {name}:{words[words.index('--port') + 1]}" in proxy
