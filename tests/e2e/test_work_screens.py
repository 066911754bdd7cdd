"""In Russian, by clicks and typing alone: every page that a manager sets the work up on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import settled
from tests.e2e.zerno import MOSCOW, condition, new_calendar, save, settings


@pytest.fixture
def maria(desk) -> Page:
    return desk("maria")


def member(page: Page, name: str) -> None:
    settings(page, "staff")
    page.get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def team(page: Page, name: str) -> None:
    settings(page, "teams")
    page.locator(".set-row", has=page.get_by_text(name, exact=True)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def day(days: int) -> str:
    return (datetime.now(MOSCOW) + timedelta(days=days)).date().isoformat()


def test_skills_shifts_and_absences(maria):
    settings(maria, "skills")
    maria.get_by_role("link", name="Новый навык").first.click()
    maria.fill("[name=label_ru]", "Эспрессо-машины")
    maria.fill("[name=label_en]", "Espresso machines")
    save(maria)
    expect(maria.locator(".set-rows")).to_contain_text("Эспрессо-машины")

    new_calendar(maria, "Круглосуточно", (0, 24))
    save(maria)

    member(maria, "Игорь Дам")
    maria.get_by_label("Эспрессо-машины").check()
    maria.fill("[name=capacity_email]", "5")
    maria.get_by_role("button", name="Сохранить", exact=True).click()
    expect(maria.locator("[name=capacity_email]")).to_have_value("5")

    shifts = maria.get_by_role("region", name="Смены")
    shifts.get_by_text("Добавить смену").click()
    form = shifts.locator("details form")
    form.get_by_label("Работает по").select_option(label="Круглосуточно")
    form.locator("[name=valid_from]").fill(day(-1))
    form.get_by_role("button", name="Добавить", exact=True).click()
    row = shifts.locator(".rows-list .shift-row")
    expect(row).to_have_count(1)
    row.locator("[name$=valid_until]").fill(day(300))
    row.get_by_role("button", name="Сохранить эту смену").click()
    expect(shifts.locator(".rows-list [name$=valid_until]")).to_have_value(day(300))

    absences = maria.get_by_role("region", name="Отсутствия")
    absences.get_by_text("Добавить отсутствие").click()
    form = absences.locator("details form")
    form.locator("[name$=first_day]").fill(day(30))
    form.locator("[name$=last_day]").fill(day(20))
    form.locator("[name$=note]").fill("Море")
    form.get_by_role("button", name="Добавить", exact=True).click()
    expect(absences.locator(".field-error, .notice-red").first).to_be_visible()
    form.locator("[name$=last_day]").fill(day(40))
    form.get_by_role("button", name="Добавить", exact=True).click()
    line = absences.locator(".span-list li", has_text="Море")
    expect(line).to_be_visible()
    line.get_by_role("button", name="Убрать").click()
    expect(line).to_have_count(0)

    extra = maria.get_by_role("region", name="Дополнительное время")
    extra.get_by_text("Добавить время").click()
    form = extra.locator("details form")
    form.locator("[name$=day]").fill(day(3))
    form.locator("[name$=start]").fill("9")
    form.locator("[name$=end]").fill("12:30")
    form.get_by_role("button", name="Добавить", exact=True).click()
    expect(extra.locator(".span-list")).to_contain_text("12:30")

    settings(maria, "staff")
    row = maria.locator(".ro tr", has_text="Игорь Дам")
    expect(row).to_contain_text("Эспрессо-машины")
    expect(row).to_contain_text("на смене")
    expect(row.locator(".ro-track i").first).to_be_visible()
    maria.get_by_role("link", name="Следующая неделя").click()
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
    file = tmp_path / "days.ics"
    when = (datetime.now(MOSCOW) + timedelta(days=20)).strftime("%Y%m%d")
    file.write_text(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:{when}T000000Z\r\n"
        f"DTSTART;VALUE=DATE:{when}\r\nSUMMARY:Переезд склада\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    maria.locator("details:has([name=ical]) > summary").click()
    maria.set_input_files("[name=ical]", file)
    maria.locator(".import-go button").click()
    expect(maria.locator(".rows-day [name=day-name]").first).to_have_value("Переезд склада")
    save(maria)
    maria.get_by_role("link", name=re.compile("Производственный")).click()
    maria.locator("[data-day='5'] [data-drop]").first.click()
    maria.fill("[name=note]", "Суббота свободна")
    save(maria)
    maria.get_by_role("link", name=re.compile("Производственный")).click()
    history = maria.locator("table.versions")
    expect(history).to_contain_text("Суббота свободна")
    expect(history).to_contain_text("Мария Вебер")
    history.get_by_role("link", name="Посмотреть").click()
    expect(maria.locator("[data-day='5'] [data-hours-pair]")).to_have_count(1)
    # A week without any hours is refused, and says why beside the button.
    for _each in range(7):
        maria.locator("[data-drop]").first.click()
    expect(maria.locator("#calendar_due")).to_contain_text("рабочее время закончится")
    save(maria)
    expect(maria.locator(".notice-red")).to_be_visible()


def test_policies_are_copied_ordered_and_switched(maria):
    settings(maria, "sla")
    maria.get_by_role("link", name="Новая политика").first.click()
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
    maria.get_by_role("button", name="Скопировать: Важные клиенты «Зерна»").click()
    maria.fill("[name=name]", "Копия важных")
    row.get_by_label("Обычный", exact=True).fill("1 д")
    maria.fill("[name=note]", "Для ночной смены")
    save(maria)
    copy = rows.filter(has_text="Копия важных")
    expect(copy).to_be_visible()
    maria.get_by_role("button", name="Поднять: Копия важных").focus()
    before = copy.locator("[data-number]").inner_text()
    maria.keyboard.press("Enter")
    expect(copy.locator("[data-number]")).to_have_text(str(int(before) - 1))
    switch = maria.get_by_role("switch", name="Копия важных")
    if switch.get_attribute("aria-checked") == "true":
        switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    copy.get_by_role("link").click()
    expect(maria.get_by_role("region", name="Версии")).to_contain_text("Для ночной смены")


def write_rule(page: Page, name: str, tag: str) -> None:
    settings(page, "rules")
    page.get_by_role("link", name="Новое правило").first.click()
    page.locator("#name").fill(name)
    page.locator("[name=trigger-on]").select_option("manual")
    settled(page)
    page.get_by_role("button", name="Действие", exact=True).click()
    row = page.locator(".rule-action").last
    row.wait_for()
    settled(page)
    row.get_by_label("Что сделать").select_option(label="Добавить метки")
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
    start, end = handles.nth(last).bounding_box(), handles.nth(first).bounding_box()
    maria.mouse.move(start["x"] + 5, start["y"] + 5)
    maria.mouse.down()
    maria.mouse.move(end["x"] + 5, end["y"] - 12, steps=10)
    with maria.expect_response("**/settings/rules/order/"):
        maria.mouse.up()
    maria.reload()
    assert places(maria, "Метка В", "Метка А", "Метка Б") == [first, first + 1, first + 2]
    maria.get_by_role("button", name="Поднять: Метка Б").focus()
    with maria.expect_response("**/settings/rules/order/"):
        maria.keyboard.press("Enter")
    maria.reload()
    assert places(maria, "Метка В", "Метка Б", "Метка А") == [first, first + 1, first + 2]

    # A new version, seen in the history, and the old one back.
    maria.get_by_role("link", name=re.compile("Метка А")).click()
    maria.locator("[name=stop]").check()
    maria.fill("#note", "Дальше не надо")
    save(maria)
    versions = maria.locator(".rule-version")
    expect(versions.first).to_contain_text("Дальше не надо")
    versions.last.get_by_role("button", name="Вернуть").click()
    expect(versions).to_have_count(3)
    expect(maria.locator("[name=stop]")).not_to_be_checked()
    maria.get_by_role("button", name="Удалить").click()
    expect(maria.locator(".rule-row", has_text="Метка А")).to_have_count(0)
    maria.get_by_role("button", name="Отменить").click()
    expect(maria.locator(".rule-row", has_text="Метка А")).to_have_count(1)


def test_webhooks_tell_their_secret_once_and_what_became_of_a_test(desk):
    oleg = desk("oleg")
    settings(oleg, "webhooks")
    oleg.get_by_role("link", name="Новый вебхук").first.click()
    oleg.fill("[name=name]", "Склад")
    oleg.fill("[name=url]", "https://127.0.0.1/hook")
    oleg.get_by_role("button", name="Создать").click()
    expect(oleg.locator(".field-error")).to_contain_text("не адрес публичной сети")
    oleg.fill("[name=url]", "https://warehouse.invalid/hook")
    oleg.get_by_role("button", name="Создать").click()
    secret = oleg.locator(".hook-secret code")
    expect(secret).to_be_visible()
    said = secret.inner_text()
    assert len(said) >= 32
    oleg.get_by_role("button", name="Отправить проверку").click()
    call = oleg.locator("#webhook_calls .hook-call").first
    expect(call).to_contain_text("Проверка")
    expect(call).to_contain_text("1 попытка", timeout=15_000)
    oleg.reload()
    assert said not in oleg.content()
