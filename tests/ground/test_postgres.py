"""PostgreSQL on one machine: what a person, a power cut and a colleague's server do to it."""

import os
import signal
import stat
import subprocess

import psutil
import psycopg2
import pytest

from helpdesk.local import LocalError, Services

pytestmark = pytest.mark.slow


def ask(services, sql):
    connection = psycopg2.connect(services.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_data_outlives_a_stop_and_keeps_its_address(new_services):
    first = new_services(durable=True)
    with first:
        url = first.database_url
        ask(first, "CREATE TABLE kept AS SELECT 'привет' AS word")
        assert first.postgres.pid
    assert first.postgres.pid is None

    with Services(first.root, environment={}) as second:
        assert second.database_url == url
        assert ask(second, "SELECT word FROM kept") == "привет"


def test_a_second_start_reuses_what_runs_and_leaves_it_running(new_services):
    with new_services() as first, Services(first.root, environment={}) as second:
        assert (second.postgres.pid, second.valkey.pid) == (first.postgres.pid, first.valkey.pid)
        second.stop()
        assert first.postgres.pid
        assert first.valkey.pid


def test_recovers_committed_rows_after_kill_9(new_services):
    services = new_services(durable=True)
    with services:
        ask(services, "CREATE TABLE kept AS SELECT 42 AS answer")
        services.postgres.kill()
        assert services.postgres.pid is None
        services.start()
        assert ask(services, "SELECT answer FROM kept") == 42


def test_a_pid_that_is_now_another_programs_does_not_hinder_the_start(new_services):
    """After a reboot the old pid may be anybody's; PostgreSQL itself would refuse to start."""
    services = new_services()
    with services:
        services.postgres.kill()
        pid_file = services.postgres.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        assert services.postgres.pid is None
        services.start()
        assert services.postgres.pid not in (None, os.getpid())


def test_a_taken_port_gives_way_to_a_free_one(new_services):
    squatted = new_services()
    with squatted:
        port = squatted.postgres.port
    with new_services() as other:
        # Somebody else's server now has the remembered port.
        other.postgres.stop()
        other.postgres.port = port
        other.postgres.start()
        with squatted:
            assert squatted.postgres.port != port
            assert ask(squatted, "SELECT 1") == 1


def test_listens_on_loopback_only_and_wants_the_password(new_services):
    with new_services() as services:
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(services.postgres.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(services.database_url.replace(services.state.postgres_password, "wrong"))


def test_secrets_are_readable_by_their_owner_alone(new_services):
    with new_services() as services:
        state_file = services.root / "local.json"
        assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(services.postgres.folder.stat().st_mode) == 0o700
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        assert services.state.postgres_password not in running
        assert services.state.valkey_password not in running


def test_orders_and_folds_case_by_unicode(new_services):
    with new_services() as services:
        assert (
            ask(services, "SELECT datlocprovider FROM pg_database WHERE datname = current_database()") == "b"
        )
        assert ask(services, "SELECT lower('ЁЛКА')") == "ёлка"
        assert ask(services, "SELECT to_tsvector('russian', 'СЕРВЕРЫ') @@ to_tsquery('russian', 'серверами')")
        ask(services, "CREATE EXTENSION pg_trgm")
        assert ask(services, "SELECT similarity('Ёлкина', 'ёлкина')") == 1


def test_data_of_another_version_is_refused_in_words(new_services):
    services = new_services()
    with services:
        pass
    (services.postgres.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalError, match="made by PostgreSQL 12"):
        services.start()
    (services.postgres.data / "PG_VERSION").write_text("18\n")


def test_a_database_whose_password_is_lost_is_neither_deleted_nor_half_opened(new_services):
    services = new_services()
    with services:
        ask(services, "CREATE TABLE kept AS SELECT 1 AS one")
    state_file = services.root / "local.json"
    saved = state_file.read_text()
    state_file.unlink()
    with pytest.raises(LocalError, match=r"password was in .*local\.json, which is gone"):
        Services(services.root, environment={}).start()
    state_file.write_text(saved)
    with Services(services.root, environment={}) as again:
        assert ask(again, "SELECT one FROM kept") == 1


def test_a_half_made_database_is_made_again(new_services):
    """The first start was killed in initdb: there is no mark, and nothing in it to keep."""
    services = new_services()
    services.postgres.folder.mkdir(mode=0o700)
    (services.postgres.folder / "data").mkdir()
    (services.postgres.folder / "data" / "rubbish").write_text("")
    with services:
        assert ask(services, "SELECT 1") == 1


def test_a_server_given_from_outside_is_used_and_ours_not_started(new_services):
    with new_services() as given:
        named = {"DATABASE_URL": given.database_url, "REDIS_URL": given.redis_url}
        with new_services(environment=named) as services:
            assert services.database_url == given.database_url
            assert services.redis_url == given.redis_url
            assert not (services.root / "postgres").exists()
        assert given.postgres.pid


def test_nothing_is_left_when_the_second_server_fails(new_services):
    services = new_services()
    services.valkey.log.parent.mkdir(mode=0o700, exist_ok=True)
    services.valkey._program = services.root / "no-such-program"
    with pytest.raises(OSError, match="no-such-program"):
        services.start()
    assert services.postgres.pid is None


def test_restart_keeps_rows_and_port(new_services):
    with new_services(durable=True) as services:
        ask(services, "CREATE TABLE kept AS SELECT 1 AS one")
        before = services.postgres.pid
        os.kill(before, signal.SIGHUP)  # a reload is not an end
        assert services.postgres.pid == before
        services.postgres.restart(mode="immediate")
        assert services.postgres.pid != before
        assert ask(services, "SELECT one FROM kept") == 1
