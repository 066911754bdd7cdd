"""What no form or link of ours sends: it is refused or ignored, and breaks nothing. Found in review."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from channels_in.models import BlockedSender
from tickets.models import Category, Draft, Status, Ticket, View

ODD = ["²", "٣", "9" * 30, "1" * 5000, "-1", "\x00", "x"]


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CURSORS = [
    cursor([None, 1e400]),
    cursor([None, 1]),
    cursor(["x", 10**30]),
    cursor([1e400]),
    cursor([10**30]),
    cursor(["0001-01-01T00:00:00+14:00", 1]),
    cursor(["9999-12-31T23:59:59-12:00", 1]),
    cursor(["2026-01-01T00:00:00", 1]),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
    "²",
]


@pytest.fixture
def ticket(world):
    return world.ticket(team=world.first_line)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "path",
    ["/list/?view={}", "/views/?current={}", "/contacts/?q=aa{}", "/search/?q={}", "/tickets/new/?to={}"],
)
def test_in_an_address(ticket, anna, path, odd):
    assert anna.part(path.format(quote(odd))).status_code in {200, 404}


@pytest.mark.parametrize("mangled", CURSORS)
@pytest.mark.parametrize("order", ["-active_at", "-priority", "waiting_since"])
def test_in_a_cursor(ticket, anna, mangled, order):
    view = View.objects.filter(owner=None).first()
    View.objects.filter(pk=view.pk).update(order=order)
    assert anna.part(f"/views/{view.pk}/?after={quote(mangled)}").status_code == 200
    assert anna.part(f"/search/?q=abc&after={quote(mangled)}").status_code == 200


FORMS = [
    ("draft", {"html": "x", "attachments": "{}"}),
    ("draft", {"html": "x", "based_on": "{}"}),
    ("reading", {"message": "{}"}),
    ("split", {"message": "{}"}),
    ("links", {"number": "{}"}),
    ("merge", {"number": "{}"}),
    ("messages", {"kind": "note", "text": "x", "key": "{}"}),
    ("messages", {"kind": "note", "text": "x", "attachments": "{}"}),
    ("messages", {"kind": "reply", "text": "x", "to": "a@b.example", "based_on": "{}"}),
    ("participants", {"address": "An{}na <a@b.example>"}),
    ("side-threads", {"to": "A <a@b.example>", "subject": "s", "text": "t", "file": "{}"}),
    ("snooze", {"until": "{}"}),
    ("assignment", {"assignee": "{}"}),
    ("priority", {"priority": "{}"}),
    ("tags", {"name": "{}"}),
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("noun", "fields"), FORMS)
def test_in_a_form(ticket, anna, noun, fields, odd):
    data = {name: value.replace("{}", odd) for name, value in fields.items()}
    assert anna.send(f"/tickets/{ticket.pk}/{noun}/", data).status_code in {200, 204, 422}
    assert anna.get(f"/tickets/{ticket.pk}/").status_code == 200


@pytest.mark.parametrize("odd", ODD)
def test_in_a_selection(ticket, world, anna, odd):
    for noun, fields in {
        "assignment": {"assignee": world.anna.pk},
        "status": {"status": Status.objects.first().pk},
        "spam": {},
    }.items():
        assert anna.send(f"/selection/{noun}/", {"ticket": odd, **fields}).status_code == 200
    assert Ticket.objects.get(pk=ticket.pk).category == Category.NEW


@pytest.mark.parametrize("name", ["\x00", "\ud800", "x"])
def test_in_the_people_of_a_draft(ticket, anna, name):
    people = json.dumps([{"name": name, "address": "a@b.example"}])
    assert anna.send(f"/tickets/{ticket.pk}/draft/", {"html": "x", "to": people}).status_code == 204
    assert Draft.objects.get(ticket=ticket).to[0]["address"] == "a@b.example"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("until", ["9999-12-31T23:59", "0001-01-01T00:00", "5000-01-01T00:00"])
def test_a_snooze_of_thousands_of_years(ticket, world, anna, until, zone):
    """Half a day of year 9999 is year 10000 in UTC, which nothing could read back."""
    world.anna.time_zone = zone
    world.anna.save()
    assert anna.send(f"/tickets/{ticket.pk}/snooze/", {"until": until}).status_code == 422
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is None


@pytest.mark.parametrize("odd", ODD)
def test_in_the_settings(world, by, odd):
    oleg = by(world.oleg)
    assert oleg.get(f"/settings/quarantine/?before={quote(odd)}").status_code == 200
    oleg.post("/settings/blocked-senders/", {"pattern": "spam@evil.example", "reason": f"a{odd}"})
    assert BlockedSender.objects.filter(pattern="spam@evil.example").exists()


def test_a_flood_of_addresses_is_refused_at_once(ticket, anna):
    """200 kB of commas took eight seconds, 2 MB would have taken a quarter of an hour."""
    data = {"kind": "reply", "text": "x", "to": "a," * 1_000_000}
    assert anna.send(f"/tickets/{ticket.pk}/messages/", data).status_code == 422
