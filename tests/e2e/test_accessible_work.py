"""The pages of daily work with something on each: axe finds nothing serious, and nothing scrolls sideways.

Light in English, dark in Russian: each theme and each language once, since neither changes the other.
"""

from __future__ import annotations

import json

import pytest

from tests.e2e.test_accessible import findings
from tests.e2e.waiting import settled
from tests.e2e.zerno import arrives

# 390: a phone; 720: what is left of 1440 at 200 %.
WIDTHS = (390, 720)
SEED = """
import json
from journal.actor import Actor
from people.models import User
from tickets import commands
from tickets.bulk import starting
from tickets.models import BulkJob, LaterReply, Macro, Ticket, View
from common import clock
from datetime import timedelta
oleg = User.objects.get(email="oleg@zerno.example")
actor = Actor.user(oleg)
ticket = Ticket.objects.get(pk=NUMBER)
problem = commands.open_problem(actor=actor, title="Склад не отвечает", owner=oleg)
commands.link_problem(ticket.pk, problem_id=problem.pk, actor=actor)
LaterReply.objects.create(
    ticket=ticket, user=oleg, text="Позже", due_at=clock.now() + timedelta(days=1), created_at=clock.now()
)
actions = [{"do": "add_tag", "value": "x"}]
macro = Macro.objects.create(name="Спасибо", texts={"ru": "<p>Спасибо!</p>"}, actions=actions)
conditions = {"field": "category", "op": "in", "value": ["new", "open"]}
view = View.objects.create(labels={"ru": "Моё"}, owner=oleg, conditions=conditions, grouping="priority")
job = starting.of_tickets(oleg, BulkJob.Act.PRIORITY, 3, numbers=[ticket.pk])
contact = ticket.requester
print(json.dumps([
    f"views/{view.pk}/", f"views/{view.pk}/?priority=3", f"views/{view.pk}/definition/",
    f"views/{view.pk}/filters/", "views/new/", "views/arrangement/", f"tickets/{ticket.pk}/", "tickets/new/",
    "macros/", "macros/new/", f"macros/{macro.pk}/", "bulk/", f"bulk/{job.pk}/",
    "problems/", "problems/new/", f"problems/{problem.pk}/", f"problems/{problem.pk}/message/",
    "search/", "search/?q=from:Южный", "search/?q=nothingofthekind", "notices/", "profile/",
    "customers/", f"customers/{contact.pk}/", "organizations/", "organizations/new/",
    "settings/inboxes/", "settings/quarantine/", "settings/mail-health/", "settings/users/",
    "settings/users/new/", "settings/webhooks/", "settings/blocked-senders/", "settings/rules/",
]))
"""


# Once the window has its new size; and what sticks out, so that it can be found.
OVER = """() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => {
  const over = document.documentElement.scrollWidth - innerWidth;
  const sticksOut = (each) => each.getBoundingClientRect().right > innerWidth + 1;
  const out = [...document.querySelectorAll("body *")].filter(sticksOut);
  done(over > 0 ? [over, out.slice(0, 5).map((each) => each.outerHTML.slice(0, 80))] : null);
}), 250))"""


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ru")])
def test_pages_of_daily_work(zerno, desk, theme, language):
    page = desk("oleg")
    number = arrives(zerno, page, f"Каждый день {theme}")
    pages = json.loads(
        zerno.manage("shell", "-v0", "-c", SEED.replace("NUMBER", str(number))).splitlines()[-1]
    )
    own = "UPDATE people_user SET theme = %s, language = %s WHERE email = 'oleg@zerno.example'"
    zerno.ask(own, theme, language)
    wrong = []
    try:
        for path in pages:
            page.set_viewport_size({"width": 1440, "height": 900})
            answer = page.goto(f"/{path}")
            assert answer is not None and answer.ok, path
            settled(page)
            html = page.locator("html")
            assert (html.get_attribute("data-theme"), html.get_attribute("lang")) == (theme, language)
            wrong += findings(page)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 844})
                if over := page.evaluate(OVER):
                    wrong.append(f"{path} is {over} px wider than a window of {width}")
    finally:
        zerno.ask(own, "auto", "ru")
    assert wrong == []
