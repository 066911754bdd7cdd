"""Clocks, promises, mentions and passing on, in a real Chromium: what the scripts do by themselves."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in
from tests.e2e.test_desk_stories import ticket  # noqa: F401  # a fixture
from tests.e2e.waiting import again, begin, open_ticket, posted, settled

NAMES = ("Everybody", "Second", "Third")
POLICIES = f"""
from django.db import models
from journal.actor import Actor
from sla.commands import save_policy
from sla.models import Policy
from calendars.starter import make_calendar
make_calendar(zone="UTC")
for name in {NAMES}:
    if not Policy.objects.filter(name=name).exists():
        one = dict(seconds=dict(normal=7200), business=False, pauses=[], warn_percent=80)
        targets = dict(first_response=one, next_response=one)
        system = Actor.system("test")
        save_policy(None, name=name, conditions=dict(), calendar=None, targets=targets, actor=system)
Policy.objects.exclude(name__in={NAMES}).update(position=models.F("position") + 3)
for place, name in enumerate({NAMES}):
    Policy.objects.filter(name=name).update(is_active=True, position=place)
"""


@pytest.fixture
def policies(stack):
    """In force, before all others, during the test only: other stories have policies of their own."""
    stack.manage("shell", "-v0", "-c", POLICIES)
    yield
    stack.ask("UPDATE sla_policy SET is_active = false WHERE name IN %s", NAMES)


def seconds(text):
    """ "1h 59m" or "4m 3s", whatever the spaces are."""
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)\s*([hms])", text))


def test_a_promise_is_said_in_the_letter_and_counted_on_the_ticket(stack, policies, page, ticket):  # noqa: F811
    sign_in(page)
    open_ticket(page, ticket)
    countdown = page.locator("#panel-clocks sla-countdown[what='First response'] [data-left]")
    expect(countdown).to_have_text(re.compile(r"\d"))
    assert 7000 < seconds(countdown.inner_text()) <= 7200
    page.locator("drop-down:has(#composer-promises) > button").click()
    page.locator("[data-promise]").nth(1).wait_for()
    settled(page)
    page.locator("[data-promise]").nth(1).click()
    page.locator("trix-editor", has_text="I will come back to you by").wait_for()
    # The draft comes back after a reload, and with it the promise.
    page.locator("[data-state]", has_text="Draft saved").wait_for()
    again(page)
    page.locator("[data-promise-chip]:not([hidden])").wait_for()
    page.locator("[data-send]").first.click()
    page.locator("#panel-clocks .clock", has_text="Promise").wait_for()
    sql = """SELECT message.kind FROM sla_promise promise JOIN tickets_message message
               ON message.id = promise.message_id WHERE promise.ticket_id = %s"""
    assert stack.ask(sql, ticket) == [("reply",)]
    # The reply met the first response; the promise runs on.
    page.locator("#clocks-ended", has_text="Ended").wait_for()


def test_a_countdown_goes_below_nought_by_itself(stack, policies, page, ticket):  # noqa: F811
    sign_in(page)
    due = f"""
from datetime import timedelta
from common import clock
from journal.actor import Actor
from sla.commands import set_due
due_at = clock.now() + timedelta(seconds=6)
set_due({ticket}, target="first_response", due_at=due_at, reason="soon", actor=Actor.system("test"))
"""
    stack.manage("shell", "-v0", "-c", due)
    open_ticket(page, ticket)
    late = page.locator("#panel-clocks [data-clock=overdue] sla-countdown[what='First response']")
    late.wait_for()
    expect(late.locator("[data-left]")).to_have_text(re.compile("^−"))
    before = late.locator("[data-left]").inner_text()
    expect(late.locator("[data-left]")).not_to_have_text(before)


TOLD_BEFORE = """
() => {
  const one = document.createElement("sla-countdown");
  const at = 1_800_000_000;
  const values = { state: "running", what: "Answer", at, told: at + 240, left: 360, hours: "all", exact: "" };
  for (const [name, value] of Object.entries(values)) one.setAttribute(name, value);
  one.innerHTML = "<span data-left></span>";
  document.body.append(one);
  window.one = one;
}
"""


def test_a_countdown_that_was_drawn_before_goes_on_from_when_it_is_told(stack, page):
    """Rows of lists are kept as they were drawn, and moved about."""
    sign_in(page)
    page.evaluate(TOLD_BEFORE)
    words = page.locator("body > sla-countdown [data-left]")
    assert 110 < seconds(words.inner_text()) <= 120, "of six minutes four had passed"
    before = words.inner_text()
    expect(words).not_to_have_text(before)
    page.evaluate("() => document.body.prepend(window.one)")
    assert seconds(words.inner_text()) < 120, "to be moved is not to begin anew"


def test_earlier_clocks_stay_while_things_happen(stack, policies, page, ticket):  # noqa: F811
    talk = f"""
