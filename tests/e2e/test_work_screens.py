"""In Russian, by clicks and typing alone: every page that a manager sets the work up on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.waiting import again, follow, posted, settled
from tests.e2e.zerno import MOSCOW, condition, new_calendar, save, settings


@pytest.fixture
def maria(desk) -> Page:
    return desk("maria")


def member(page: Page, name: str) -> None:
    settings(page, "staff")
    follow(page, page.get_by_role("link", name=re.compile(name)).first)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def team(page: Page, name: str) -> None:
    settings(page, "teams")
    follow(page, page.locator(".set-row", has=page.get_by_text(name, exact=True)))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def day(days: int) -> str:
    return (datetime.now(MOSCOW) + timedelta(days=days)).date().isoformat()


def test_skills_shifts_and_absences(maria):
    settings(maria, "skills")
    follow(maria, maria.get_by_role("link", name="Новый навык").first)
    maria.fill("[name=label_ru]", "Эспрессо-машины")
    maria.fill("[name=label_en]", "Espresso machines")
    save(maria)
    expect(maria.locator(".set-rows")).to_contain_text("Эспрессо-машины")

    new_calendar(maria, "Круглосуточно", (0, 24))
    save(maria)

    member(maria, "Игорь Дам")
    maria.get_by_label("Эспрессо-машины").check()
    maria.fill("[name=capacity_email]", "5")
    follow(maria, maria.get_by_role("button", name="Сохранить", exact=True))
    expect(maria.locator("[name=capacity_email]")).to_have_value("5")

    shifts = maria.get_by_role("region", name="Смены")
    shifts.get_by_text("Добавить смену").click()
    form = shifts.locator("details form")
    form.get_by_label("Работает по").select_option(label="Круглосуточно")
    form.locator("[name=valid_from]").fill(day(-1))
    follow(maria, form.get_by_role("button", name="Добавить", exact=True))
    row = shifts.locator(".rows-list .shift-row")
    expect(row).to_have_count(1)
    row.locator("[name$=valid_until]").fill(day(300))
    follow(maria, row.get_by_role("button", name="Сохранить эту смену"))
    expect(shifts.locator(".rows-list [name$=valid_until]")).to_have_value(day(300))

    absences = maria.get_by_role("region", name="Отсутствия")
    absences.get_by_text("Добавить отсутствие").click()
    form = absences.locator("details form")
    form.locator("[name$=first_day]").fill(day(30))
    form.locator("[name$=last_day]").fill(day(20))
    form.locator("[name$=note]").fill("Море")
    follow(maria, form.get_by_role("button", name="Добавить", exact=True))
    expect(absences.locator(".field-error, .notice-red").first).to_be_visible()
    form.locator("[name$=last_day]").fill(day(40))
    follow(maria, form.get_by_role("button", name="Добавить", exact=True))
    line = absences.locator(".span-list li", has_text="Море")
    expect(line).to_be_visible()
    follow(maria, line.get_by_role("button", name="Убрать"))
    expect(line).to_have_count(0)

    extra = maria.get_by_role("region", name="Дополнительное время")
    extra.get_by_text("Добавить время").click()
    form = extra.locator("details form")
    form.locator("[name$=day]").fill(day(3))
    form.locator("[name$=start]").fill("9")
    form.locator("[name$=end]").fill("12:30")
    follow(maria, form.get_by_role("button", name="Добавить", exact=True))
    expect(extra.locator(".span-list")).to_contain_text("12:30")

    settings(maria, "staff")
    row = maria.locator(".ro tr", has_text="Игорь Дам")
    expect(row).to_contain_text("Эспрессо-машины")
    expect(row).to_contain_text("на смене")
    expect(row.locator(".ro-track i").first).to_be_visible()
    follow(maria, maria.get_by_role("link", name="Следующая неделя"))
    expect(maria.locator(".ro tr", has_text="Игорь Дам")).to_be_visible()


def test_how_a_team_works(maria):
    new_calendar(maria, "Часы поддержки", (0, 24))
    save(maria)
    team(maria, "Поддержка «Зерна»")
    chosen = {"strategy": "least_loaded", "shift_end": "hand_over", "on_reopen": "if_available", "line": "1"}
    for name, value in chosen.items():
        maria.locator(f"[name={name}]").select_option(value)
    maria.locator("[name=calendar]").select_option(label="Часы поддержки")
    for name in ("escalates_to", "hands_over_to"):
        maria.locator(f"[name={name}]").select_option(label="Инженеры «Зерна»")
    save(maria)
    team(maria, "Поддержка «Зерна»")
    for name, value in chosen.items():
        expect(maria.locator(f"[name={name}]")).to_have_value(value)
    expect(maria.locator("[name=escalates_to] option:checked")).to_have_text("Инженеры «Зерна»")
    # Two teams that would pass tickets to each other round and round are refused, in words.
    team(maria, "Инженеры «Зерна»")
    maria.locator("[name=escalates_to]").select_option(label="Поддержка «Зерна»")
    save(maria)
    expect(maria.locator(".field-error").first).to_be_visible()


def test_a_calendar_has_holidays_a_file_and_a_history(maria, tmp_path):
    new_calendar(maria, "Производственный", (9, 18))
    maria.locator("[name=country]").select_option("RU")
    expect(maria.locator(".year .d-holiday").first).to_be_visible()
    maria.locator(".year-list summary").click()
    expect(maria.locator(".year-list")).to_contain_text("Новогодние каникулы")
    # What is special about a day is told to the keyboard, too.
    maria.locator(".year-head button").last.focus()
    maria.keyboard.press("Tab")
    expect(maria.locator(".year button.d").first).to_be_focused()
    expect(maria.locator(".tip:popover-open")).to_contain_text("Новогодние каникулы")
    file = tmp_path / "days.ics"
    when = (datetime.now(MOSCOW) + timedelta(days=20)).strftime("%Y%m%d")
    file.write_text(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:{when}T000000Z\r\n"
        f"DTSTART;VALUE=DATE:{when}\r\nSUMMARY:Переезд склада\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    maria.locator("details:has([name=ical]) > summary").click()
    maria.set_input_files("[name=ical]", file)
    follow(maria, maria.locator(".import-go button"))
    maria.wait_for_selector("week-grid.is-alive")
    expect(maria.locator(".rows-day [name=day-name]").first).to_have_value("Переезд склада")
    save(maria)
    follow(maria, maria.get_by_role("link", name=re.compile("Производственный")))
    maria.wait_for_selector("week-grid.is-alive")
    maria.locator("[data-day='5'] [data-drop]").first.click()
    maria.fill("[name=note]", "Суббота свободна")
    save(maria)
    follow(maria, maria.get_by_role("link", name=re.compile("Производственный")))
    maria.wait_for_selector("week-grid.is-alive")
    history = maria.locator("table.versions")
    expect(history).to_contain_text("Суббота свободна")
    expect(history).to_contain_text("Мария Вебер")
    follow(maria, history.get_by_role("link", name="Посмотреть"))
    expect(maria.locator("[data-day='5'] [data-hours-pair]")).to_have_count(1)
    # A week without any hours is refused, and says why beside the button.
    hours = maria.locator("[data-drop]")
    for left in reversed(range(hours.count())):
        hours.first.click()
        expect(hours).to_have_count(left)
    expect(maria.locator("#calendar_due")).to_contain_text("рабочее время закончится")
    save(maria)
    expect(maria.locator(".notice-red")).to_be_visible()


def test_policies_are_copied_ordered_and_switched(maria):
    settings(maria, "sla")
    follow(maria, maria.get_by_role("link", name="Новая политика").first)
    maria.fill("[name=name]", "Важные клиенты «Зерна»")
    condition(maria, "Бренд", "Зерно")
    row = maria.get_by_role("group", name=re.compile("^Решение"))
    row.get_by_label("Обычный", exact=True).fill("два дня")
    save(maria)
    expect(maria.locator(".field-error").first).to_be_visible()
    row.get_by_label("Обычный", exact=True).fill("2 д")
    save(maria)
    rows = maria.locator(".sort-row")
    expect(rows.filter(has_text="Важные клиенты")).to_contain_text("Решение: 48 ч")
    follow(maria, maria.get_by_role("button", name="Скопировать: Важные клиенты «Зерна»"))
    maria.fill("[name=name]", "Копия важных")
    row.get_by_label("Обычный", exact=True).fill("1 д")
    maria.fill("[name=note]", "Для ночной смены")
    save(maria)
    copy = rows.filter(has_text="Копия важных")
    expect(copy).to_be_visible()
    maria.get_by_role("button", name="Поднять: Копия важных").focus()
    before = copy.locator("[data-number]").inner_text()
    posted(maria, "**/settings/sla/order/", lambda: maria.keyboard.press("Enter"))
    expect(copy.locator("[data-number]")).to_have_text(str(int(before) - 1))
    switch = maria.get_by_role("switch", name="Копия важных")
    if switch.get_attribute("aria-checked") == "true":
        follow(maria, switch)
    expect(switch).to_have_attribute("aria-checked", "false")
    follow(maria, copy.get_by_role("link"))
    expect(maria.get_by_role("region", name="Версии")).to_contain_text("Для ночной смены")


def write_rule(page: Page, name: str, tag: str) -> None:
    settings(page, "rules")
    follow(page, page.get_by_role("link", name="Новое правило").first)
    page.locator("#name").fill(name)
    page.locator("[name=trigger-on]").select_option("manual")
    settled(page)
    page.get_by_role("button", name="Действие", exact=True).click()
    row = page.locator(".rule-action").last
    row.wait_for()
    settled(page)
    what = row.get_by_label("Что сделать")
    posted(page, "**/settings/rules/actions/", lambda: what.select_option(label="Добавить метки"))
    row.locator(".look-input").fill(tag)
    page.keyboard.press("Enter")
    expect(row.locator(".look-chip")).to_have_text(tag)
    save(page)
    expect(page.locator("h1")).to_have_text(name)


def places(page: Page, *names: str) -> list[int]:
    """Where rules stand in the list."""
    rows = [row.inner_text() for row in page.locator(".rule-row .rule-name").all()]
    return [rows.index(name) for name in names]


def test_rules_are_ordered_restored_and_deleted(maria):
    names = [f"Метка {letter}" for letter in "АБВ"]
    for name in names:
        write_rule(maria, name, name.lower())
    settings(maria, "rules")
    first, *_between, last = places(maria, *names)
    handles = maria.locator(".rule-row .sort-handle")
    handles.nth(last).scroll_into_view_if_needed()
    start, end = handles.nth(last).bounding_box(), handles.nth(first).bounding_box()
    # Onto the first of the three and no further: the rule above it keeps its place.
    maria.mouse.move(start["x"] + 5, start["y"] + start["height"] / 2)
    maria.mouse.down()
    maria.mouse.move(end["x"] + 5, end["y"] + end["height"] / 2, steps=20)
    posted(maria, "**/settings/rules/order/", maria.mouse.up)
    again(maria)
    assert places(maria, "Метка В", "Метка А", "Метка Б") == [first, first + 1, first + 2]
    maria.get_by_role("button", name="Поднять: Метка Б").focus()
    posted(maria, "**/settings/rules/order/", lambda: maria.keyboard.press("Enter"))
    again(maria)
    assert places(maria, "Метка В", "Метка Б", "Метка А") == [first, first + 1, first + 2]

    # A new version, seen in the history, and the old one back.
    follow(maria, maria.get_by_role("link", name=re.compile("Метка А")))
    maria.locator("[name=stop]").check()
    maria.fill("#note", "Дальше не надо")
    save(maria)
    versions = maria.locator(".rule-version")
    expect(versions.first).to_contain_text("Дальше не надо")
    follow(maria, versions.last.get_by_role("button", name="Вернуть"))
    expect(versions).to_have_count(3)
    expect(maria.locator("[name=stop]")).not_to_be_checked()
    follow(maria, maria.get_by_role("button", name="Удалить"))
    expect(maria.locator(".rule-row", has_text="Метка А")).to_have_count(0)
    follow(maria, maria.get_by_role("button", name="Отменить"))
    expect(maria.locator(".rule-row", has_text="Метка А")).to_have_count(1)


def test_webhooks_tell_their_secret_once_and_what_became_of_a_test(desk):
    oleg = desk("oleg")
    settings(oleg, "webhooks")
    follow(oleg, oleg.get_by_role("link", name="Новый вебхук").first)
    oleg.fill("[name=name]", "Склад")
    oleg.fill("[name=url]", "https://127.0.0.1/hook")
    follow(oleg, oleg.get_by_role("button", name="Создать"))
    expect(oleg.locator(".field-error")).to_contain_text("не адрес публичной сети")
    oleg.fill("[name=url]", "https://warehouse.invalid/hook")
    follow(oleg, oleg.get_by_role("button", name="Создать"))
    secret = oleg.locator(".hook-secret code")
    expect(secret).to_be_visible()
    said = secret.inner_text()
    assert len(said) >= 32
    posted(oleg, "**/test/", oleg.get_by_role("button", name="Отправить проверку"))
    call = oleg.locator("#webhook_calls .hook-call").first
    expect(call).to_contain_text("Проверка")
    expect(call).to_contain_text("1 попытка", timeout=60_000)
    again(oleg)
    assert said not in oleg.content()
