"""The command palette: where one may go, what it finds, and that it asks no more than the page."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from desk.palette import commands
from desk.settings.menu import PAGES


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def links(page):
    return set(re.findall(r'role="option"[^>]* href="([^"#]+)', page))


def test_it_leads_wherever_one_may_go(world, by):
    for user, sees_settings in ((world.anna, False), (world.oleg, True)):
        desk = by(user)
        for href in links(text(desk.part("/palette/"))):
            assert desk.get(href, follow=True).status_code == 200, href
        assert ("/settings/inboxes/" in links(text(desk.part("/palette/")))) is sees_settings


def test_an_administrator_reaches_every_settings_page(world, by):
    offered = links(text(by(world.oleg).part("/palette/")))
    assert {reverse(page.name) for page in PAGES} <= offered


def test_an_expert_is_offered_no_new_ticket(egor, anna):
    assert "/tickets/new/" in links(text(anna.part("/palette/")))
    assert "/tickets/new/" not in links(text(egor.part("/palette/")))


@pytest.mark.parametrize("typed", ["{}", "%23{}"])
def test_a_number_is_that_ticket(world, anna, typed):
    ticket = world.ticket(team=world.first_line)
    hidden = world.ticket(team=world.second_line)
    assert f"/tickets/{ticket.pk}/" in links(text(anna.part(f"/palette/found/?q={typed.format(ticket.pk)}")))
    assert f"/tickets/{hidden.pk}/" not in text(anna.part(f"/palette/found/?q={typed.format(hidden.pk)}"))


def test_words_find_a_few_of_each_and_only_ones_own(world, anna):
    for number in range(7):
        world.ticket("Бойлер", subject=f"Бойлер {number}", team=world.first_line)
    secret = world.ticket("Бойлер", team=world.second_line, requester=world.peter)
    page = text(anna.part("/palette/found/?q=бойлеры"))
    assert len([href for href in links(page) if href.startswith("/tickets/")]) == 5
    assert f"/tickets/{secret.pk}/" not in page
    assert f"/customers/{world.vera.pk}/" in text(anna.part("/palette/found/?q=елкина"))
    assert f"/customers/{world.peter.pk}/" not in text(anna.part("/palette/found/?q=peter"))
    assert f"/organizations/{world.organization.pk}/" in text(anna.part("/palette/found/?q=северг"))


@pytest.mark.parametrize("odd", ["", "%00", "²", "9" * 30, "'", "%22", "-", "from:", "я" * 2000])
def test_odd_words_break_nothing(world, anna, odd):
    world.ticket(team=world.first_line)
    assert anna.part(f"/palette/found/?q={odd}").status_code == 200


def test_whatever_it_presses_on_a_ticket_is_there(world, anna, rf):
    """A command whose control has moved away would silently never be offered again."""
    ticket = world.ticket(team=world.first_line)
    page = text(anna.get(f"/tickets/{ticket.pk}/"))
    request = rf.get("/")
    request.user = world.anna
    for command in dict(commands(request))["This ticket"]:
        for name in [command.opens, *re.findall(r"#([\w-]+)", command.needs + command.click)]:
            assert not name or f'id="{name}"' in page, command.words
        for attribute in re.findall(r'hx-post\$="([^"]+)"', command.click):
            assert command.words in {"Wake now", "Stop following", "Not spam"} or attribute in page


def test_every_page_of_the_desk_has_it(world, anna):
    page = text(anna.get("/search/"))
    assert "<command-palette" in page
    assert "<kbd>K</kbd>" in page
