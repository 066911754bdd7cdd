"""A wave of letters in a real Chromium: all of a view chosen by keyboard, changed, and brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in
from tests.e2e.waiting import alive, posted, settled
from tests.support.stack import wait_until

WAVE = """
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.models import Team, User
from tickets import commands
from tickets.models import Brand, Category, View
from tickets.status import default_status
brand, team, anna = Brand.objects.get(slug="harbor"), Team.objects.first(), User.objects.get(name="Anna Lind")
many = resolve_contact("email", "many@severgrad.example", name="Many Letters")
for number in range(60):
    ticket = commands.open_ticket(
        brand=brand, channel="email", requester=many, actor=Actor.system("seed"),
        subject=f"NAME {number}", team=team,
    )
    commands.set_status(ticket.pk, status=default_status(Category.OPEN), actor=Actor.user(anna))
name = {"field": "subject", "op": "contains", "value": "NAME"}
open_ = {"field": "category", "op": "is", "value": "open"}
view = View.objects.create(labels={"en": "NAME"}, owner=anna, conditions={"all": [name, open_]})
print(view.pk)
"""


@pytest.fixture
def wave(stack, request):
    """Sixty letters that came at once, and Anna's view of them: its number."""
    name = re.sub(r"\W", "", request.node.name)
    return int(stack.manage("shell", "-c", WAVE.replace("NAME", name)).split()[-1])


def look_at(page, wave):
    sign_in(page)
    page.goto(f"/views/{wave}/")
    alive(page)


def set_priority(page, name):
    page.locator("#selection [popovertarget=selection-priority]").click()
    chosen = page.locator("#selection-priority .menu-item", has_text=name)
    posted(page, "**/selection/priority/", chosen)


def test_all_of_a_view_by_keyboard_and_back(stack, page, wave):
    look_at(page, wave)
    page.keyboard.press("Shift+X")
    offer = page.get_by_role("button", name="Select all 60 tickets of this view")
    expect(offer).to_be_visible()
    page.keyboard.press("Shift+X")
    expect(page.locator("#selection-whole")).to_contain_text("All 60 tickets of this view are selected.")
    set_priority(page, "Urgent")
    bar = page.locator("#bulk-bar")
    expect(bar).to_contain_text("60 tickets changed.")
    assert stack.ask("SELECT count(*) FROM tickets_ticket WHERE priority = 4") >= [(60,)]
    posted(page, "**/undo/", bar.get_by_role("button", name="Undo"))
    expect(bar).to_contain_text("Undo: Priority: Urgent")
    expect(bar).to_contain_text("Undone: 60 tickets.")
    posted(page, "**/dismissal/", bar.get_by_role("button", name="Put away"))
    expect(bar.locator(".bulk-line")).to_have_count(0)


def test_a_toast_stands_above_the_jobs_under_the_list(stack, page, wave):
    look_at(page, wave)
    page.keyboard.press("Shift+X")
    page.get_by_role("button", name="Select all 60 tickets of this view").click()
    set_priority(page, "Low")
    bar, toasts = page.locator("#bulk-bar"), page.locator("#toasts")
    expect(bar).to_contain_text("60 tickets changed.")
    page.locator("#rows .ticket-row input[name=ticket]").first.check()
    posted(page, "**/selection/assignment/", page.locator("#selection .selection-quick", has_text="To me"))
    expect(toasts).to_contain_text("1 ticket changed.")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            "() => { const box = (id) => document.getElementById(id).getBoundingClientRect();"
            " return box('bulk-bar').height > 0 && box('toasts').bottom <= box('bulk-bar').top; }"
        )
        expect(toasts).to_be_visible()
    posted(page, "**/undo/", toasts.get_by_role("button", name="Undo"))
    expect(toasts).to_contain_text("Undone: 1 ticket.")


# Rows alone: nothing has to be said in them to be changed.
MANY = """
from people.models import User
from tests.support.many import multiply
from tickets.models import Ticket, View
view = View.objects.get(pk=WAVE)
name = view.conditions["all"][0]["value"]
multiply([Ticket.objects.filter(subject__startswith=name).first()], 1940)
"""


