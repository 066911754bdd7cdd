"""A form from the portal to the agent and back: filled in, put right, confirmed, answered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PATIENCE, sign_in, watch
from tests.e2e.test_accessible import findings
from tests.e2e.waiting import again, open_ticket
from tests.support.stack import wait_until

SEED = """
from channels_in import form_fields
from journal.actor import Actor
from tickets.models import Brand, Service
brand = Brand.objects.get(slug="harbor")
brand.portal_is_on = True
brand.save()
service = Service.objects.create(labels={"en": "Machine repair", "ru": "Ремонт"}, brand=brand, icon="tool")
def add(kind, label, **more):
    return form_fields.add_field(
        service.pk, actor=Actor.system("seed"), kind=kind, labels={"en": label}, **more
    )
model = add("choice", "Which model?", key="model", required=True, choices=[
    {"value": "x5", "labels": {"en": "X5"}}, {"value": "x6", "labels": {"en": "X6"}}])
add("text", "Which milk module?", key="module", required=True, shown_by=model, shown_values=["x6"])
add("text", "What happened?", key="what", required=True, fills="subject")
add("long_text", "Details", key="details", fills="details")
add("file", "Pictures", key="pictures")
add("consent", "I agree", key="agree", required=True)
"""

# A screenshot in the clipboard, as the browser hands it to the page.
PASTE = """
async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 60;
  canvas.height = 40;
  canvas.getContext("2d").fillRect(0, 0, 60, 40);
  const picture = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([picture], "image.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
}
"""


@pytest.fixture(scope="module")
def shop(stack):
    stack.manage("shell", "-v0", "-c", SEED)
    return stack


@pytest.fixture
def customer(browser: Browser, shop, errors):
    context = browser.new_context(
        base_url=shop.base_url, viewport={"width": 390, "height": 844}, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch(page, errors)
    yield page
    context.close()
    assert [words for words in errors if "422" not in words] == []


@pytest.fixture
def anna(browser: Browser, shop):
    context = browser.new_context(base_url=shop.base_url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


def test_from_a_form_to_its_answer(customer, anna, sink):
    already = len(sink.mails)
    customer.goto("/portal/harbor/")
    customer.get_by_role("link", name="Machine repair").click()
    customer.wait_for_selector("request-form.is-alive")
    wrong = findings(customer)

    # What the model needs is asked once it is chosen.
    module = customer.locator("[data-field=module]")
    expect(module).to_be_hidden()
    customer.get_by_label("X6").check()
    expect(module).to_be_visible()
    customer.get_by_label("Your name").fill("Vera Yolkina")
    customer.get_by_label("Your e-mail address").fill("vera.form@severgrad.example")
    customer.locator("#field-module").fill("M2")
    customer.locator("#field-details").fill("Milk comes out cold.")
    customer.evaluate(PASTE)
    expect(customer.locator(".f-files li")).to_contain_text("screenshot")
    customer.get_by_role("button", name="Send the request").click()

    # Two answers are missing; everything else is kept, the screenshot too.
    summary = customer.locator("[data-summary]")
    expect(summary).to_be_focused()
    expect(customer.locator("[data-field=what] .field-error")).to_have_text("Fill this in, please.")
    expect(customer.locator("[data-field=agree] .field-error")).to_be_visible()
    expect(customer.locator("#field-module")).to_have_value("M2")
    expect(customer.locator(".f-kept")).to_contain_text("screenshot")
    wrong += findings(customer)
    customer.locator("#field-what").fill("Cold milk")
    customer.get_by_label("I agree").check()
    customer.wait_for_timeout(3100)  # nobody fills in a form within three seconds
    customer.get_by_role("button", name="Send the request").click()
    heading = customer.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Your request has the number #")
    number = int(re.findall(r"#(\d+)", heading.inner_text())[0])
    wrong += findings(customer)
    again(customer)
    expect(heading).to_contain_text(f"#{number}")

    # Anna sees what was asked and answered, and that the address is only claimed.
    open_ticket(anna, number)
    message = anna.locator("#ticket .msg").first
    expect(message.locator(".answers")).to_contain_text("M2")
    expect(message).to_contain_text("Milk comes out cold.")
    expect(message.locator(".file-image")).to_have_count(1)
    expect(message).to_contain_text("Address not confirmed")

    # The acknowledgement brings the number and the link that proves the address.
    def mails(words: str):
        return [mail for mail in sink.mails[already:] if words in str(mail.message["Subject"])]

    (first, *_more) = wait_until(lambda: mails(f"[#{number}]"), 30, "the acknowledgement")
    assert first.recipients == ["vera.form@severgrad.example"]
    text = first.message.get_body(("plain",)).get_content()
    customer.goto(re.findall(r"http\S+/forms/confirmation/\S+", text)[0])
    customer.get_by_role("button", name="Yes, it was me").click()
    expect(customer.get_by_text("is confirmed")).to_be_visible()
    wrong += findings(customer)
    open_ticket(anna, number)
    expect(message).not_to_contain_text("Address not confirmed")

    # Her answer leaves by mail.
    anna.locator("trix-editor").click()
    anna.keyboard.type("An engineer comes tomorrow.")
    anna.keyboard.press("Control+Enter")
    anna.locator(".msg", has_text="An engineer comes tomorrow.").wait_for()

    def answers():
        sent = [mail for mail in sink.mails[already:] if mail.message["Auto-Submitted"] is None]
        return [mail for mail in sent if "An engineer comes tomorrow." in mail.raw.decode("utf-8", "replace")]

    (answer,) = wait_until(answers, 30, "the answer at the customer's server")
    assert answer.recipients == ["vera.form@severgrad.example"]
    assert wrong == []
