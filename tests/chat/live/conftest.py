"""The real Valkey, and a database that other threads see."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from channels.db import database_sync_to_async
from django.db import connections

from journal import registry
from live.chat import database, visitor
from notifications import announce
from tests.world import make_world


@pytest.fixture
def world(transactional_db, monkeypatch, settings):
    # A broker shared with other tests: publish and subscribe know no database numbers.
    own = uuid.uuid4().hex
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "prefix": own}}}
    monkeypatch.setattr("live.presence.PREFIX", own)
    monkeypatch.setattr(registry, "live", [])
    monkeypatch.setattr(announce, "listeners", [])
    visitor._receptions.clear()
    yield make_world()
    database.close()
    asyncio.run(database_sync_to_async(connections.close_all)())
