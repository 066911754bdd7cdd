"""Every address of the portal, asked by strangers, other customers, other brands' and agents."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.test import Client

from channels_in.models import Inbound
from journal.actor import Actor
from journal.models import Entry
from portal.models import PortalSession
from portal.urls import urlpatterns
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Message, Service, Ticket

# Open to strangers by intent: what one reads and does before one is known.
OPEN = {
    "portal_home", "portal_logo", "portal_sign_in", "portal_code", "portal_sign_out", "portal_language",
    "portal_theme", "portal_file",
}  # fmt: skip
ONES_OWN = {"portal_requests", "portal_devices", "portal_devices_removal"}


def patterns():
    """(route, name, parameters) of what belongs to customers; forms of services are tested by themselves."""
    return [
        (str(one.pattern), one.name, tuple(one.pattern.converters))
        for one in urlpatterns
        if not str(one.pattern).startswith("new/")
    ]


@pytest.fixture
def secret(portal, vera):
    """A request of Vera's with everything on it."""
    ticket = portal.ticket("Секретное письмо", subject="Секретная тема")
    content = Content(text="Секретный файл", files=[FileContent("secret.png", "image/png", b"secret")])
    commands.receive_message(
        ticket.pk, content=content, contact=portal.vera, actor=Actor.contact(portal.vera), channel="email"
    )
    message = Message.objects.filter(ticket=ticket).order_by("pk").last()
    Message.objects.filter(pk=message.pk).update(html="<table><tr><td>Секретная таблица</td></tr></table>")
    ids = {
        "ticket_id": ticket.pk, "message_id": message.pk, "attachment_id": message.attachments.get().pk,
        "session_id": PortalSession.objects.get(contact=portal.vera).pk, "token": "x", "name": "x",
        "mark": "x",
        "service_id": Service.objects.create(labels={"ru": "Услуга"}, brand=portal.brand).pk,
    }  # fmt: skip
    return defaultdict(lambda: 1, ids)


def address(route, parameters, ids, brand="zerno"):
    for name in parameters:
        for converter in ("int", "str", "slug"):
            route = route.replace(f"<{converter}:{name}>", str(ids[name]))
    return f"/portal/{brand}/{route}"


def body(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace")


def refused(answer):
    signs_in = answer.status_code == 302 and "/sign-in/" in answer["Location"]
    return signs_in or answer.status_code in {404, 405}


@pytest.fixture(params=["stranger", "agent", "customer's account"])
def nobody(request, portal):
    """Somebody without a session of the portal, whatever they have at the desk."""
    browser = Client()
    user = {"agent": portal.maria, "customer's account": portal.carla}.get(request.param)
    if user is not None:
        browser.force_login(user, backend="people.backends.Backend")
    return browser


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_who_is_not_signed_in_reaches_anything(secret, nobody, method):
    before = Entry.objects.count()
    for route, name, parameters in patterns():
        answer = getattr(nobody, method)(address(route, parameters, secret))
        assert name in OPEN or refused(answer), (name, answer.status_code)
        assert "екретн" not in body(answer), name
    assert Entry.objects.count() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_customer_reaches_nothing_of_it(portal, secret, customer, method):
    peter = customer(portal.peter)
    before = Entry.objects.count()
    for route, name, parameters in patterns():
        if name == "portal_sign_out":
            continue
        answer = getattr(peter, method)(address(route, parameters, secret), {"text": "Мне тоже", "key": "k"})
        if {"ticket_id", "message_id", "attachment_id", "session_id"} & set(parameters):
            assert answer.status_code in {404, 405}, (name, answer.status_code)
        assert "екретн" not in body(answer), name
    assert Entry.objects.count() == before and not Inbound.objects.exists()
    assert PortalSession.objects.get(pk=secret["session_id"]).revoked_at is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_at_another_brand_one_finds_nothing_of_this_one(portal, secret, customer, method):
    """Vera herself, signed in at the other brand: tickets of two brands never mix."""
    vera = customer(portal.vera, "harbor")
    for route, name, parameters in patterns():
        if name == "portal_sign_out":
            continue
        answer = getattr(vera, method)(
            address(route, parameters, secret, "harbor"), {"text": "x", "key": "k"}
        )
        if {"ticket_id", "message_id", "attachment_id"} & set(parameters):
            assert answer.status_code in {404, 405}, (name, answer.status_code)
        assert "екретн" not in body(answer), name
    assert not Inbound.objects.exists()


def test_one_reaches_ones_own_and_reading_changes_nothing(secret, vera):
    before = Entry.objects.count()
    for route, name, parameters in patterns():
        answer = vera.get(address(route, parameters, secret))
        assert answer.status_code < 500, name
        if {"ticket_id", "message_id"} & set(parameters) and name in {
            "portal_request",
            "portal_message_body",
        }:
            assert "екретн" in body(answer), name
    assert Entry.objects.count() == before


@pytest.mark.parametrize("change", ["mark_spam", "delete"])
def test_what_is_spam_or_deleted_is_gone_for_its_customer_too(portal, secret, vera, change):
    verb = getattr(commands, change)
    verb(secret["ticket_id"], actor=portal.as_anna)
    for route, name, parameters in patterns():
        answer = vera.get(address(route, parameters, secret))
        if {"ticket_id", "message_id", "attachment_id"} & set(parameters):
            assert answer.status_code in {404, 405}, name
        assert "екретн" not in body(answer), name


def test_numbers_beyond_any_are_not_there(portal, vera):
    for number in ("0", "999999999", "9" * 30):
        assert vera.get(f"/portal/zerno/requests/{number}/").status_code == 404


def test_the_desk_knows_no_session_of_the_portal(portal, vera):
    vera.cookies["portal_session"]["path"] = "/"
    ticket = Ticket.objects.first() or portal.ticket()
    for path in ("/", f"/tickets/{ticket.pk}/", "/settings/brands/", "/search/"):
        assert vera.get(path)["Location"].startswith("/accounts/login/"), path
