"""What a worker keeps from one task to the next, and what it does when that has died."""

from __future__ import annotations

import pytest
from celery.fixups import django as fixups
from celery.signals import task_prerun
from django.db import connection

from helpdesk.celery import app
from people.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_leaves_its_connection_to_the_next() -> None:
    connection.ensure_connection()
    own = connection.connection
    fixup = fixups.DjangoWorkerFixup(app)  # type: ignore[attr-defined]  # the stubs do not know it
    for _ in range(100):
        fixup.close_database()  # which Celery calls before and after each
    assert connection.connection is own
    assert not own.closed


def test_a_task_after_the_database_was_away_gets_a_new_one() -> None:
    Team.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()
    task_prerun.send(sender=app.tasks["journal.tasks.sweep"])
    assert not Team.objects.exists()
