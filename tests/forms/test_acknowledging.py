"""The mail that follows a form: its number, and the link that proves the address."""

from __future__ import annotations

import re

import pytest

from channels_in import web_forms
from channels_in.models import Inbound, Inbox, Outbound
from journal.actor import Actor
from journal.models import Entry
from people.models import Identity
from portal import sessions
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def acknowledgements():
    return list(Message.objects.filter(automatic_kind="acknowledgement").order_by("pk"))


def test_the_number_comes_by_mail_with_a_link_to_confirm(world, client, fill, drain, repair):
    web_forms.change_service_form(
        repair.pk, actor=Actor.system("test"), team=world.second_line, intro={},
        thanks={"ru": "Мастер позвонит до обеда."},
    )  # fmt: skip
    fill()
    drain()
    (message,) = acknowledgements()
    ticket = Ticket.objects.get(channel="form")
    assert ticket.team == world.second_line, "its service's requests go to this team"
    assert f"#{ticket.pk}" in message.text
    assert "Мастер позвонит до обеда." in message.text
    assert f"/portal/zerno/requests/{ticket.pk}/" in message.text
    assert Outbound.objects.get(message=message).recipients == ["vera@severgrad.example"]
    link = re.search(r"/forms/confirmation/\S+", message.text)[0]
    client.post(link)
    inbound = Inbound.objects.get(inbox__kind="form")
    assert inbound.verdict["state"] == "passed"
    assert Identity.objects.get(value="vera@severgrad.example").is_verified
    assert (
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind="sender_confirmed").count() == 1
    )
    client.post(link)
    assert Entry.objects.filter(kind="sender_confirmed").count() == 1
    client.force_login(world.oleg, backend="people.backends.Backend")
    assert "Address confirmed" in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_following_the_link_signs_nobody_in(world, client, fill, drain):
    fill()
    drain()
    link = re.search(r"/forms/confirmation/\S+", acknowledgements()[0].text)[0]
    client.post(link)
    assert sessions.COOKIE not in client.cookies


def test_two_in_three_hours_are_acknowledged_and_no_more(fill, drain):
    for _ in range(3):
        fill()
    drain()
    assert len(acknowledgements()) == 2
    assert Ticket.objects.filter(channel="form").count() == 3


def test_a_brand_without_mail_has_no_failures_on_its_tickets(fill, drain):
    Inbox.objects.filter(kind="email").update(is_active=False)
    fill()
    drain()
    assert acknowledgements() == []
    assert not Entry.objects.filter(kind="delivery_failed").exists()


def test_the_form_can_do_without(world, fill, drain):
    web_forms.need_form_of_brand(world.brand)
    Inbox.objects.filter(kind="form").update(acknowledge=False)
    fill()
    drain()
    assert acknowledgements() == []


def test_no_strangers_links_leave_in_our_name(fill, drain):
    fill(what="Купите на https://spam.example", name="www.spam.example")
    drain()
    (message,) = acknowledgements()
    assert "spam.example" not in message.text + message.html + message.subject


def test_the_agents_answer_goes_by_mail(world, fill, drain):
    fill()
    ticket = Ticket.objects.get(channel="form")
    reply = world.reply(ticket)
    drain()
    assert Outbound.objects.get(message=reply).recipients == ["vera@severgrad.example"]
    assert Outbound.objects.get(message=reply).inbox.kind == "email"


def test_who_is_signed_in_gives_no_address_and_is_proved(world, client, path, drain):
    _session, token = sessions.begin(client.get(path).wsgi_request, world.brand, world.vera)
    client.cookies[sessions.COOKIE] = token
    page = client.get(path).content.decode()
    assert 'name="email"' not in page
    data = {
        "model": "x5",
        "what": "Не греет",
        "agree": "on",
        "token": page.split('name="token" value="')[1].split('"')[0],
    }
    assert client.post(path, data).status_code == 302
    ticket = Ticket.objects.get(channel="form")
    assert ticket.requester == world.vera
    assert Inbound.objects.get(inbox__kind="form").verdict["state"] == "passed"
    drain()
    (message,) = acknowledgements()
    assert "/forms/confirmation/" not in message.text
