"""What strangers send is shown, by whatever way it came: nothing of it runs, and nothing is loaded for it."""

from __future__ import annotations

import json
import smtplib
import time
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import PATIENCE, sign_in
from tests.support.hostile_html import plain, vectors
from tests.support.stack import Stack, wait_until
from tests.support.watch import Watch

SENDER = "mallory@strangers.example"
A_PAGE = 40  # messages of one ticket
LONGEST = 10_000  # characters of a chat's line


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


def seen_in(page: Page, conversation: str) -> str:
    """All that can be read there, in the frames too, which load when they come into view."""
    frames = page.locator("mail-frame iframe")
    places = range(frames.count())
    for at in places:
        frames.nth(at).scroll_into_view_if_needed()
    frames_settled(page, len(places))
    inside = " ".join(frames.nth(at).content_frame.locator("body").inner_text() for at in places)
    return " ".join(f"{inside} {page.locator(conversation).inner_text()}".split())


# A session of the portal as a code would have begun it, for whoever wrote the ticket.
SESSION = """
from django.test import RequestFactory
from portal import sessions
from tickets.models import Brand, Ticket
Brand.objects.filter(slug="harbor").update(portal_is_on=True)
ticket = Ticket.objects.select_related("brand", "requester").get(pk={ticket})
print("token", sessions.begin(RequestFactory().get("/"), ticket.brand, ticket.requester)[1])
"""


def test_nothing_of_a_mail_runs_or_loads_at_the_desk_or_in_the_portal(stack: Stack, watched):
    page, watch = watched
    sign_in(page)
    everything = vectors()
    for number in range(0, len(everything), A_PAGE):
        some = everything[number : number + A_PAGE]
        ticket = send_all(stack, f"Strange {number} {time.time_ns()}", [html for html, _seen in some])
        page.goto(f"/tickets/{ticket}/?all=1")
        page.wait_for_selector("html[data-live=on]")
        at_the_desk = seen_in(page, "#conversation")
        token = stack.manage("shell", "-v0", "-c", SESSION.format(ticket=ticket)).split()[-1]
        page.context.add_cookies(
            [{"name": "portal_session", "value": token, "url": f"{stack.base_url}/portal/harbor/"}]
        )
        page.goto(f"/portal/harbor/requests/{ticket}/?all=1")
        in_the_portal = seen_in(page, "#request-messages")
        for _html, words in some:
            assert words in at_the_desk
            assert words in in_the_portal
    watch.assert_quiet()


# What other channels bring is words: a visitor's, a form's, a messenger's.
WORDS = """
import json, sys
from channels_in import intake
from channels_in.kinds.chat import hearing, sessions, verbs
from channels_in.kinds.chat.sessions import Visit
from channels_in.kinds.web_form.submission import Submission, encode
from channels_in.models import ChatWidget, Inbox, TelegramBot
from channels_in.kinds.telegram import arriving
from channels_in.web_forms import need_form_of_brand
from journal.actor import Actor
from tickets.models import Brand
brand = Brand.objects.get(slug="harbor")
chat, _ = Inbox.objects.get_or_create(kind="chat", brand=brand, name="Chat")
widget, _ = ChatWidget.objects.get_or_create(inbox=chat, defaults={"sites": ["https://shop.example"]})
visit = Visit(origin="https://shop.example", browser="Firefox", language="en", address="203.0.113.9")
session = sessions.begin(widget, visit)
bot, _ = Inbox.objects.get_or_create(kind="telegram", brand=brand, name="Bot")
TelegramBot.objects.get_or_create(
    inbox=bot, defaults=dict(bot_id=1, token="1:x", secret="s", path_key="hostile", username="b")
)
form = need_form_of_brand(brand)
found = set()
for place, html in enumerate(json.load(sys.stdin), START):
    hearing.hear(
        sessions.find(session.key), {"type": "say", "id": f"client-{session.pk}-{place:04}", "text": html}
    )
    answer = dict(key="what", kind="long_text", labels={"en": "What"}, value=html, choices={}, fills="")
    sent = Submission(key=f"hostile-{place}", email="mallory@strangers.example", answers=[answer])
    kept, _ = intake.keep(form.inbox, encode(sent), external_id=sent.key, via="web")
    found.add(intake.process(kept.pk).ticket_id)
    said = {"message_id": place + 1, "date": 1790000000, "text": html,
            "from": {"id": 7, "is_bot": False, "first_name": html[:60]}, "chat": {"id": 7, "type": "private"}}
    kept = arriving.store(bot, {"update_id": place + 1, "message": said}, via="webhook")
    found.add(intake.process(kept.pk).ticket_id)
found.add(sessions.find(session.key).thread.ticket_id)
# Or the agent has their hands full after some, and the next visitor is told that nobody is there.
verbs.end(session.pk, by="agent", actor=Actor.system("test"))
print("tickets", *sorted(one for one in found if one))
"""


def test_markup_that_other_channels_bring_is_shown_as_words(stack: Stack, watched):
    page, watch = watched
    sign_in(page)
    # What is blank, or longer than a message may be, a chat does not take.
    everything = [html for html, _seen in vectors() if plain(html) and len(html) <= LONGEST]
    for start in range(0, len(everything), 12):
        some = everything[start : start + 12]
        code = WORDS.replace("START", str(start))
        told = stack.manage("shell", "-v0", "-c", code, stdin=json.dumps(some).encode())
        numbers = told.partition("tickets")[2].split()
        assert len(numbers) == len(some) + 2  # a form each, one talk, one chat
        seen = ""
        for number in numbers:
            page.goto(f"/tickets/{number}/?all=1")
            seen += seen_in(page, "#conversation") + " "
        seen = plain(seen)
        for html in some:
            assert seen.count(plain(html)[:25].strip()) >= 3
    watch.assert_quiet()
