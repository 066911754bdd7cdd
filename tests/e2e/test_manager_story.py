"""In Russian, by clicks and typing alone: a manager sets the work up, a mail comes in, an agent sees why."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import number_of, send_mail
from tests.e2e.waiting import alive, follow, posted, settled
from tests.e2e.zerno import MOSCOW, condition, from_bell, mailed, new_calendar, save, settings, switch, write


def make_calendar(page: Page, lunch: int, holiday: datetime) -> None:
    """All day, every day, but for an hour of lunch; and a day off."""
    stretches = [one for one in ((0, lunch), (lunch + 1, 24)) if one[0] < one[1]]
    new_calendar(page, "Зерно, с обедом", *stretches)
    days = page.locator(".rows-day")
    before = days.count()
    page.get_by_role("button", name="Добавить день").click()
    expect(days).to_have_count(before + 1)
    day = days.last
    day.get_by_label("Дата").fill(holiday.date().isoformat())
    day.get_by_label("По какому поводу").fill("День зерна")
    expect(page.locator("#calendar_due")).to_contain_text("часа")
    expect(page.locator(".year .d-holiday", has_text=str(holiday.day)).first).to_be_attached()
    save(page)
    expect(page.locator(".set-rows")).to_contain_text("Зерно, с обедом")


def make_policy(page: Page) -> None:
    """Three hours of that calendar for the urgent and important, four for the rest; Zerno's tickets only."""
    settings(page, "sla")
    follow(page, page.get_by_role("link", name="Новая политика").first)
    page.get_by_label("Название").fill("Клиенты «Зерна»")
    page.get_by_label("Календарь").select_option(label="Зерно, с обедом")
    condition(page, "Бренд", "Зерно")
    for target, times in {
        "Первый ответ": ("", "4 ч", "3 ч", "3 ч"),
        "Следующий ответ": ("", "8 ч", "", ""),
    }.items():
        row = page.get_by_role("group", name=re.compile(f"^{target}"))
        for priority, time_ in zip(("Низкий", "Обычный", "Высокий", "Срочный"), times, strict=True):
            row.get_by_label(priority, exact=True).fill(time_)
    expect(page.locator("#policy-due")).to_contain_text("Первый ответ")
    save(page)
    # By its whole name: the stories of the work's pages have a policy for important customers, too.
    row = page.locator(".policy-row", has=page.get_by_text("Клиенты «Зерна»", exact=True))
    expect(row).to_contain_text("Первый ответ: 4 ч")
    while (up := page.get_by_role("button", name="Поднять: Клиенты «Зерна»")).is_enabled():
        posted(page, "**/settings/sla/order/", up)


def write_rule(page: Page) -> None:
    settings(page, "rules")
    follow(page, page.get_by_role("link", name="Новое правило").first)
    page.get_by_label("Название").fill("Кофемашины — срочно в работу")
    expect(page.get_by_role("combobox", name="Когда")).to_have_value("ticket_opened")
    condition(page, "Бренд", "Зерно")
    actions = [
        ("Установить приоритет", "Приоритет", "Высокий"),
        ("Найти исполнителя", "Способ", "по очереди"),
    ]
    for do, label, choice in actions:
        page.get_by_role("button", name="Действие", exact=True).click()
        rows = page.locator(".rule-action")
        expect(rows).to_have_count(actions.index((do, label, choice)) + 1)
        settled(page)
        choose(page, rows.last.get_by_label("Что сделать"), do)
        rows.last.get_by_label(label).select_option(label=choice)
    expect(page.locator("#matches")).to_contain_text("Не греет")


def choose(page: Page, what: Locator, label: str) -> None:
    """What an action does; its fields come with the answer."""
    posted(page, "**/settings/rules/actions/", lambda: what.select_option(label=label))


def simulate(page: Page) -> None:
    """The rule as it is being written, on what has come in so far: somebody gets the one mail."""
    follow(page, page.get_by_role("button", name="Проверить на прошлых обращениях"))
    expect(page.locator(".sim-draft")).to_contain_text("Кофемашины")
    follow(page, page.get_by_role("button", name="Начать"))
    expect(page.get_by_role("region", name="По операторам")).to_contain_text("+1", timeout=60_000)
    ticket = page.locator(".sim-ticket", has_text="Не греет")
    expect(ticket).to_contain_text("Высокий")
    page.go_back()
    follow(page, page.get_by_role("button", name="Вернуться"))
    save(page)
    switch = page.get_by_role("switch", name="Действует: Кофемашины — срочно в работу")
    expect(switch).to_have_attribute("aria-checked", "false")
    posted(page, "**/switch/", switch)
    expect(switch).to_have_attribute("aria-checked", "true")


