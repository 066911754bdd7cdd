"""What strangers send is shown, by whatever way it came: nothing of it runs, and nothing is loaded for it."""

from __future__ import annotations

import smtplib
import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route

from tests.e2e.conftest import PATIENCE, sign_in
from tests.support.hostile_html import vectors
from tests.support.stack import Stack, wait_until

SENDER = "mallory@strangers.example"
A_PAGE = 40  # messages of one ticket


class Watch:
    """What pages of a browser did that they should not."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.base_url = base_url
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        context.route(lambda url: not url.startswith(base_url), self._refuse)
        context.on("dialog", self._dismiss)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _refuse(self, route: Route) -> None:
        if not route.request.url.startswith(("blob:", "about:")):
            self.foreign.append(route.request.url)
        route.abort()

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def assert_quiet(self) -> None:
        assert self.foreign == []
        assert self.dialogs == []
        assert self.errors == []


@pytest.fixture
def watched(browser: Browser, stack: Stack):
    context = browser.new_context(base_url=stack.base_url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page(), Watch(context, stack.base_url)
    context.close()


def written(subject: str, html: str, *, answers: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Mallory <{SENDER}>", "support@harbor.example", subject
    mail["Message-ID"] = f"<{time.time_ns()}@strangers.example>"
    if answers:
        mail["References"] = answers
    mail.set_content(html, subtype="html", charset="utf-8", cte="base64")
    return mail


def send_all(stack: Stack, subject: str, sources: list[str]) -> int:
    """As mails of one conversation, in order; the number of their ticket."""
    first = ""
    with smtplib.SMTP("127.0.0.1", stack.smtp_port, timeout=10) as client:
        for source in sources:
            mail = written(subject, source, answers=first)
            first = first or mail["Message-ID"]
            client.send_message(mail, SENDER, ["support@harbor.example"])

    def arrived() -> int | None:
        found = f"Message.objects.filter(subject={subject!r}).order_by('pk')"
        code = f"print('found', {found}.count(), *{found}.values_list('ticket_id', flat=True)[:1])"
        words = stack.manage("shell", "-v0", "-c", f"from tickets.models import Message\n{code}").split()
        return int(words[-1]) if words[-2:-1] == [str(len(sources))] else None

    return int(str(wait_until(arrived, 60, "all mails are in the ticket", every=0.5)))


def frames_settled(page: Page, count: int) -> None:
    page.wait_for_function(
        "count => [...document.querySelectorAll('mail-frame iframe')]"
        ".filter(one => one.contentDocument?.readyState === 'complete').length >= count",
        arg=count,
    )


def test_in_the_desk_nothing_of_a_mail_runs_or_loads(stack: Stack, watched):
    page, watch = watched
    sign_in(page)
    everything = vectors()
    for number in range(0, len(everything), A_PAGE):
        some = everything[number : number + A_PAGE]
        ticket = send_all(stack, f"Strange {number} {time.time_ns()}", [html for html, _seen in some])
        page.goto(f"/tickets/{ticket}/?all=1")
        page.wait_for_selector("html[data-live=on]")
        frames = page.locator("mail-frame iframe")
        frames_settled(page, frames.count())
        places = range(frames.count())
        seen = " ".join(frames.nth(at).content_frame.locator("body").inner_text() for at in places)
        seen = " ".join(f"{seen} {page.locator('#conversation').inner_text()}".split())
        for _html, words in some:
            assert words in seen
    watch.assert_quiet()
