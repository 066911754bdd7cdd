"""/readyz says what is wrong, and only what matters."""

import time

import pytest
from django.core.cache import cache

from journal import tasks


@pytest.fixture
def ready(client, db):
    return lambda: client.get("/readyz")


def test_ready_only_while_somebody_sweeps(ready):
    cache.delete(tasks.SWEPT_AT)
    answer = ready()
    assert answer.status_code == 503
    assert "nobody sweeps" in answer.json()["checks"]["journal"]

    tasks.sweep()
    answer = ready()
    assert (answer.status_code, answer.json()["ready"]) == (200, True)

    cache.set(tasks.SWEPT_AT, time.time() - 60)
    assert ready().status_code == 503
