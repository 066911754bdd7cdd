"""Text, secrets, the forgiving cache and queue."""

import socket
import time
from datetime import UTC, datetime

import pytest
import redis
from celery import Celery
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from channels_in.models import Inbox
from common import filters, queue
from common.cache import ForgivingRedisCache
from common.crypto import SecretUnreadableError, decrypt, encrypt, reveal
from common.text import fold, one_line, storable
from journal.tasks import drain_stream
from tests.support.load import allowed


@given(st.text())
def test_whatever_we_store_postgres_can_hold(text):
    kept = storable(text)
    assert "\x00" not in kept
    kept.encode("utf-8")


@given(st.text(), st.integers(2, 50))
def test_one_line_is_one_bounded_line(text, limit):
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


def test_fold():
    assert fold("  Ёлка\n  НЕ горит ") == "елка не горит"


@given(st.text())
def test_secrets_come_back(text):
    assert decrypt(encrypt(text.replace("\ud800", ""))) == text.replace("\ud800", "") or max(text) >= "\ud800"


def test_a_key_can_be_rotated_and_a_lost_one_is_said(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    token = encrypt("password")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert decrypt(token) == "password"
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(SecretUnreadableError):
        decrypt(token)


def test_the_database_never_sees_a_password(world):
    world.inbox.smtp_password = "hunter22"
    world.inbox.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT smtp_password FROM channels_in_inbox WHERE id = %s", [world.inbox.pk])
        (stored,) = cursor.fetchone()
    assert "hunter22" not in stored
    assert Inbox.objects.get(pk=world.inbox.pk).smtp_password == "hunter22"


@pytest.fixture
def frozen():
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_frozen_cache_costs_half_a_second_once(frozen):
    cache = ForgivingRedisCache(frozen, {"OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}})
    began = time.monotonic()
    assert cache.get("x", "default") == "default"
    for n in range(50):
        cache.set(f"k{n}", n)
        assert cache.get(f"k{n}") is None
    assert time.monotonic() - began < allowed(1.5)
    ForgivingRedisCache._dead_until = 0.0


def test_what_was_asked_is_published():
    client = redis.Redis.from_url(settings.REDIS_URL)

    def published(number):
        return sum(str(number).encode() in message for message in client.lrange("default", 0, -1))

    queue.ask(drain_stream, "ticket", 471_100_001)
    assert queue.flush()
    assert published(471_100_001) == 1

    # The same request a hundred times is published once in a tenth of a second.
    began = time.monotonic()
    for _ in range(100):
        queue.ask(drain_stream, "ticket", 471_100_002)
        time.sleep(0.001)
    assert queue.flush()
    assert 2 <= published(471_100_002) <= (time.monotonic() - began) / queue.GAP + 2
    client.close()


def test_what_is_asked_for_close_together_goes_out_together():
    client = redis.Redis.from_url(settings.REDIS_URL)

    def tasks(*numbers):
        found = client.lrange("default", 0, -1)
        named = ([number for number in numbers if str(number).encode() in message] for message in found)
        return [task for task in named if task]

    time.sleep(queue.GATHER)
    began = time.monotonic()
    queue.ask(drain_stream, "ticket", 471_200_001)
    assert queue.flush()
    assert time.monotonic() - began < allowed(queue.GATHER), "alone, and at once"
    assert tasks(471_200_001) == [[471_200_001]]

    numbers = range(471_200_100, 471_200_100 + 2 * queue.MOST_TOGETHER + 5)
    for number in numbers:
        queue.ask(drain_stream, "ticket", number)
    assert queue.flush()
    went = tasks(*numbers)
    assert sorted(number for task in went for number in task) == list(numbers)
    assert len(went) == 3
    assert max(map(len, went)) == queue.MOST_TOGETHER
    client.close()


def test_a_frozen_broker_costs_the_request_nothing(frozen):
    app = Celery("frozen", broker=frozen, set_as_current=False)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS

    @app.task(name="frozen")
    def task(number):
        return number

    began = time.monotonic()
    for n in range(20):
        queue.ask(task, n)
    assert time.monotonic() - began < allowed(0.2)
    assert queue.flush(2), "one time-out, then five seconds of peace"
    queue._publisher().closed_until = 0.0


def test_a_moment_is_written_as_its_reader_writes_and_where_they_are():
    """Remembering what was written must not give one reader another's zone or language."""
    at = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    with timezone.override("UTC"), translation.override("en"):
        london = filters.day_and_time(at)
    with timezone.override("Asia/Vladivostok"), translation.override("ru"):
        vladivostok = filters.day_and_time(at)
    with timezone.override("UTC"), translation.override("en"):
        assert filters.day_and_time(at) == london
    assert "March 1" in london
    assert "2 марта" in vladivostok


def test_a_lost_key_closes_no_page_and_loses_no_secret(world, settings, capsys):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    world.inbox.smtp_password = "hunter22"
    world.inbox.save()

    settings.FIELD_ENCRYPTION_KEYS = [new]
    inbox = Inbox.objects.get(pk=world.inbox.pk)
    assert inbox.smtp_password == ""
    with pytest.raises(SecretUnreadableError):
        reveal(inbox.smtp_password)
    inbox.name = "Renamed"
    inbox.save()
    with pytest.raises(CommandError, match="smtp_password"):
        call_command("rotate_secrets")

    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert Inbox.objects.get(pk=world.inbox.pk).smtp_password == "hunter22"
    call_command("rotate_secrets")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Inbox.objects.get(pk=world.inbox.pk).smtp_password == "hunter22"


def test_a_body_longer_than_any_form_is_refused_unread(world, client, settings):
    settings.MAX_BODY_BYTES = 1000
    answer = client.post("/accounts/login/", {"login": "x" * 2000})
    assert answer.status_code == 413
    assert client.post("/accounts/login/", {"login": "x"}).status_code != 413