def test_a_manager_sets_up_the_work_and_an_agent_sees_why(zerno, desk, office):
    now = datetime.now(MOSCOW)
    lunch, holiday = (now.hour + 2) % 24, now + timedelta(days=10)
    send_mail(zerno, write("Не греет", "Кофемашина еле тёплая."))
    number_of(zerno, "Не греет")
    maria = desk("maria")
    make_calendar(maria, lunch, holiday)
    make_policy(maria)
    write_rule(maria)
    simulate(maria)

    # A mail: Vera has a break, so Anton gets it; he hears of it wherever he is, and opens it from the bell.
    anton, vera = desk("anton"), desk("vera")
    switch(vera, available=False)
    alive(anton)
    send_mail(zerno, write("Кофемашина не включается", "Нажимаю на кнопку, и ничего.\n\nПётр"))
    anton.locator(".toast-item", has_text="Назначено вам").wait_for()
    told = from_bell(anton, "Назначено вам", "Кофемашина не включается")
    settled(anton)
    follow(anton, told.get_by_role("link"))
    anton.wait_for_selector("trix-editor")
    alive(anton)
    side = anton.locator("#side")
    expect(side.get_by_role("button", name="Исполнитель")).to_contain_text("Антон Лисин")
    expect(side.get_by_role("button", name="Приоритет")).to_contain_text("Высокий")
    see_the_clock(anton, side.locator(".clock", has_text="Первый ответ"))
    see_why(anton)

    # He answers: the clock has ended well.
    anton.locator("trix-editor").click()
    anton.keyboard.type("Здравствуйте, Пётр! Проверьте, пожалуйста, розетку.")
    anton.keyboard.press("Control+Enter")
    ended = side.locator("#clocks-ended .clock", has_text="Первый ответ")
    expect(ended).to_contain_text("Соблюдён")
    mailed(office, "pyotr@kofe.example", "Проверьте, пожалуйста, розетку")
    switch(vera, available=True)
    settings(maria, "rules")
    expect(maria.locator(".rule-row", has_text="Кофемашины")).to_contain_text("1 раз")


def see_the_clock(page: Page, clock: Locator) -> None:
    """Due three hours of work and an hour of lunch after it was opened, to the second; the bar, and why."""
    expect(clock.locator(".clock-bar")).to_be_visible()
    expect(clock).to_contain_text("3 ч")
    opened = page.locator("#side .properties div", has_text="Открыто").locator("local-time")
    due = clock.locator(".clock-sub local-time")
    first, last = (datetime.fromisoformat(one.get_attribute("datetime") or "") for one in (opened, due))
    assert last - first == timedelta(hours=4)
    clock.get_by_text("Подробнее").click()
    expect(clock).to_contain_text("Клиенты «Зерна», версия 1")
    expect(clock).to_contain_text("Зерно, с обедом")
    page.get_by_role("button", name="Почему такие сроки?").click()
    dialog = page.get_by_role("dialog", name="Почему такие сроки?")
    for words in ("Клиенты «Зерна»", "Бренд", "Высокий", "Зерно, с обедом"):
        expect(dialog).to_contain_text(words)
    dialog.get_by_role("button", name="Закрыть").click()


def see_why(page: Page) -> None:
    """From a line of the history to the rule, its condition with the value it met, and what set it off."""
    folded = page.locator("li.history details:not([open]) > summary")
    for one in folded.all():
        one.click()
    page.get_by_role("button", name=re.compile("Почему так вышло.*Антон")).click()
    dialog = page.get_by_role("dialog", name="Почему так вышло?")
    for words in ("Кофемашины — срочно в работу", "Бренд", "Зерно", "Найти исполнителя", "Причина"):
        expect(dialog).to_contain_text(words)
    dialog.get_by_role("button", name="Закрыть").click()
