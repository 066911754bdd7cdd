"""A visitor of a shop and Anna: a talk, a lost connection, the mail that follows, its answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.conftest import PATIENCE, send_mail, sign_in, watch
from tests.e2e.waiting import again
from tests.support.smtp_sink import Received, SmtpSink
from tests.support.stack import Stack, wait_until

KATYA = "katya@shopper.example"

SEED = """
from channels_in.models import ChatWidget, Inbox
from people.models import Team
from tickets.models import Brand
brand, team = Brand.objects.get(slug="harbor"), Team.objects.get(name="First line")
inbox, _ = Inbox.objects.get_or_create(kind="chat", brand=brand, name="Harbor chat", team=team)
print(ChatWidget.objects.update_or_create(inbox=inbox, defaults={"sites": ["{site}"]})[0].key)
"""


class Shop(BaseHTTPRequestHandler):
    """Somebody else's site, on another origin, with the one script tag and a strict policy of its own."""

    desk = key = ""

    def do_GET(self) -> None:
        body = (
            "<!doctype html><html lang=en><title>Harbor shop</title><h1>Harbor shop</h1>"
            f'<script src="{self.desk}/chat/widget.js" data-key="{self.key}" async></script>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'self'; script-src {self.desk}; connect-src {self.desk}; frame-src {self.desk}",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


# What a proxy that lets no socket through looks like to a page.
NO_SOCKETS = """
window.WebSocket = class extends EventTarget {
    static OPEN = 1;
    readyState = 3;
    constructor() {
        super();
        setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 10);
    }
    close() {}
};
"""


@pytest.fixture
def site(stack: Stack) -> Iterator[str]:
    handler = Shop
    Shop.desk = stack.base_url
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler))
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.key = stack.manage("shell", "-v0", "-c", SEED.replace("{site}", address)).split()[-1]
    yield address
    server.shutdown()
    server.server_close()


def window(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title]")


def open_chat(page: Page) -> FrameLocator:
    page.locator("#otklik-chat button").click()
    frame = window(page)
    frame.locator(".composer textarea").wait_for()
    return frame


def say(frame: FrameLocator, text: str) -> None:
    box = frame.locator(".composer textarea")
    box.click()
    box.fill(text)
    # The window may be a process of its own: keys go where the browser knows the focus is, and for a moment
    # that is still the button of the page around it, which Enter would press.
    expect(frame.owner).to_be_focused()
    box.press("Enter")


def open_row(page: Page, text: str) -> None:
    """From the list, once the chats above it have made room for themselves."""
    page.goto("/views/4/")
    page.locator("chat-dock [data-chat]").first.wait_for()
    page.locator("#rows .ticket-row", has_text=text).first.locator("a.row-main").click()
    page.wait_for_selector("#composer-form trix-editor")


def answer(page: Page, text: str) -> None:
    page.locator("trix-editor").click()
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation .msg-ours", has_text=text)).to_have_count(1)


def hers(sink: SmtpSink) -> list[Received]:
    return [one for one in sink.mails if one.recipients == [KATYA]]


def once(frame: FrameLocator, text: str) -> None:
    expect(frame.locator(".line", has_text=text)).to_have_count(1)


