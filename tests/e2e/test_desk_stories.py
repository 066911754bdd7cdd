"""Agents at the desk in a real Chromium: collision, presence, undo, experts, keyboard, a failing broker."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD, PATIENCE, UNDO, number_of, send_mail, sign_in, watch
from tests.e2e.test_mail_round_trip import write
from tests.e2e.waiting import alive, begin, follow, open_ticket, settled
from tests.support.load import allowed
from tests.support.stack import wait_until

# Not Vera: her share of automatic mail belongs to the story of the round trip.
PETER = "Peter Brook <peter@severgrad.example>"


@pytest.fixture
def ticket(stack, request):
    """A fresh ticket of Peter's, by mail; its number."""
    subject = f"{request.node.name} {time.time_ns()}"
    send_mail(stack, write(subject, "My order has not come.", sender=PETER))
    return number_of(stack, subject)


def type_reply(page, text):
    page.locator("trix-editor").click()
    expect(page.locator("trix-editor")).to_be_focused()
    page.keyboard.type(text)


def test_two_agents_see_each_other_and_do_not_collide(browser, stack, context, page, errors, ticket):
    sign_in(page, "anna")
    open_ticket(page, ticket)
    second = browser.new_context(base_url=stack.base_url, viewport={"width": 1440, "height": 900})
    second.set_default_timeout(PATIENCE)
    other = second.new_page()
    watch(other, errors)
    soon = allowed(3) * 1000
    try:
        sign_in(other, "boris")
        open_ticket(other, ticket)
        # Within three seconds each sees the other, and that the other is replying.
        page.locator("ticket-presence .avatar", has_text="BP").first.wait_for(timeout=soon)
        type_reply(other, "Ваш заказ уже в пути")
        page.locator("ticket-presence", has_text="Boris Petrov").first.wait_for(timeout=soon)

        type_reply(page, "Your order is on its way")
        other.keyboard.press("Control+Enter")
        other.locator(".msg", has_text="Ваш заказ уже в пути").wait_for()

        # Anna had not seen it when she began: nothing is sent, what is newer is shown, one key sends anyway.
        page.keyboard.press("Control+Enter")
        box = page.locator("#composer-collision .collision-box")
        box.wait_for()
        assert "Ваш заказ уже в пути" in box.inner_text()
        assert page.locator("ticket-view .msg", has_text="Your order is on its way").count() == 0
        assert "Your order is on its way" in page.locator("trix-editor").inner_text(), (
            "what was typed is kept"
        )
        page.locator("[data-anyway]").click()
        page.locator("ticket-view .msg", has_text="Your order is on its way").wait_for()
        errors[:] = [words for words in errors if "422" not in words]  # the refusal itself
    finally:
        second.close()


def test_send_can_be_undone(stack, sink, page, ticket):
    sign_in(page)
    open_ticket(page, ticket)
    type_reply(page, "Sent by mistake")
    page.keyboard.press("Control+Enter")
    page.locator("undo-clock button").first.click()
    page.locator(".msg.is-withdrawn", has_text="Sent by mistake").wait_for()
    time.sleep(UNDO + 2)
    assert not any("Sent by mistake" in mail.raw.decode("utf-8", "replace") for mail in sink.mails)


def test_a_draft_survives_the_browser(browser, stack, page, ticket):
    sign_in(page)
    open_ticket(page, ticket)
    type_reply(page, "Half of an answer")
    page.locator("[data-state]", has_text="Draft saved").wait_for()
    fresh = browser.new_context(base_url=stack.base_url)
    fresh.set_default_timeout(PATIENCE)
    try:
        again = fresh.new_page()
        sign_in(again)
        again.goto(f"/tickets/{ticket}/")
        again.locator("trix-editor", has_text="Half of an answer").wait_for()
    finally:
        fresh.close()


