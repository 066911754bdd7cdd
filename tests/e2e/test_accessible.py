"""axe looks at the desk and its settings, in both themes: nothing serious, nothing critical."""

from __future__ import annotations

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
SETTINGS = [
    "calendars", "calendars/new", "staff", "skills", "waiting", "fairness", "rules", "rules/new",
    "rules/simulations", "sla", "sla/new", "fields", "fields/new", "teams",
]  # fmt: skip


def findings(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(STILL)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url} {one}" for one in found]


@pytest.fixture(params=["light", "dark"])
def theme(request, desk) -> Any:
    """Maria's desk in this theme, as a choice of hers."""
    page = desk("maria")
    page.goto("/profile/")
    page.locator(f"main input[name=theme][value={request.param}]").check(force=True)
    follow(page, page.locator(".page-foot button[type=submit]"))
    assert page.locator("html").get_attribute("data-theme") == request.param
    return request.param


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
    for path in ("/notices/", "/profile/", "/search/?q=кофе"):
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
