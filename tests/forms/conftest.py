"""A brand with a portal, a service with a form of its own, and somebody who fills it in."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from channels_in import form_fields
from channels_in.kinds.web_form import suspicion
from journal.actor import Actor
from tests.settings.browser import posted
from tickets.models import Brand, CustomField, Service, Topic

ADMIN = Actor.system("test")


@pytest.fixture(autouse=True)
def _ground(monkeypatch, settings, tmp_path, patient_cache):
    """Static files without hashes, files of one's own, nobody counted yet, and nobody too quick."""
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(suspicion, "QUICKEST", 0)


@pytest.fixture
def portal(world) -> Any:
    Brand.objects.update(portal_is_on=True)
    world.brand.refresh_from_db()
    return world


@pytest.fixture
def repair(portal) -> Service:
    """«Ремонт»: what broke, since when (only of the X6), how urgent as a ticket's field, files, consent."""
    service = Service.objects.create(labels={"ru": "Ремонт", "en": "Repair"}, brand=portal.brand)
    urgency = CustomField.objects.create(
        key="urgency", kind="choice", labels={"en": "Urgency"},
        choices=[{"value": "now", "labels": {"ru": "Сейчас"}}, {"value": "later", "labels": {"ru": "Потом"}}],
    )  # fmt: skip
    Topic.objects.create(labels={"ru": "Кофемашины"}, brand=portal.brand)

    def add(kind, label, **more):
        return form_fields.add_field(service.pk, actor=ADMIN, kind=kind, labels={"ru": label}, **more)

    model = add(
        "choice", "Модель", key="model", required=True, fills="tag",
        choices=[{"value": "x5", "labels": {"ru": "Икс 5", "en": "X5"}},
                 {"value": "x6", "labels": {"ru": "Икс 6", "en": "X6"}}],
    )  # fmt: skip
    add("date", "С какого дня", key="since", required=True, shown_by=model, shown_values=["x6"])
    add("text", "Что случилось", key="what", required=True, fills="subject")
    add("long_text", "Подробно", key="details", fills="details")
    add("choice", "Срочность", key="urgency", fills="field", custom_field=urgency)
    add("choice", "Тема", key="topic", fills="topic")
    add("number", "Сколько чашек в день", key="cups", limits={"most": 500})
    add("file", "Снимки", key="pictures", limits={"count": 3})
    add("consent", "Согласен на обработку данных", key="agree", required=True)
    return service


GOOD = {
    "name": "Вера Ёлкина",
    "email": "Vera@Severgrad.example",
    "model": "x5",
    "what": "Не греет",
    "details": "Включается, но вода холодная.",
    "urgency": "now",
    "cups": "1 200",
    "agree": "on",
}


@pytest.fixture
def path(repair) -> str:
    return f"/portal/zerno/new/{repair.pk}/"


@pytest.fixture
def fill(client, path) -> Callable[..., Any]:
    """``fill(cups="40")``: open the form, fill it in with some changes, send it; the answer."""

    def send(browser: Client | None = None, at: str | None = None, **changes: Any) -> Any:
        browser = browser or client
        page = browser.get(at or path).content.decode()
        data = posted(page, **{**GOOD, "cups": "12", **changes})
        return browser.post(at or path, _plain(data))

    return send


def _plain(data: Any) -> dict[str, Any]:
    """As the test client takes it, files among it."""
    found: dict[str, Any] = {}
    for key in data:
        values = data.getlist(key)
        found[key] = values if len(values) > 1 else values[0]
    return found


def errors(answer: Any) -> dict[str, str]:
    """What stands beside each field."""
    page = answer.content.decode()
    found = {}
    for key, body in re.findall(r'data-field="([\w-]+)".*?data-errors>(.*?)</div>\s*</div>', page, re.DOTALL):
        words = re.sub(r"<[^>]+>", "", body).strip()
        if words:
            found[key] = unescape(words)
    return found