def test_ticking_one_off_leaves_what_is_shown(stack, page, wave):
    look_at(page, wave)
    page.keyboard.press("Control+A")
    page.get_by_role("button", name="Select all 60 tickets of this view").click()
    expect(page.locator(".selection-count")).to_have_text("Selected: 60")
    page.locator("#rows .ticket-row input[name=ticket]").first.uncheck()
    expect(page.locator("#selection-whole")).to_be_hidden()
    expect(page.locator("#selection input[name=all]")).to_have_value("")
    posted(page, "**/selection/spam/", lambda: spam(page))
    # What ends at once is told by a toast, what does not by the bar.
    told = page.locator("#toasts, #bulk-bar").filter(has_text="49 tickets changed.").first
    expect(told).to_be_visible()
    spam_now = "SELECT count(*) FROM tickets_ticket WHERE is_spam AND subject LIKE 'test_ticking%%'"
    assert stack.ask(spam_now) == [(49,)]
    posted(page, "**/undo/", told.get_by_role("button", name="Undo"))
    wait_until(lambda: stack.ask(spam_now) == [(0,)], what="all of them are back")


def spam(page):
    page.locator("#selection [popovertarget=selection-more]").click()
    page.locator("#selection-more .menu-item", has_text="Mark as spam").click()


def test_the_next_ticket_opens_when_one_is_solved(stack, page, wave):
    stack.ask("UPDATE people_user SET next_when_done = true WHERE name = 'Anna Lind'")
    try:
        sign_in(page)
        page.goto(f"/views/{wave}/")
        alive(page)
        first, second = (
            page.locator("#rows .ticket-row").nth(at).get_attribute("data-id") or "" for at in range(2)
        )
        page.locator(f"#row-{first} .row-main").click()
        page.wait_for_selector(f"ticket-view[data-ticket='{first}']")
        settled(page)
        page.keyboard.press("s")
        page.locator("#head-status .menu-item", has_text="Solved").click()
        page.wait_for_selector(f"ticket-view[data-ticket='{second}']")
        expect(page).to_have_url(re.compile(f"/tickets/{second}/"))
        # Undone from there, the ticket that is open stays as it is.
        posted(
            page, f"**/tickets/{first}/status/", page.locator("#toasts").get_by_role("button", name="Undo")
        )
        expect(page.locator("#ticket-head .ticket-number")).to_have_text(f"#{second}")
    finally:
        stack.ask("UPDATE people_user SET next_when_done = false")


def test_two_thousand_tickets_show_how_far_they_are_and_come_back(stack, page, wave):
    stack.manage("shell", "-v0", "-c", MANY.replace("WAVE", str(wave)))
    look_at(page, wave)
    page.keyboard.press("Shift+X")
    expect(page.get_by_role("button", name="Select all")).to_contain_text("tickets of this view")
    page.keyboard.press("Shift+X")
    set_priority(page, "High")
    bar = page.locator("#bulk-bar")
    steps = bar.locator("progress")
    expect(steps).to_have_attribute("max", "2000")
    page.wait_for_function(
        "() => { const bar = document.querySelector('#bulk-bar progress'); return !bar || bar.value > 0; }"
    )
    # The page stays alive meanwhile, and shows when it is over.
    page.locator("#rows .ticket-row").nth(3).locator(".row-main").click()
    page.wait_for_selector("trix-editor")
    ended = 300_000  # ms: two thousand verbs with all that follows, on whatever machine
    expect(bar).to_contain_text("2,000 tickets changed.", timeout=ended)
    changed = "SELECT count(*) FROM tickets_ticket WHERE priority = 3 AND subject LIKE %s"
    name = "test_two_thousand_tickets%"
    assert stack.ask(changed, name) == [(2000,)]
    line = bar.locator(".bulk-line", has_text="Priority: High")  # stories before this one have left theirs
    posted(page, "**/undo/", line.get_by_role("button", name="Undo"))
    expect(bar).to_contain_text("Undo: Priority: High")
    undone = bar.locator(".bulk-line", has_text="Undo: Priority: High")
    expect(undone).to_contain_text("Undone: 2,000 tickets.", timeout=ended)
    assert stack.ask(changed, name) == [(0,)]
    # What follows from four thousand changes would keep the stories after this one waiting.
    heard = "SELECT count(*) FROM journal_delivery WHERE NOT parked"
    wait_until(lambda: stack.ask(heard)[0][0] < 50, 300, "everybody has heard of it", every=1)