from journal.actor import Actor
from people.models import User
from tickets import commands
from tickets.content import Content
from tickets.models import Ticket
one, anna = Ticket.objects.get(pk={ticket}), User.objects.get(name="Anna Lind")
for number in range(9):
    commands.post_reply(one.pk, user=anna, content=Content(text=f"Answer {{number}}"))
    commands.receive_message(
        one.pk, content=Content(text="And now?"), contact=one.requester, channel="email",
        actor=Actor.contact(one.requester),
    )
"""
    stack.manage("shell", "-v0", "-c", talk)
    sign_in(page)
    open_ticket(page, ticket)
    page.locator("#clocks-ended > summary").click()
    page.locator("#clocks-earlier a").click()
    earlier = page.locator("#clocks-ended .clock.is-earlier")
    expect(earlier).to_have_count(3)
    earlier.last.locator("summary").click()
    expect(earlier.last.locator("details")).to_have_attribute("open", "")
    change = f"""
from journal.actor import Actor
from tickets import commands
commands.set_priority({ticket}, priority=4, actor=Actor.system("test"))
"""
    stack.manage("shell", "-v0", "-c", change)
    page.locator("#side .properties", has_text="Urgent").wait_for()
    expect(earlier).to_have_count(3)
    expect(page.locator("#clocks-earlier")).to_have_count(0)
    expect(earlier.last.locator("details")).to_have_attribute("open", "")


def test_at_names_a_colleague_in_a_note_and_not_in_a_reply(stack, page, ticket):  # noqa: F811
    sign_in(page)
    open_ticket(page, ticket)
    asked = []
    page.on("request", lambda request: "/colleagues/" in request.url and asked.append(request.url))
    begin(page, "r")
    page.keyboard.type("Hello @ege")
    page.keyboard.press("Escape")
    begin(page, "n")
    page.keyboard.type("Please look, @bor")
    page.locator("#mentions [role=option]", has_text="Boris Petrov").wait_for()
    assert asked and not any("q=eg" in url for url in asked), "of the reply nobody was asked"
    page.keyboard.press("Enter")
    page.keyboard.type("today")
    page.locator("trix-editor", has_text="@Boris Petrov today").wait_for()


def test_what_is_typed_survives_what_a_colleague_changes(stack, page, ticket):  # noqa: F811
    sign_in(page)
    open_ticket(page, ticket)
    page.locator("drop-down:has(#head-menu) > button").click()
    page.get_by_text("Write a private summary").click()
    page.fill("#summary-field", "Still writing")
    change = f"""
from journal.actor import Actor
from tickets import commands
commands.set_priority({ticket}, priority=4, actor=Actor.system("test"))
"""
    stack.manage("shell", "-v0", "-c", change)
    page.locator("#side .properties", has_text="Urgent").wait_for()
    assert page.input_value("#summary-field") == "Still writing"
    page.locator(".summary-form [type=submit]").click()
    page.locator("#summary .summary-text", has_text="Still writing").wait_for()


def test_policies_are_dragged_and_stepped_into_order(stack, policies, page):
    def order():
        sql = "SELECT name FROM sla_policy WHERE name IN %s ORDER BY position"
        return [name for (name,) in stack.ask(sql, NAMES)]

    sign_in(page, "oleg")
    page.goto("/settings/sla/")
    handles = page.locator(".sort-handle")
    first, last = handles.nth(0).bounding_box(), handles.nth(2).bounding_box()
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 5, last["y"] + last["height"] + 20, steps=8)
    posted(page, "**/settings/sla/order/", page.mouse.up)
    assert order() == ["Second", "Third", "Everybody"]
    page.locator(".sort-row").nth(2).locator("[data-move=up]").focus()
    posted(page, "**/settings/sla/order/", lambda: page.keyboard.press("Enter"))
    page.locator("sort-list [role=status]", has_text="Place 2 of").wait_for()
    assert order() == ["Second", "Everybody", "Third"]
