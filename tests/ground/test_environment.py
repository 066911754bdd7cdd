"""The variables a machine of one runs with, and the ports it finds."""

import socket

import pytest

from helpdesk.local import Services
from helpdesk.local.environment import PORTS, application_environment, choose_ports
from helpdesk.local.ports import LOOPBACK, next_free_port
from helpdesk.processes import LOCAL

GIVEN = {"DATABASE_URL": "postgres://elsewhere/otklik", "REDIS_URL": "redis://elsewhere/0"}


@pytest.fixture
def taken():
    """A port that somebody else's server has."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_in_use_gives_way_to_the_next_and_it_is_said(taken):
    ports, notices = choose_ports({"WEB_PORT": str(taken)})
    assert ports["WEB_PORT"] > taken
    assert notices[0] == f"Port {taken} is in use: WEB_PORT is {ports['WEB_PORT']} this time."


def test_two_of_ours_never_get_the_same_port():
    port = next_free_port(20000)
    ports, _ = choose_ports({"WEB_PORT": str(port), "MAIL_SMTP_PORT": str(port), "MAIL_LMTP_PORT": str(port)})
    assert len(set(ports.values())) == len(PORTS)


def test_every_local_process_finds_its_variables(tmp_path):
    services = Services(tmp_path, environment=GIVEN)
    ports, _ = choose_ports({})
    found = application_environment(services, ports, environment={"PATH": "/usr/bin"})
    for process in LOCAL:
        assert all("$" not in part for part in process.arguments(found))
        # The rest of what a process may read has a default in the settings.
        assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"} <= set(found)
    assert found["BASE_URL"] == f"http://localhost:{ports['WEB_PORT']}"


def test_what_the_person_sets_wins_but_keys_stay_the_same_otherwise(tmp_path):
    ports = dict.fromkeys(PORTS, 1)
    theirs = {"LOG_LEVEL": "DEBUG", "SECRET_KEY": "", "WEB_PORT": "8000"}
    first = application_environment(Services(tmp_path, environment=GIVEN), ports, environment=theirs)
    second = application_environment(Services(tmp_path, environment=GIVEN), ports, environment={})
    assert first["LOG_LEVEL"] == "DEBUG"
    assert first["WEB_PORT"] == "1"  # already asked for, and found free or not
    assert first["SECRET_KEY"] == second["SECRET_KEY"] != ""
    assert first["FIELD_ENCRYPTION_KEYS"] == second["FIELD_ENCRYPTION_KEYS"]


def test_commands_find_the_programs_of_our_environment_first(tmp_path):
    ports = dict.fromkeys(PORTS, 1)
    found = application_environment(
        Services(tmp_path, environment=GIVEN), ports, environment={"PATH": "/elsewhere/bin"}
    )
    first, last = found["PATH"].split(":")
    assert (first.endswith("/.venv/bin"), last) == (True, "/elsewhere/bin")
