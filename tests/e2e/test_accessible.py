"""axe looks at the desk and its settings, in both themes: nothing serious, nothing critical."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from helpdesk.local.environment import ROOT
from tests.e2e.waiting import follow, open_ticket, settled
from tests.e2e.zerno import arrives

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
() => axe.run(document, { preload: false, resultTypes: ["violations"] }).then(({ violations }) =>
  violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((one) => one.target).join(" ")}`))
"""
# Colours on their way to others are neither; what goes on for ever (a spinner) has no end to wait for.
STILL = """
() => document.getAnimations().forEach((one) =>
  one.effect.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish())
"""
# What a fresh installation has none of: a chat with its bot, a form with questions, a bot of Telegram.
OUTSIDE = """
import json
from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from channels_in.form_fields import add_field
from channels_in.models import ChatWidget, Inbox, TelegramBot
from channels_in.web_forms import need_form_of_brand
from journal.actor import Actor
from people.commands.contacts import prove_address
from people.models import StaffRole, Team
from tickets.commands.catalogue import create_service
from tickets.models import Brand
actor = Actor.system("seed")
brand, team = Brand.objects.create(name="Пристань", slug="pristan", language="ru"), Team.objects.first()
need_form_of_brand(brand, actor=actor)
service = create_service(
    actor=actor, brand=brand, labels={"ru": "Ремонт"}, descriptions={}, icon="tool", keywords=""
)
choices = [{"value": one, "labels": {"ru": one}} for one in ("x5", "x6")]
def add(kind, key, ru, **more):
    return add_field(service.pk, actor=actor, kind=kind, key=key, labels={"ru": ru}, **more)
model = add("choice", "model", "Модель", choices=choices)
field = add("text", "module", "Модуль", shown_by=model, shown_values=["x6"])
bot = bots.make_flow(name="Пристань", definition=example(), actor=actor)
def inbox(kind):
    return Inbox.objects.create(kind=kind, brand=brand, name=f"Пристань: {kind}", team=team)
widget = ChatWidget.objects.create(inbox=inbox("chat"), sites=["https://pristan.example"], bot=bot)
telegram = TelegramBot.objects.create(
    inbox=inbox("telegram"), bot_id=7001, username="pristan_bot", token="7001:nothing",
    mode="webhook", secret="x", path_key="pristan",
)
contact = prove_address("lev@pristan.example", language="ru")
forms = f"settings/web-forms/services/{service.pk}"
print(json.dumps([
    "settings/chats/", "settings/chats/new/", f"settings/chats/{widget.pk}/",
    "settings/bots/", "settings/bots/new/", f"settings/bots/{bot.pk}/",
    "settings/services/", "settings/services/new/", f"settings/services/{service.pk}/", "settings/topics/",
    "settings/web-forms/", f"settings/web-forms/brands/{brand.pk}/", f"{forms}/",
    f"{forms}/questions/{model.pk}/", f"{forms}/questions/{field.pk}/", f"{forms}/questions/new/long_text/",
    "settings/telegram/", "settings/telegram/new/", f"settings/telegram/{telegram.inbox_id}/",
    "settings/audit/", "settings/brands/", f"settings/brands/{brand.pk}/", "settings/roles/",
    "settings/roles/new/", f"settings/roles/{StaffRole.objects.get(key='manager').pk}/",
    "customers/", f"customers/{contact.pk}/", "organizations/", "organizations/new/",
]))
"""
SETTINGS = [
    "calendars", "calendars/new", "staff", "skills", "waiting", "fairness", "rules", "rules/new",
    "rules/simulations", "sla", "sla/new", "fields", "fields/new", "teams", "statuses", "tags",
]  # fmt: skip


def findings(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(STILL)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url} {one}" for one in found]


def choose_theme(page: Page, theme: str) -> None:
    """As a choice of whoever's desk it is."""
    page.goto("/profile/")
    page.locator(f"main input[name=theme][value={theme}]").check(force=True)
    follow(page, page.locator(".page-foot button[type=submit]"))
    assert page.locator("html").get_attribute("data-theme") == theme


@pytest.fixture(params=["light", "dark"])
def theme(request, desk) -> Any:
    """Maria's desk in this theme."""
    choose_theme(desk("maria"), request.param)
    return request.param


@pytest.fixture(scope="module")
def outside(zerno) -> list[str]:
    """The pages about channels and customers, with something on each of them."""
    made: list[str] = json.loads(zerno.manage("shell", "-v0", "-c", OUTSIDE).splitlines()[-1])
    return made


def test_the_desk(zerno, desk, theme):
    page = desk("maria")
    number = arrives(zerno, page, f"Доступно и {theme}")
    wrong = findings(page)
    open_ticket(page, number)
    wrong += findings(page)
    page.locator("drop-down:has(#head-menu) > button").click()
    page.locator("#head-menu:popover-open").wait_for()
    wrong += findings(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ваше меню").click()
    page.locator("#me:popover-open").wait_for()
    settled(page)
    wrong += findings(page)
    ticket = f"/tickets/{number}"
    for path in (
        "/notices/",
        "/profile/",
        "/search/?q=кофе",
        f"{ticket}/print/?notes=1",
        f"{ticket}/macros/",
    ):
        page.goto(path)
        wrong += findings(page)
    assert wrong == []


def test_the_settings(desk, theme):
    page = desk("maria")
    wrong = []
    for name in SETTINGS:
        page.goto(f"/settings/{name}/")
        settled(page)
        wrong += findings(page)
    for index, row in {"staff": ".ro a", "teams": ".set-row"}.items():
        page.goto(f"/settings/{index}/")
        follow(page, page.locator(f"{row}[href^='/settings/{index}/']").first)
        wrong += findings(page)
    assert wrong == []


@pytest.mark.parametrize("theme_of_oleg", ["light", "dark"])
def test_the_settings_of_channels(desk, outside, theme_of_oleg):
    page = desk("oleg")
    choose_theme(page, theme_of_oleg)
    wrong = []
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for path in outside:
            answer = page.goto(f"/{path}")
            assert answer is not None and answer.ok, path
            settled(page)
            wrong += [f"{width}: {one}" for one in findings(page)]
            if (over := page.evaluate("() => document.documentElement.scrollWidth - innerWidth")) > 0:
                wrong.append(f"{width}: {path} is {over} px wider than the window")
    assert wrong == []
