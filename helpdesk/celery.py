"""The Celery application. Tasks only carry ids; the rows they act on are in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("otklik")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Left alone, Celery closes the database's connection before and after each task, and a new one costs more
# than most tasks do. Ours stay open; whether they still live is looked at when a task begins.
app.conf["CELERY_DB_REUSE_MAX"] = 2**31
app.autodiscover_tasks()


@task_prerun.connect(dispatch_uid="helpdesk.fresh-connections")
def _look_at_connections(**_: Any) -> None:
    """What Django does when a request begins: a connection that has died is begun anew."""
    from django.db import close_old_connections  # only once Django is set up

    close_old_connections()
