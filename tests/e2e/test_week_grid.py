"""In a real Chromium: a week drawn with the mouse and by keyboard; the switch in the menu."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import sign_in
from tests.e2e.waiting import again, alive, follow, posted


def expect_hours(page, day, *wanted):
    boxes = page.locator(f'[data-day="{day}"] [data-hours-pair] input')
    expect(boxes).to_have_count(len(wanted))
    for box, value in zip(boxes.all(), wanted, strict=True):
        expect(box).to_have_value(value)


def drag(page, day, start, end):
    """From one hour of a day's line to another one."""
    box = page.locator(f'[data-day="{day}"] [data-track]').bounding_box()
    across, down = (lambda hour: box["x"] + box["width"] * hour / 24), box["y"] + box["height"] / 2
    page.mouse.move(across(start), down)
    page.mouse.down()
    page.mouse.move(across((start + end) / 2), down, steps=4)
    page.mouse.move(across(end), down, steps=4)
    page.mouse.up()


def test_a_week_is_drawn_moved_and_saved(page, errors):
    sign_in(page, "oleg")
    page.goto("/settings/calendars/new/")
    page.wait_for_selector("week-grid.is-alive")
    page.fill("[name=name]", "Drawn")
    drag(page, 6, 10, 16)
    expect_hours(page, 6, "10:00", "16:00")
    drag(page, 6, 13, 15)  # by its middle
    expect_hours(page, 6, "12:00", "18:00")
    drag(page, 6, 17.9, 26)  # by its end, over midnight
    expect_hours(page, 6, "12:00", "02:00")
    expect(page.locator('[data-day="0"] .wk-bar.is-ghost')).to_have_count(1)
    page.locator('[data-day="5"] [data-add]').click()
    expect(page.locator('[data-day="5"] [data-hours-pair] input').first).to_be_focused()
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    page.keyboard.type("1230")
    page.keyboard.press("Tab")
    expect_hours(page, 5, "08:00", "12:30")
    bar = page.locator('[data-day="5"] [role=slider]')
    bar.focus()
    for keys in ("ArrowRight", "Shift+ArrowRight", "Alt+ArrowLeft"):
        page.keyboard.press(keys)
    expect_hours(page, 5, "08:00", "13:00")
    expect(bar).to_be_focused()
    expect(bar).to_have_attribute("aria-valuetext", "08:00–13:00")
    page.locator('[data-day="1"] [role=slider]').focus()
    page.keyboard.press("Delete")
    expect_hours(page, 1)
    expect(page.locator("#calendar_due")).to_contain_text("A request now with a target of 4 hours is due on")
    follow(page, page.locator(".set-foot button[type=submit]"))
    page.wait_for_url("**/settings/calendars/")
    follow(page, page.get_by_text("Drawn"))
    page.wait_for_selector("week-grid.is-alive")
    expect_hours(page, 0, "09:00", "18:00")
    expect_hours(page, 1)
    expect_hours(page, 5, "08:00", "13:00")
    expect_hours(page, 6, "12:00", "02:00")
    assert errors == []


def test_a_break_by_the_switch_in_the_menu(page, errors):
    sign_in(page, "anna")
    page.locator(".rail-me").click()
    switch = page.get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "true")
    posted(page, "**/availability/", switch)
    expect(page.locator("#me-mark")).to_have_text("You take no new tickets")
    again(page)
    alive(page)
    expect(page.locator("#me-mark")).to_have_text("You take no new tickets")
    page.locator(".rail-me").click()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    posted(page, "**/availability/", page.get_by_role("switch"))
    expect(page.locator("#me-mark")).to_have_text("You take new tickets")
    assert errors == []