def test_an_expert_writes_notes_only(page, ticket):
    sign_in(page, "egor")
    open_ticket(page, ticket)
    assert page.locator("input[name=kind][value=reply]").count() == 0
    type_reply(page, "Ask for the serial number")
    page.keyboard.press("Control+Enter")
    page.locator(".msg-note", has_text="Ask for the serial number").wait_for()


def test_a_customer_does_not_get_in(page, errors):
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "carla@harbor.example")
    page.fill("input[name=password]", PASSWORD)
    follow(page, page.locator("form button.btn-primary"))
    assert page.locator("#rows").count() == 0
    answer = page.goto("/views/4/")
    assert answer.status in {403, 404}
    errors.clear()


def test_by_keyboard_alone(page, ticket):
    """Open, note, priority, assign to oneself, next: not one mouse event."""
    sign_in(page)
    page.goto("/views/4/")
    alive(page)
    page.evaluate("""
        window.mice = 0;
        for (const kind of ['mousedown', 'pointerdown']) addEventListener(kind, () => window.mice++, true);
    """)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("trix-editor")
    settled(page)
    begin(page, "n")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Control+Enter")
    page.locator(".msg-note", has_text="By keyboard").wait_for()
    settled(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    page.wait_for_selector(".menu:popover-open")
    settled(page)
    page.keyboard.press("Escape")
    expect(page.locator(".menu:popover-open")).to_have_count(0)
    page.keyboard.press("?")
    page.wait_for_selector("#keyboard-help[open]")
    page.keyboard.press("Escape")
    assert page.evaluate("window.mice") == 0


def test_a_frozen_broker_holds_up_no_reply_and_pages_come_back(stack, sink, page, errors, ticket):
    sign_in(page)
    open_ticket(page, ticket)
    broker = stack.services.valkey.freeze()
    try:
        type_reply(page, "Written while the broker was frozen")
        began = time.monotonic()
        with page.expect_response(lambda response: response.url.endswith("/messages/")) as answered:
            page.keyboard.press("Control+Enter")
        assert answered.value.status == 200
        assert time.monotonic() - began < allowed(1.0), "a reply posts in under a second"
        page.locator(".msg", has_text="Written while the broker was frozen").wait_for()
    finally:
        stack.services.valkey.thaw(broker)
    wait_until(
        lambda: any(
            "Written while the broker was frozen" in mail.raw.decode("utf-8", "replace")
            for mail in sink.mails
        ),
        60,
        "the reply leaves once the broker is back",
    )
    errors.clear()


def test_pages_update_again_after_the_broker_was_flushed(stack, page, errors, ticket):
    sign_in(page)
    page.goto("/views/4/")
    alive(page)
    stack.services.valkey.flush()
    subject = f"after the flush {time.time_ns()}"
    send_mail(stack, write(subject, "Hello", sender=PETER))
    page.locator("#rows .ticket-row", has_text=subject).wait_for(timeout=allowed(10) * 1000)
    errors.clear()


def test_who_is_quicker_than_the_page_loses_nothing(stack, page, errors, ticket):
    """What has just come is not wired yet, here for a minute: pressed, it answers into the page."""
    sign_in(page, "anna")
    open_ticket(page, ticket)
    page.evaluate("() => { htmx.config.defaultSettleDelay = 60000; window.same = true; }")
    change = f"""
from journal.actor import Actor
from tickets import commands
commands.set_priority({ticket}, priority=4, actor=Actor.system("test"))
"""
    stack.manage("shell", "-v0", "-c", change)
    page.locator("#side .properties", has_text="Urgent").wait_for()
    page.keyboard.press("p")
    with page.expect_request(lambda request: request.url.endswith("/priority/")) as asked:
        page.locator("#side-priority:popover-open .menu-item", has_text="Low").click()
    assert asked.value.headers.get("hx-request") == "true"
    page.locator("#side .properties", has_text="Low").wait_for()
    assert page.evaluate("() => window.same"), "the page was loaded anew"
