"""Gives the test session a PostgreSQL and a Valkey of its own before Django's settings load.

pytest imports this file first of all ours, so the environment is complete when pytest-django sets Django
up. Under pytest-xdist the controller starts PostgreSQL once (each worker makes its own database in it),
and each worker a Valkey, since publish and subscribe know no database numbers.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module

import django
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import session_services

# How long an example takes says more about the machine than about the product.
hypothesis_settings.register_profile("otklik", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("otklik")

collect_ignore = ["node_modules", "var"]

if not {"--help", "-h", "--version", "-V"} & set(sys.argv):
    # What is loaded from here on lives as long as the process: looking through it again and again for
    # garbage took a quarter of a session's time.
    gc.disable()
    SERVICES = session_services.begin()
    atexit.register(session_services.end)
    os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
    # Now, not in a hook: conftests further down import models.
    django.setup()
    # A worker that found it would load its settings at once, before its own servers are there.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    # Sign-in is tested often, the strength of a hash never.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Which addresses exist is decided when they are loaded: now, and not while a test has other settings.
    import_module(settings.ROOT_URLCONF)
    # A reaction that raises fails the test instead of marking the stream stale.
    settings.JOURNAL_RAISE = True
    if template := os.environ.get(session_services.TEMPLATE_VARIABLE):
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = template
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    """End what this process started."""
    session_services.end()
