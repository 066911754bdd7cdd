"""The command palette and the search box by keyboard alone, in a real Chromium."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import number_of, send_mail, sign_in
from tests.e2e.test_mail_round_trip import write
from tests.e2e.waiting import open_ticket

PETER = "Peter Brook <peter@severgrad.example>"


@pytest.fixture
def ticket(stack, request):
    subject = f"{request.node.name} {time.time_ns()}"
    send_mail(stack, write(subject, "The boiler leaks.", sender=PETER))
    return number_of(stack, subject)


def test_anything_by_its_name(page, ticket, errors):
    sign_in(page, "anna")
    palette = page.get_by_role("dialog", name="Command palette")

    # A number and Enter, typed in one go.
    page.keyboard.press("Control+k")
    expect(palette).to_be_visible()
    page.keyboard.type(str(ticket))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{ticket}/**")

    # What can be done with the ticket, by the control that is there anyway.
    page.keyboard.press("Control+k")
    page.keyboard.type("assign to me")
    expect(palette.get_by_role("option", name="Assign to me")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#side-assignee, [popovertarget=side-assignee]").first).to_contain_text("Anna")
    page.keyboard.press("Control+k")
    page.keyboard.type("assign")
    expect(palette.get_by_role("option", name="Assign …")).to_be_visible()
    expect(palette.get_by_role("option", name="Assign to me")).to_be_hidden()

    # The arrows choose, Escape leaves; nothing of it is remembered.
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_have_value("")
    page.keyboard.type("theme")
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("option", name="Theme: dark")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_operators_are_completed_and_searches_remembered(page, ticket, errors):
    sign_in(page, "anna")
    page.goto("/search/")
    box = page.get_by_role("combobox", name="Search tickets, customers and organisations")
    box.press_sequentially("boiler fr")
    page.get_by_role("option", name="from:").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("boiler from:")
    box.press_sequentially("broo")
    page.get_by_role("option", name="Peter Brook").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value('boiler from:"Peter Brook" ')
    page.keyboard.press("Enter")
    page.locator(f'#results a[href*="/tickets/{ticket}/"] mark', has_text="boiler").first.wait_for()

    page.goto("/search/")
    page.get_by_role("link", name='boiler from:"Peter Brook"').wait_for()


def test_it_leaves_the_editors_link_alone(page, ticket, errors):
    sign_in(page, "anna")
    open_ticket(page, ticket)
    page.locator("trix-editor").click()
    page.keyboard.type("see here")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Command palette")).to_be_hidden()
    page.keyboard.press("ArrowRight")
