"""What a log says of a request: whom and what it is about, and nothing that opens a door. Found in review."""

from __future__ import annotations

import logging

import pytest

from tickets import files
from tickets.content import FileContent


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="request")
    return lambda: [record.msg for record in caplog.records if record.name == "request"]


def test_the_ticket_is_named(world, anna, lines):
    ticket = world.ticket(team=world.first_line)
    anna.get(f"/tickets/{ticket.pk}/")
    assert lines()[-1]["ticket_id"] == ticket.pk
    assert lines()[-1]["user_id"] == world.anna.pk


def test_a_signed_address_of_a_file_is_not(world, anna, client, lines):
    file = files.attach(world.receive(world.ticket(), "x"), [FileContent("a.txt", "text/plain", b"x")])[0]
    address = files.signed_url(file, world.anna)
    assert b"".join(client.get(address).streaming_content) == b"x"
    assert lines()[-1]["path"] == "/files/…/a.txt"


def test_nor_the_link_that_chooses_a_password(world, client, lines):
    client.get("/accounts/password/reset/key/1-abc-def/")
    assert lines()[-1]["path"] == "/accounts/password/reset/key/1-…/"
