"""What stands in the visitor's own window is harmless, whoever wrote it: agent, bot, settings, themselves."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.conftest import PATIENCE, sign_in
from tests.e2e.waiting import again, again_until
from tests.support.hostile_html import plain, vectors
from tests.support.shop_site import ShopSite
from tests.support.stack import Stack
from tests.support.watch import Watch

LONGEST = 10_000  # characters
A_TALK = 12  # of them in one talk: a visitor may say 15 things in ten seconds

# What an administrator has written for the window, for its button and to say unasked.
WIDGET = """
import json, sys
from channels_in.models import ChatWidget, Inbox
from people.models import Team
from tickets.models import Brand
brand, team = Brand.objects.get(slug="harbor"), Team.objects.get(name="First line")
inbox, _ = Inbox.objects.get_or_create(kind="chat", brand=brand, name="Strange chat", team=team)
html = "".join(one for one, _seen in json.load(sys.stdin)[:3]).replace("\\0", "")[:900] or "words"
widget, _ = ChatWidget.objects.update_or_create(inbox=inbox, defaults=dict(
    sites=["SITE"], asks={"name": "optional"},
    texts={"en": dict(title=html[:60], greeting=html, consent=html, away=html)},
    triggers=[dict(id="t", on=True, texts={"en": html[:300]}, contains="", seconds=0, returning=False)],
))
print("key", widget.key)
"""

# What is said to the visitor: as the desk and the post clean it, by agents and with files of any name; what a
# bot says and lets them choose.
SAID = """
import json, sys
from channels_in.kinds.chat import lines, verbs
from channels_in.models import ChatLine, ChatSession
from common import clock
from common.html import sanitise
from desk.presentation import clean_rich
from live.nudges import messenger
from people.models import Access, Role, User
from tickets import commands
from tickets.content import Content, FileContent
session = ChatSession.objects.filter(widget__key="KEY").select_related("thread").latest("pk")
ticket = session.thread.ticket_id
some = [(html.replace("\\0", ""), seen or "words") for html, seen in json.load(sys.stdin)]
for place, (html, seen) in enumerate(some, START):
    user, _ = User.objects.get_or_create(
        email=f"agent-{place}@harbor.example",
        defaults=dict(name=html[:120] or "words", role=Role.AGENT, access=Access.ALL),
    )
    verbs.take(session.pk, user=user)
    file = FileContent(html[:80] + ".txt", "text/plain", b"words")
    for clean in (clean_rich, sanitise):
        content = Content(text=seen, html=clean(html), files=[file])
        commands.post_reply(ticket, user=user, content=content)
ChatSession.objects.filter(pk=session.pk).update(stage="bot")
for html, _seen in some:
    buttons = [{"id": str(number), "label": label[:200] or "words"} for number, (label, _) in enumerate(some)]
    lines.add(
        session.pk, by=ChatLine.By.BOT, at=clock.now(), text=html or "words", data={"choices": buttons}
    )
# This process ends now, and with it the thread that tells the window of the last lines.
messenger.finish(5)
print("ticket", ticket)
"""


def opened(page: Page, site: str) -> FrameLocator:
    """The window, once what has to be agreed to is agreed to."""
    page.goto(site)
    page.locator("#otklik-chat .main").click()
    window = page.frame_locator("#otklik-chat iframe")
    window.locator("#f-agree").check()
    window.locator("form.form button.send").click()
    window.locator(".composer textarea").wait_for()
    return window


def say(window: FrameLocator, text: str) -> None:
    box = window.locator(".composer textarea")
    box.click()
    box.fill(text)
    # The window may be a process of its own: keys go where the browser knows the focus is, and for a moment
    # that is still the button of the page around it, which Enter would press.
    expect(window.owner).to_be_focused()
    box.press("Enter")


def all_seen(window: FrameLocator, some: list[tuple[str, str]]) -> None:
    """What is harmless is read, and what is only words is words: said by both, as names, on buttons."""
    seen = " ".join(window.locator(".talk").inner_text().split())
    letters = plain(seen)
    for html, words in some:
        assert words in seen
        begins = plain(html)[:25]
        # Their own words, the bot's, a button, the agent of two replies; a file's name loses what is a path.
        assert letters.count(begins) >= 5


def test_nothing_that_is_said_runs_or_loads_in_the_visitors_window(
    stack: Stack, page: Page, browser: Browser
):
    sign_in(page)
    # What is blank, or longer than a message may be, a chat does not take.
    everything = [one for one in vectors() if plain(one[0]) and len(one[0]) <= LONGEST]
    with ShopSite() as shop:
        for start in range(0, len(everything), A_TALK):
            some = everything[start : start + A_TALK]
            given = json.dumps(some).encode()
            asked = WIDGET.replace("SITE", shop.origin)
            key = stack.manage("shell", "-v0", "-c", asked, stdin=given).split()[-1]
            shop.tag = (
                f'<script src="{stack.base_url}/chat/widget.js" data-key="{key}" data-lang="en"></script>'
            )
            context = browser.new_context(viewport={"width": 900, "height": 760})
            context.set_default_timeout(PATIENCE)
            watch = Watch(context, stack.base_url, shop.origin)
            visitor = context.new_page()
            window = opened(visitor, shop.origin)
            for html, _words in some:
                say(window, html)
            expect(window.locator(".line.mine:not(.waiting)")).to_have_count(len(some))
            said = SAID.replace("START", str(start)).replace("KEY", key)
            told = stack.manage("shell", "-v0", "-c", said, stdin=given)
            expect(window.locator(".line.theirs")).to_have_count(3 * len(some))
            again(visitor)
            window = visitor.frame_locator("#otklik-chat iframe")
            expect(window.locator(".line.theirs")).to_have_count(3 * len(some))
            expect(window.locator(".choices button")).to_have_count(len(some))
            all_seen(window, some)

            # The title of the page they look at stands beside the ticket.
            title = " ".join(some[0][0].split())
            # The browser finds no text by control characters.
            readable = re.split(r"[\x00-\x1f]", title)[0]
            visitor.evaluate("title => [document.title, location.hash] = [title, 'elsewhere']", title)
            page.goto(f"/tickets/{told.split()[-1]}/")
            now = page.locator("#visitor .visitor-now")
            again_until(page, now.filter(has_text=readable[:30].strip()))
            watch.assert_quiet()
            context.close()