def test_a_talk_through_a_lost_connection_and_on_by_mail(
    stack: Stack, sink: SmtpSink, site: str, page: Page, browser: Browser
) -> None:
    sign_in(page)
    shopper = browser.new_context(viewport={"width": 1280, "height": 800})
    shopper.set_default_timeout(PATIENCE)
    katya = shopper.new_page()
    complaints: list[str] = []
    watch(katya, complaints)
    katya.goto(site)

    # Her first words are a ticket on the desk, without a reload.
    frame = open_chat(katya)
    say(frame, "Where is my order 1042?")
    once(frame, "Where is my order 1042?")
    frame.locator("#f-email").fill(KATYA)
    frame.locator("form.form button").click()
    open_row(page, "Where is my order 1042?")

    # Anna answers; it stands in the window, and her page says that it was read.
    answer(page, "One moment, I am looking.")
    once(frame, "One moment, I am looking.")
    expect(frame.locator(".sub")).to_have_text("You are talking with Anna Lind")
    expect(page.locator("#conversation .msg-ours .delivery")).to_have_text("Read")

    # In the middle the line is lost: both write on.
    shopper.set_offline(True)
    expect(frame.locator(".banner")).to_contain_text("No connection")
    say(frame, "It was a coffee grinder.")
    expect(frame.locator(".line.waiting", has_text="It was a coffee grinder.")).to_have_count(1)
    answer(page, "Which colour was it?")
    shopper.set_offline(False)
    once(frame, "It was a coffee grinder.")
    once(frame, "Which colour was it?")
    expect(frame.locator(".line.waiting")).to_have_count(0)
    expect(page.locator("#conversation .msg-customer", has_text="It was a coffee grinder.")).to_have_count(1)

    # A reload keeps the talk, each line once, and the window open.
    again(katya)
    frame = window(katya)
    for text in ("order 1042", "One moment", "coffee grinder", "Which colour"):
        once(frame, text)

    # She leaves; the answer follows by mail.
    shopper.close()
    answer(page, "It is at the depot and comes tomorrow.")
    stack.ask("UPDATE channels_in_chatsession SET seen_at = now() - interval '2 min' RETURNING id")
    stack.ask("UPDATE channels_in_chatsession SET left_at = seen_at, follow_at = now() RETURNING id")
    wait_until(lambda: hers(sink), 60, "the mail that follows")
    (mail,) = hers(sink)
    part = mail.message.get_body(("plain",))
    assert part is not None
    body = part.get_content()
    assert "comes tomorrow" in body and "Which colour" not in body
    expect(page.locator("#conversation .delivery").last).to_be_visible()

    # Her answer to that mail comes back into the same ticket.
    back = EmailMessage()
    back["From"], back["To"], back["Subject"] = (
        KATYA,
        "support@harbor.example",
        f"Re: {mail.message['Subject']}",
    )
    back["Message-ID"], back["In-Reply-To"] = "<katya-1@shopper.example>", f"<{mail.message_id}>"
    back.set_content("Perfect, thank you. Ring twice, please.")
    send_mail(stack, back)
    expect(page.locator("#conversation .msg", has_text="Ring twice, please.")).to_have_count(1)
    assert stack.ask("SELECT count(*) FROM tickets_ticket WHERE subject LIKE %s", "%1042%") == [(1,)]
    lost = [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one]
    assert lost == []


def test_a_talk_where_sockets_are_blocked(
    stack: Stack, site: str, page: Page, browser: Browser, errors: list[str]
) -> None:
    sign_in(page)
    shopper = browser.new_context(viewport={"width": 1280, "height": 800})
    shopper.set_default_timeout(PATIENCE)
    shopper.add_init_script(NO_SOCKETS)
    boris = shopper.new_page()
    watch(boris, errors)
    boris.goto(site)
    frame = open_chat(boris)
    with boris.expect_response("**/live/chat/send"):
        say(frame, "Do you ship to Batumi?")
    once(frame, "Do you ship to Batumi?")
    expect(frame.locator(".line.waiting")).to_have_count(0)
    open_row(page, "Do you ship to Batumi?")
    answer(page, "We do, within a week.")
    once(frame, "We do, within a week.")
    expect(page.locator("#conversation .msg-ours .delivery")).to_have_text("Read")
    frame.locator(".composer textarea").press_sequentially("Tha")
    expect(page.locator("[data-typing]")).to_be_visible()
    say(frame, "Thank you, that is soon.")
    expect(page.locator("#conversation .msg-customer", has_text="that is soon")).to_have_count(1)
    once(frame, "Thank you, that is soon.")
    shopper.close()
