"""Nothing typed is lost: signed out, gone back, offline, reloaded, in two windows, refused."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, number_of, send_mail, sign_in
from tests.e2e.test_desk_stories import PETER
from tests.e2e.test_mail_round_trip import write
from tests.e2e.waiting import again, alive, begin, follow, open_ticket, posted
from tests.support.stack import wait_until

SAVED = re.compile("/draft/$")
HTML = "SELECT html FROM tickets_draft WHERE ticket_id = %s"


@pytest.fixture
def ticket(stack, request):
    subject = f"{request.node.name} {time.time_ns()}"
    send_mail(stack, write(subject, "The parcel has not come.", sender=PETER))
    return number_of(stack, subject)


@pytest.fixture
def window(context, ticket):
    """A window of Anna's with the ticket in it. Refusals are the point here: the console tells of them."""
    faults = []

    def opened(*, signs_in=False) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if signs_in:
            sign_in(page)
        open_ticket(page, ticket)
        return page

    yield opened
    assert faults == []


def editor(page):
    return page.locator("trix-editor")


def typed(page, text):
    """Type, and be there when it has been saved."""
    with page.expect_response(SAVED):
        page.keyboard.type(text)


def drafts(stack, ticket):
    return [html for (html,) in stack.ask(HTML, ticket)]


def test_signed_out_in_the_middle_of_a_word(stack, context, window, ticket):
    page = window(signs_in=True)
    begin(page, "r")
    typed(page, "Saved. ")
    context.clear_cookies(name="sessionid")
    page.keyboard.type("Not saved any more, ")
    expect(page.locator("#signed-out")).to_be_visible()
    page.keyboard.type("but kept.")
    posted(page, "**/messages/", lambda: page.keyboard.press("Control+Enter"))
    expect(editor(page)).to_have_text("Saved. Not saved any more, but kept.")
    assert page.url.endswith(f"/tickets/{ticket}/")

    follow(page, page.locator("#signed-out a"))
    page.fill("input[name=login]", "anna@harbor.example")
    page.fill("input[name=password]", PASSWORD)
    with page.expect_response(SAVED):
        follow(page, page.locator("form button.btn-primary"))
    assert page.url.endswith(f"/tickets/{ticket}/")
    expect(editor(page)).to_have_text("Saved. Not saved any more, but kept.")
    wait_until(lambda: "but kept." in drafts(stack, ticket)[0], 30, "it is saved again")


def test_back_shows_the_draft_as_it_is(window, ticket):
    page = window(signs_in=True)
    begin(page, "r")
    typed(page, "A whole paragraph.")
    follow(page, page.locator("nav.rail a[href='/customers/']"))
    with page.expect_navigation():
        page.go_back()
    alive(page)
    expect(editor(page)).to_have_text("A whole paragraph.")


def test_reloading_at_once_loses_no_letter(stack, window, ticket):
    page = window(signs_in=True)
    begin(page, "n")
    page.keyboard.type("To the very last letter")
    page.reload()
    expect(editor(page)).to_have_text("To the very last letter")
    expect(page.locator("input[name=kind][value=note]")).to_be_checked()
    wait_until(lambda: "very last letter" in "".join(drafts(stack, ticket)), 30, "it is saved")
    again(page)
    expect(editor(page)).to_have_text("To the very last letter")


def test_what_was_sent_offline_is_saved_when_the_line_is_back(stack, context, window, ticket):
    page = window(signs_in=True)
    begin(page, "r")
    typed(page, "Before. ")
    context.set_offline(True)
    page.keyboard.type("Meanwhile.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast-error").first).to_be_visible()
    expect(page.locator("#offline")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    wait_until(lambda: "Meanwhile." in drafts(stack, ticket)[0], 30, "it is saved")
    again(page)
    expect(editor(page)).to_have_text("Before. Meanwhile.")


def test_two_windows_do_not_overwrite_each_other(stack, window, ticket):
    one = window(signs_in=True)
    two = window()
    one.bring_to_front()
    begin(one, "r")
    typed(one, "From the first window.")
    two.bring_to_front()
    begin(two, "r")
    typed(two, "From the second.")
    bar = two.locator("[data-elsewhere]")
    expect(bar).to_be_visible()
    assert "first window" in drafts(stack, ticket)[0]
    with two.expect_response(SAVED):
        bar.get_by_role("button", name="Save this one").click()
    expect(bar).to_be_hidden()
    assert "the second" in drafts(stack, ticket)[0]

    one.bring_to_front()
    editor(one).click()
    typed(one, " More.")
    bar = one.locator("[data-elsewhere]")
    expect(bar).to_be_visible()
    follow(one, bar.get_by_role("button", name="Show that one"))
    expect(editor(one)).to_have_text("From the second.")
    begin(one, "r")
    one.keyboard.press("Control+End")
    typed(one, " And on.")
    expect(one.locator("[data-elsewhere]")).to_be_hidden()
    assert "the second. And on." in drafts(stack, ticket)[0]


def test_what_is_refused_stays_open_and_as_typed(window, ticket):
    page = window(signs_in=True)
    page.keyboard.press("r")
    page.locator("#composer-cc").fill("second@example.org third@example.org, nobody")
    editor(page).click()
    page.keyboard.type("To three of you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast-error")).to_contain_text("“nobody” is not an e-mail address.")
    expect(page.locator("#composer-cc")).to_be_focused()
    chips = page.locator("address-field[data-name=cc] .chip")
    expect(chips).to_have_text(["second@example.org", "third@example.org"])
    page.locator("#composer-cc").fill("")

    page.locator("#conversation .msg-customer").hover()
    page.locator("#conversation .msg-customer [data-forward]").evaluate("button => button.click()")
    dialog = page.locator("dialog#forward")
    dialog.locator("textarea").fill("A long letter to somebody outside.")
    dialog.locator("input[name=to]").fill("nobody in particular")
    posted(page, "**/side-threads/", dialog.locator(".btn-primary"))
    expect(page.locator(".toast-error", has_text="nobody in particular")).to_be_visible()
    expect(dialog).to_be_visible()
    expect(dialog.locator("textarea")).to_have_value("A long letter to somebody outside.")


def test_merging_says_so_and_can_be_undone_at_once(stack, window, ticket):
    subject = f"into {time.time_ns()}"
    send_mail(stack, write(subject, "The same parcel.", sender=PETER))
    other = number_of(stack, subject)
    page = window(signs_in=True)
    page.evaluate("document.querySelector('dialog#merge').showModal()")
    page.locator("dialog#merge input[name=number]").fill(str(other))
    posted(page, "**/merge/", page.locator("dialog#merge .btn-primary"))
    page.wait_for_url(f"**/tickets/{other}/")
    said = page.locator(".toast-item", has_text=f"#{ticket} is part of #{other} now.")
    posted(page, "**/removal/", said.get_by_role("button", name="Undo"))
    merged = "SELECT merged_into_id FROM tickets_ticket WHERE id = %s"
    assert stack.ask(merged, ticket) == [(None,)]
