"""Writing by keyboard alone, in Russian too: keys, macros, mentions, signature, quotation; and on paper."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import number_of, send_mail, sign_in
from tests.e2e.test_desk_stories import PETER
from tests.e2e.test_mail_round_trip import write
from tests.e2e.waiting import again, open_ticket, posted
from tests.support.stack import wait_until

SETTLED = """
from people.models import User
from tickets.commands.macros import create_macro
from journal.actor import Actor
signature = "{{agent.name}}\\n{{contact.organization}}"
User.objects.filter(email="anna@harbor.example").update(signature=signature)
texts = {"en": "<div>Thank you, {{contact.name}}.</div>"}
create_macro(actor=Actor.system("test"), name="Спасибо за ожидание", texts=texts)
"""
RENAMED = (
    "from people.models import User; User.objects.filter(email='boris@harbor.example').update(name='%s')"
)


@pytest.fixture
def ticket(stack, request):
    subject = f"{request.node.name} {time.time_ns()}"
    send_mail(stack, write(subject, "The parcel has not come.\n\nWhere is it?", sender=PETER))
    stack.manage("shell", "-v0", "-c", SETTLED)
    return number_of(stack, subject)


def texts(sink):
    """The plain parts of all that has left."""
    return [mail.message.get_body(("plain",)).get_content() for mail in sink.mails]


def press_russian(page, key, code):
    """What a browser says of a key on a Russian keyboard, which Playwright has none of."""
    press = "(given) => document.body.dispatchEvent(new KeyboardEvent('keydown', {...given, bubbles: true}))"
    page.evaluate(press, {"key": key, "code": code})


def test_a_reply_by_keyboard_alone(stack, page, errors, sink, ticket):
    sign_in(page)
    open_ticket(page, ticket)
    editor = page.locator("trix-editor")
    press_russian(page, "к", "KeyR")
    expect(editor).to_be_focused()
    page.keyboard.type("/спасибо ож")
    page.locator("#macros [role=option]", has_text="Спасибо за ожидание").wait_for()
    page.keyboard.press("Enter")
    expect(editor).to_contain_text("Thank you, Peter")
    page.locator("[data-quote] > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-quotation]")).to_contain_text("Where is it?")
    page.locator("[data-quote-insert]").focus()
    page.keyboard.press("Enter")
    expect(editor.locator("blockquote")).to_contain_text("The parcel has not come.")
    expect(editor).to_be_focused()
    assert re.search(r"Thank you, Peter[^<]*<br>[^<]*Peter", editor.inner_html())
    page.keyboard.type("We look for it.")

    signature = page.locator("[data-signature]")
    expect(signature.locator(".signature-first")).to_have_text("-- Anna Lind")
    signature.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(signature).to_contain_text("the organisation is missing")
    expect(signature).to_contain_text("Harbor support")
    box = page.get_by_label("Leave out this time")
    with page.expect_response(re.compile("/draft/$")):
        box.focus()
        page.keyboard.press("Space")
    again(page)
    expect(box).to_be_checked()
    expect(editor).to_contain_text("We look for it.")
    box.uncheck()
    editor.click()
    posted(page, "**/messages/", lambda: page.keyboard.press("Control+Enter"))
    letters = wait_until(lambda: [one for one in texts(sink) if "We look for it." in one], 60, "it has left")
    assert "-- \nAnna Lind\nHarbor support" in letters[0].replace("\r\n", "\n")


def test_a_note_names_a_colleague_in_russian_and_is_printed_on_demand(stack, page, errors, ticket):
    stack.manage("shell", "-v0", "-c", RENAMED % "Борис Петров")
    try:
        sign_in(page)
        open_ticket(page, ticket)
        press_russian(page, "т", "KeyN")
        expect(page.locator("trix-editor")).to_be_focused()
        page.keyboard.type("Посмотри, @бор")
        page.locator("#mentions [role=option]", has_text="Борис Петров").wait_for()
        page.keyboard.press("Enter")
        page.keyboard.type("сегодня")
        expect(page.locator("trix-editor")).to_contain_text("@Борис Петров сегодня")
        posted(page, "**/messages/", lambda: page.keyboard.press("Control+Enter"))
    finally:
        stack.manage("shell", "-v0", "-c", RENAMED % "Boris Petrov")

    # Anna has chosen no zone: it is her browser's, which the page learns by itself.
    page.add_init_script("""
        window.print = () => (window.printed = (window.printed || 0) + 1);
        const resolved = Intl.DateTimeFormat.prototype.resolvedOptions;
        Intl.DateTimeFormat.prototype.resolvedOptions = function () {
          return { ...resolved.call(this), timeZone: "America/Lima" };
        };
    """)
    page.goto(f"/tickets/{ticket}/print/")
    expect(page.locator(".facts")).to_contain_text("America/Lima (UTC-05:00)")
    expect(page.locator(".paper")).to_contain_text("Where is it?")
    expect(page.locator(".paper")).not_to_contain_text("Посмотри")
    page.get_by_label("With private notes").check()
    expect(page.locator(".is-note")).to_contain_text("Посмотри")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    expect(page.locator("[data-print-tools]")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
