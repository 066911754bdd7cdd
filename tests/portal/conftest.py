"""Customers at a brand's portal, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import mail
from django.test import Client

from people.models import Contact
from portal import letters
from portal.models import SignInCode
from tickets.models import Brand


@pytest.fixture(autouse=True)
def _plain_static(monkeypatch, settings, tmp_path):
    """Pages name static files whose hashes only exist after collectstatic."""
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def portal(world) -> Any:
    """The world, whose two brands both have a portal: the first in Russian first, the second in English."""
    Brand.objects.update(portal_is_on=True)
    world.brand.refresh_from_db()
    world.other_brand.refresh_from_db()
    return world


def code_in_mail() -> str:
    """Send what waits, and read the newest code as its reader would."""
    letters.send_due()
    found = re.search(r"(\d{3}) (\d{3})", str(mail.outbox[-1].body))
    assert found is not None
    return "".join(found.groups())


def sign_in(browser: Client, address: str, brand: str = "zerno") -> Any:
    """The whole way: ask for a code, find it in the mail, enter it."""
    SignInCode.objects.all().delete()  # limits are the business of their own tests
    assert browser.post(f"/portal/{brand}/sign-in/", {"address": address}).status_code == 302
    answer = browser.post(f"/portal/{brand}/sign-in/code/", {"code": code_in_mail()})
    assert answer.status_code == 302
    return answer


@pytest.fixture
def customer(portal) -> Callable[..., Client]:
    """``customer(world.vera)``: a browser signed in at the first brand's portal, or at ``brand``."""

    def enter(contact: Contact, brand: str = "zerno") -> Client:
        browser = Client()
        sign_in(browser, contact.address, brand)
        return browser

    return enter


@pytest.fixture
def vera(portal, customer) -> Client:
    return customer(portal.vera)
