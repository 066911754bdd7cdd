"""Filters that mean the opposite, and looking values up, also in a browser without scripts."""

from __future__ import annotations

from html import unescape

from tests.macros.making import macro
from tickets import commands
from tickets.models import Priority, View


def listed(desk, path, *tickets):
    page = unescape(desk.get(path).content.decode())
    return page, [f'id="row-{ticket.pk}"' in page for ticket in tickets]


def test_a_chip_is_turned_by_a_link_and_saved_with_the_view(world, anna):
    spam, other, both = (world.ticket(team=world.first_line) for _ in range(3))
    for ticket in (spam, both):
        commands.add_tag(ticket.pk, name="реклама", actor=world.as_anna)
    commands.add_tag(both.pk, name="vip", actor=world.as_anna)
    path = f"/views/{View.objects.get(key='open').pk}/"
    page, shown = listed(anna, f"{path}?tag=реклама", spam, other, both)
    assert shown == [True, False, True]
    turned = page.split('class="filter-turn" href="')[1].split('"')[0]
    page, shown = listed(anna, turned, spam, other, both)
    assert shown == [False, True, False]
    assert "Tags: not</span> реклама" in page
    # A form without scripts says it by a tick; what both ways say holds together.
    assert listed(anna, f"{path}?tag=реклама&not=tag", spam, other, both)[1] == [False, True, False]
    assert listed(anna, f"{path}?tag=vip&-subject={spam.subject}", spam, other, both)[1] == [
        False,
        False,
        True,
    ]
    form = anna.get(f"{path}filters/?-tag=реклама").content.decode()
    assert 'name="not" value="tag" checked' in form
    form = anna.get(f"{path}filters/?tag=vip&-tag=реклама").content.decode()
    assert 'type="hidden" name="-tag" value="реклама"' in form
    assert 'name="not" value="tag" checked' not in form
    assert "not_in" in anna.get(f"/views/new/?from={path.split('/')[2]}&-tag=реклама").content.decode()


def test_a_list_in_another_order_keeps_its_filters_and_becomes_a_view(world, anna):
    low, high = world.ticket(team=world.first_line), world.ticket(team=world.first_line)
    commands.set_priority(low.pk, priority=Priority.LOW, actor=world.as_anna)
    commands.set_priority(high.pk, priority=Priority.HIGH, actor=world.as_anna)
    view = View.objects.get(key="open")
    own = anna.get(f"/views/{view.pk}/").content.decode()
    assert own.index(f'id="row-{high.pk}"') < own.index(f'id="row-{low.pk}"')
    link = f'href="/views/{view.pk}/?priority=low&amp;priority=high&amp;order=active_at"'
    assert link in anna.get(f"/views/{view.pk}/?priority=low&priority=high").content.decode()
    turned = anna.get(f"/views/{view.pk}/?priority=low&priority=high&order=active_at").content.decode()
    assert turned.index(f'id="row-{low.pk}"') < turned.index(f'id="row-{high.pk}"')
    assert "Last activity, oldest first" in turned
    assert (
        'name="order" value="active_at"'
        in anna.get(f"/views/{view.pk}/filters/?order=active_at").content.decode()
    )
    editor = anna.get(f"/views/new/?from={view.pk}&order=active_at").content.decode()
    assert 'value="active_at" selected' in editor


def test_people_and_macros_are_found_on_pages_of_their_own(world, anna):
    path = f"/views/{View.objects.get(key='open').pk}/filters/"
    form = anna.get(f"{path}?priority=high&assignee-search=boris&find=assignee").content.decode()
    assert f'name="assignee" value="{world.boris.pk}" aria-label="Boris Petrov"' in form
    assert 'value="high" checked' in form  # what was chosen stays
    assert "Maria Weber" not in form

    ticket = world.ticket(team=world.first_line)
    row = macro("Спасибо", ru="<div>Спасибо, <b>{{contact.first_name}}</b>!</div>")
    macro("Чужое", owner=world.boris)
    page = anna.get(f"/tickets/{ticket.pk}/macros/?q=спас").content.decode()
    assert "Чужое" not in page
    assert f'href="/tickets/{ticket.pk}/?macro={row.pk}"' in page
    page = anna.get(f"/tickets/{ticket.pk}/?macro={row.pk}").content.decode()
    assert "Спасибо, Вера!</textarea>" in page
    assert f'name="macro" value="{row.pk}"' in page
    assert "Make one" in anna.get(f"/tickets/{ticket.pk}/macros/?q=нет").content.decode()
