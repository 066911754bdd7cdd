"""The broker on one machine."""

import psutil
import pytest
import redis

from helpdesk.local import Services
from helpdesk.local.valkey import Valkey


@pytest.fixture
def only_valkey(new_services):
    with new_services(environment={"DATABASE_URL": "postgres://elsewhere/otklik"}) as services:
        yield services


@pytest.fixture
def client(only_valkey):
    with redis.Redis.from_url(only_valkey.redis_url, socket_timeout=30) as client:
        yield client


def test_wants_the_password_and_never_drops_what_it_holds(only_valkey, client):
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("bind") == {"bind": "127.0.0.1"}
    stranger = redis.Redis.from_url(only_valkey.redis_url.replace(only_valkey.state.valkey_password, "wrong"))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_starts_again_after_kill_9_on_the_same_port(only_valkey, client):
    port = only_valkey.valkey.port
    only_valkey.valkey.kill()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    only_valkey.start()
    assert only_valkey.valkey.port == port
    assert client.ping()


def test_frozen_it_keeps_connections_and_answers_none(only_valkey, client):
    client.set("before", "here")
    pid = only_valkey.valkey.freeze()
    impatient = redis.Redis.from_url(only_valkey.redis_url, socket_timeout=0.5)
    with impatient, pytest.raises(redis.TimeoutError):
        impatient.get("before")
    only_valkey.valkey.thaw(pid)
    assert client.get("before") == b"here"


def test_frozen_it_can_still_be_ended_and_is_not_started_twice(only_valkey):
    pid = only_valkey.valkey.freeze()
    assert only_valkey.revive() == []
    only_valkey.stop()
    assert not only_valkey.valkey.alive
    assert not psutil.pid_exists(pid)


def test_killed_it_is_revived_on_its_port(only_valkey, client):
    client.ping()
    only_valkey.valkey.kill()
    assert only_valkey.revive() == ["Valkey"]
    assert client.ping()


def test_flush_forgets_everything(only_valkey, client):
    client.set("before", "here")
    only_valkey.valkey.flush()
    assert client.get("before") is None


def test_a_stranger_on_our_port_is_not_taken_for_ours(only_valkey):
    other = only_valkey.valkey
    stranger = Valkey(
        other.folder, program=other._program, account=other._account, port=other.port, password="another"
    )
    assert stranger.pid is None
    stranger.stop()
    assert other.pid


def test_a_second_object_ends_it_only_when_told_to(only_valkey):
    second = Services(only_valkey.root, environment={"DATABASE_URL": "postgres://elsewhere/otklik"})
    second.start()
    second.stop()
    assert only_valkey.valkey.pid
