"""Each process of a test run has a Valkey of its own."""

import os

from django.conf import settings

from tests import session_services


def test_the_settings_lead_to_this_process_own_servers():
    services = session_services.current()
    assert os.environ["REDIS_URL"] == services.redis_url == settings.REDIS_URL
    assert settings.CACHES["default"]["LOCATION"] == services.redis_url
    assert services.redis_url == settings.CELERY_BROKER_URL
