"""A customer in the portal: a code by mail, an answer without a reload, a reply, solved."""

from __future__ import annotations

import re
import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE, send_mail, sign_in, watch
from tests.e2e.waiting import again_until, follow, settled
from tests.support.stack import wait_until

ADDRESS = "nora@tidewater.example"


@pytest.fixture
def customer(browser, stack, errors):
    """Nora's browser, which has nothing to do with anybody's at the desk."""
    context = browser.new_context(
        base_url=stack.base_url, viewport={"width": 390, "height": 844}, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch(page, errors)
    yield page
    context.close()


def code_for(office, address):
    """The code in the newest mail of system mail to somebody."""
    mails = [mail for mail in office.mails if mail.recipients == [address]]
    found = re.search(r"(\d{6}) is your code", str(mails[-1].message["Subject"])) if mails else None
    return found.group(1) if found else None


def test_from_the_code_to_solved(stack, sink, office, page, customer):
    stack.manage("shell", "-v0", "-c", "from tickets.models import Brand; Brand.objects.filter(slug='harbor')"
                 ".update(portal_is_on=True)")  # fmt: skip
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Nora Quist <{ADDRESS}>", "support@harbor.example"
    mail["Subject"], mail["Message-ID"] = "The steamer hisses", f"<{time.time_ns()}@client.example>"
    mail.set_content("It hisses and will not stop.\n\nNora")
    send_mail(stack, mail)

    # She signs in by the code that comes by mail, and is led to where she wanted to go.
    customer.goto("/portal/harbor/requests/")
    customer.get_by_label("E-mail address").fill(ADDRESS)
    customer.get_by_role("button", name="Send me a code").click()
    code = wait_until(lambda: code_for(office, ADDRESS), 60, "the code arrives")
    customer.get_by_label("Code").fill(str(code))
    follow(customer, customer.get_by_role("button", name="Sign in"))
    request = customer.get_by_text("The steamer hisses")
    again_until(customer, request)
    follow(customer, request)
    expect(customer.locator("#status-words")).to_contain_text("Received")
    expect(customer.locator("#request-messages")).to_contain_text("will not stop")
    number = re.search(r"/requests/(\d+)/", customer.url).group(1)
    customer.wait_for_function("document.documentElement.dataset.live === 'on'")
    customer.evaluate("window.notReloaded = true")
    customer.get_by_label("Your message").fill("I was typing this")

    # Anna answers at the desk; it appears by itself, and what Nora types stays.
    sign_in(page)
    page.goto(f"/tickets/{number}/")
    page.wait_for_selector("#composer-form trix-editor")
    settled(page)
    page.locator("trix-editor").click()
    page.keyboard.type("Please close the valve for a minute.")
    page.keyboard.press("Control+Enter")
    expect(customer.locator("#request-messages")).to_contain_text("Please close the valve", timeout=60_000)
    expect(customer.locator("#request-messages")).to_contain_text("Anna Lind")
    expect(customer.locator("#status-words")).to_contain_text("In work")
    assert customer.evaluate("window.notReloaded") is True
    assert customer.get_by_label("Your message").input_value() == "I was typing this"

    # The mail about it leads to the same page.
    def answers():
        hers = [one for one in sink.mails if one.recipients == [ADDRESS]]
        return [one for one in hers if not one.message["Auto-Submitted"]]

    (answer,) = wait_until(answers, 60, "the answer by mail")
    assert f"/portal/harbor/requests/{number}/" in answer.message.get_body(("plain",)).get_content()

    # She replies with a picture; Anna sees it without a reload.
    customer.get_by_label("Your message").fill("That was it!")
    customer.set_input_files(
        "input[type=file]", files=[{"name": "valve.png", "mimeType": "image/png", "buffer": b"\x89PNG"}]
    )
    expect(customer.locator(".f-files")).to_contain_text("valve.png")
    customer.get_by_role("button", name="Send", exact=True).click()
    expect(customer.locator("#request-messages")).to_contain_text("That was it!")
    expect(customer.locator("#request-messages")).to_contain_text("valve.png")
    expect(page.locator("#ticket")).to_contain_text("That was it!")

    # Solved: both see it.
    customer.get_by_role("button", name="Solved, thank you").click()
    expect(customer.locator("#status-words")).to_contain_text("Solved")
    customer.get_by_role("button", name="This did not help").wait_for()
    page.goto(f"/tickets/{number}/")
    expect(page.locator("#ticket")).to_contain_text("Solved")
