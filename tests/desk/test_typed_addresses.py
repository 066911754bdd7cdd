"""Addresses that somebody types, or is left with after cutting one short: never a bare fragment."""

from __future__ import annotations

import pytest

TYPED = {
    "/views/": "/",
    "/views/?current=1": "/",
    "/list/": "/",
    "/palette/": "/",
    "/contacts/": "/customers/",
    "/contacts/?q=vera": "/customers/",
    "/availability/": "/profile/",
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.items())
def test_a_fragment_typed_as_an_address_leads_to_its_page(world, anna, typed, expected):
    world.ticket(team=world.first_line)
    answer = anna.get(typed)
    assert (answer.status_code, answer["Location"]) == (302, expected)
    page = anna.get(typed, follow=True)
    assert page.status_code == 200
    assert "<!doctype html>" in page.content.decode()
    part = anna.part(typed)
    assert part.status_code == 200
    assert "<!doctype html>" not in part.content.decode()


def test_what_is_left_of_a_tickets_address_leads_to_the_desk(world, anna, client):
    page = anna.get("/tickets/", follow=True)
    assert page.redirect_chain == [(first := anna.get("/")["Location"], 302)]
    assert first.startswith("/views/")
    assert client.get("/tickets/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "path",
    ["/", "/tickets/", "/views/", "/list/", "/search/", "/customers/", "/contacts/", "/organizations/",
     "/problems/", "/macros/", "/notices/", "/bulk/", "/palette/", "/chats/", "/profile/", "/availability/",
     "/settings/"],
)  # fmt: skip
def test_a_natural_address_is_a_whole_page(world, by, path):
    page = by(world.oleg).get(path, follow=True)
    assert page.status_code == 200
    assert 'rel="stylesheet"' in page.content.decode()
