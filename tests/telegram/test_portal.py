"""A customer signed in at the portal goes on in Telegram, and is known there."""

import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage

from channels_in.models import TelegramLink
from tests.portal.conftest import sign_in
from tickets.models import Brand, Ticket


@pytest.fixture
def vera(client, world, monkeypatch):
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    Brand.objects.update(portal_is_on=True)
    sign_in(client, world.vera.address)
    return client


def test_the_link_proves_who_it_is(vera, world, bot, olga, live):
    assert 'href="/portal/zerno/telegram/"' in vera.get("/portal/zerno/requests/").content.decode()
    page = vera.get("/portal/zerno/telegram/").content.decode()
    assert "start=" not in page
    assert not TelegramLink.objects.exists()  # looking makes none
    page = vera.post("/portal/zerno/telegram/").content.decode()
    [payload] = re.findall(r"https://t\.me/zerno_bot\?start=([\w-]+)", page)
    olga.say(f"/start {payload}")
    olga.say("Продолжим здесь")
    live()
    assert Ticket.objects.get().requester.person == world.vera


def test_strangers_are_led_to_the_sign_in(client, world, bot):
    Brand.objects.update(portal_is_on=True)
    assert client.post("/portal/zerno/telegram/").status_code == 302
    assert not TelegramLink.objects.exists()


def test_a_brand_without_a_bot_offers_none(vera):
    assert "telegram" not in vera.get("/portal/zerno/requests/").content.decode().lower()
    assert vera.get("/portal/zerno/telegram/").status_code == 404
