"""To wait as a person does: until what was pressed has been answered, and the page is alive again.

A click that leads to another page is ``follow``ed, one whose answer comes into this page is ``posted``; a
page is looked at afresh with ``again``, never reloaded while it may still be on its way somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.stack import wait_until


def follow(page: Page, link: Locator | Callable[[], object]) -> None:
    """Press what leads to another page, a link or a plain form's button, and be there, scripts alive."""
    with page.expect_navigation(wait_until="load"):
        link.click() if isinstance(link, Locator) else link()


def posted(page: Page, url: str, press: Locator | Callable[[], object]) -> None:
    """Press what posts to ``url`` (a pattern with **) from within the page, until its answer is shown."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and _fits(url, answer.url)
    ) as answered:
        press.click() if isinstance(press, Locator) else press()
    answered.value.finished()
    settled(page)


def _fits(pattern: str, url: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*\*", ".*"), url))


def again(page: Page) -> None:
    """The same address anew."""
    page.wait_for_load_state("load")
    page.goto(page.url.partition("#")[0])


def again_until(page: Page, there: Locator, seconds: float = 60) -> None:
    """Look at a page that does not change by itself until something has come to it."""

    def looked() -> bool:
        if there.count():
            return True
        again(page)
        return bool(there.count())

    wait_until(looked, seconds, f"{there} on {page.url}", every=0.3)
    expect(there.first).to_be_visible()


def settled(page: Page) -> None:
    """What a click brought is on the page, and alive."""
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    page.wait_for_function(f"() => !document.querySelector('{busy}')")


def alive(page: Page) -> None:
    """The page has joined the line and asked once for what it may have missed."""
    page.wait_for_load_state("load")
    page.wait_for_selector("html[data-live=on]")
    settled(page)


def open_ticket(page: Page, number: int) -> None:
    page.goto(f"/tickets/{number}/")
    page.wait_for_selector("trix-editor")
    alive(page)


def begin(page: Page, key: str) -> None:
    """Into the composer by keyboard: ``r`` for a reply, ``n`` for a note."""
    page.keyboard.press(key)
    expect(page.locator("trix-editor")).to_be_focused()
