"""The servers that every other test stands on."""

from urllib.parse import urlparse

import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_database_is_the_sessions_own_and_knows_russian(services):
    assert connection.settings_dict["PORT"] == str(urlparse(services.database_url).port)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_tsvector('russian', 'СЕРВЕРЫ') @@ to_tsquery('russian', 'сервера'), lower('ПРИВЕТ')"
        )
        assert cursor.fetchone() == (True, "привет")


def test_cache_is_a_real_valkey(services):
    cache.set("greeting", "привет", 10)
    assert cache.get("greeting") == "привет"
    assert services.valkey.pid
