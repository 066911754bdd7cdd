"""A reply that is to leave later, in a real Chromium: set, overtaken by the customer, taken up again."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import number_of, send_mail, sign_in
from tests.e2e.test_desk_stories import PETER, type_reply
from tests.e2e.test_mail_round_trip import write
from tests.e2e.waiting import open_ticket, posted


@pytest.fixture
def first(stack, request):
    """Peter's mail, which has become a ticket."""
    mail = write(f"{request.node.name} {time.time_ns()}", "Is it on its way?", sender=PETER)
    send_mail(stack, mail)
    return mail


def test_the_customer_writes_before_it_leaves(stack, page, errors, first):
    ticket = number_of(stack, first["Subject"])
    sign_in(page)
    open_ticket(page, ticket)
    type_reply(page, "Has it come by now?")
    page.get_by_role("button", name="Send later").click()
    expect(page.get_by_label("Not if the customer writes before")).to_be_checked()
    posted(page, "**/messages/", page.get_by_role("button", name="Tomorrow morning"))
    card = page.locator("#later .later-reply")
    expect(card).to_contain_text("unless the customer writes before")
    expect(card).to_contain_text("Has it come by now?")
    expect(page.locator("trix-editor")).to_have_text("")
    assert page.locator("ticket-view .msg", has_text="Has it come by now?").count() == 0

    again = write(f"Re: {first['Subject']}", "It has come!", sender=PETER, In_Reply_To=first["Message-ID"])
    send_mail(stack, again)
    expect(page.locator("#later .later-reply.is-kept")).to_contain_text("the customer has written")

    posted(page, "**/removal/", page.get_by_role("button", name="Back into the composer"))
    expect(page.locator("#later .later-reply")).to_have_count(0)
    expect(page.locator("trix-editor")).to_contain_text("Has it come by now?")
