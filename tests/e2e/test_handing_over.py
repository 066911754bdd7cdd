"""In Russian, in browsers: a ticket goes from hand to hand, and everybody is told what concerns them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.waiting import again, again_until, alive, follow, open_ticket, posted, settled
from tests.e2e.zerno import (
    MOSCOW,
    arrives,
    condition,
    from_bell,
    mailed,
    menu,
    nothing_new,
    save,
    settings,
    switch,
)


def assignee(page: Page, name: str) -> None:
    expect(page.locator("#side").get_by_role("button", name="Исполнитель")).to_contain_text(name)


def test_to_the_second_line_through_the_waiting_list_and_back(zerno, desk, office):
    anton, igor, maria = desk("anton"), desk("igor"), desk("maria")
    nothing_new(igor)
    number = arrives(zerno, anton, "Течёт бойлер")
    switch(igor, available=False)

    # Anton takes it, says where it stands, and passes it on.
    open_ticket(anton, number)
    anton.get_by_role("button", name="Взять").click()
    assignee(anton, "Антон Лисин")
    menu(anton, "head-menu", "Написать сводку")
    anton.fill("#summary-field", "Прокладку меняли, течёт снова")
    anton.locator(".summary-form").get_by_role("button", name="Сохранить").click()
    expect(anton.locator("#summary .summary-text")).to_contain_text("Прокладку меняли")
    menu(anton, "head-hand", "Передать на другую линию")
    dialog = anton.get_by_role("dialog")
    dialog.get_by_text("Инженеры «Зерна»").click()
    dialog.get_by_role("button", name="Передать", exact=True).click()
    assert dialog.is_visible(), "not without a reason"
    dialog.get_by_label("Причина").fill("Нужен инженер с манометром")
    dialog.get_by_role("button", name="Передать", exact=True).click()
    expect(dialog).to_have_count(0)

    # Nobody there can take it: it waits, the manager sees why.
    settings(maria, "waiting")
    line = maria.locator(".wait-row", has_text="Течёт бойлер")
    again_until(maria, line)
    line.locator("summary").click()
    expect(line).to_contain_text("Игорь Дам")
    from_bell(igor, "Инженеры «Зерна»", "Течёт бойлер", "манометром")

    # The moment Igor is back it is his, and he is told so instead: in the bell, and by mail.
    igor.keyboard.press("Escape")
    switch(igor, available=True)
    told = from_bell(igor, "Передано вам", "Антон Лисин", "манометром")
    expect(igor.locator("#bell .bell-count")).to_have_text("1")
    mailed(office, "igor@zerno.example", f"#{number}", "Передано вам", "манометром")
    again(maria)
    expect(maria.locator(".wait-row", has_text="Течёт бойлер")).to_have_count(0)
    follow(igor, told.get_by_role("link"))
    igor.wait_for_selector("trix-editor")
    alive(igor)
    assignee(igor, "Игорь Дам")
    expect(igor.locator("#summary")).to_contain_text("Прокладку меняли")
    expect(igor.locator("#bell .bell-count")).to_have_count(0)

    # And back to where it came from.
    menu(igor, "head-hand", "Вернуть: Поддержка «Зерна»")
    dialog = igor.get_by_role("dialog")
    dialog.get_by_label("Причина").fill("Давление в норме")
    dialog.get_by_role("button", name="Передать", exact=True).click()
    expect(igor.locator("#side").get_by_role("button", name="Группа")).to_contain_text("Поддержка «Зерна»")
    igor.locator("li.history", has_text="Давление в норме").last.wait_for()

    who_got_how_many(maria)


def who_got_how_many(maria: Page) -> None:
    """The figure of whom the waiting list gave the ticket, and what is behind it."""
    settings(maria, "fairness")
    maria.locator("[name=team]").select_option(label="Инженеры «Зерна»")
    follow(maria, maria.get_by_role("button", name="Показать").locator("visible=true"))
    row = maria.locator("table.fair tr", has_text="Игорь Дам")
    figure = row.locator("a.fair-figure").first
    expect(figure).to_have_text(re.compile(r"^[1-9]"))
    follow(maria, figure)
    expect(maria.get_by_role("heading", level=1)).to_have_text("Игорь Дам")
    expect(maria.locator(".set-rows .set-row").first).to_be_visible()


def test_an_expert_is_called_in_and_answers(zerno, desk, office):
    anton, eva = desk("anton"), desk("eva")
    nothing_new(eva)
    number = arrives(zerno, anton, "Пахнет гарью")
    open_ticket(anton, number)
    anton.get_by_role("button", name="Взять").click()
    assignee(anton, "Антон Лисин")
    menu(anton, "head-hand", "Позвать эксперта")
    dialog = anton.get_by_role("dialog")
    dialog.get_by_text("Ева Шток").click()
    dialog.get_by_label("Вопрос").fill("Это тэн или проводка?")
    dialog.get_by_role("button", name="Попросить помочь").click()
    expect(anton.locator("#side .helper")).to_contain_text("Ева Шток")
    anton.goto("/profile/")
    alive(anton)

    # Eva is told, and reads the notice off without opening the ticket; then she opens it and answers.
    told = from_bell(eva, "Нужна ваша помощь", "тэн или проводка")
    told.hover()
    told.get_by_role("button", name="Отметить прочитанным").click()
    expect(eva.locator("#bell .bell-count")).to_have_count(0)
    settled(eva)
    follow(eva, eva.locator("#bell-panel").get_by_role("link", name=re.compile("Пахнет гарью")))
    eva.wait_for_selector("trix-editor")
    alive(eva)
    eva.locator("trix-editor").click()
    eva.keyboard.type("Тэн. @ант")
    eva.locator("#mentions [role=option]", has_text="Антон Лисин").click()
    expect(eva.locator("trix-editor")).to_contain_text("@Антон Лисин")
    eva.keyboard.press("Control+Enter")
    eva.locator(".msg-note", has_text="@Антон Лисин").wait_for()

    # Anton, elsewhere meanwhile, hears it live and by mail.
    mailed(office, "anton@zerno.example", "Вас упомянули", "Тэн.")
    from_bell(anton, "Вас упомянули", "Ева Шток")
    anton.locator("#bell-panel").get_by_role("button", name="Прочитать все").click()
    expect(anton.locator("#bell .bell-count")).to_have_count(0)
    open_ticket(anton, number)
    anton.get_by_role("button", name="Ева Шток: помощь закончена").click()
    expect(anton.locator("#side .helper")).to_have_count(0)


def test_what_one_is_told_of_and_when_mail_is_quiet(desk):
    vera = desk("vera")
    vera.get_by_role("button", name=re.compile("Ваше меню")).click()
    follow(vera, vera.get_by_role("link", name="Личные настройки"))
    wishes = vera.get_by_role("region", name="Уведомления")
    by_mail = wishes.get_by_role("checkbox", name="Мне назначили обращение: По почте")
    expect(by_mail).not_to_be_checked()
    by_mail.check()
    quiet = vera.get_by_role("region", name="Тихие часы")
    for name in ("суббота", "воскресенье"):
        quiet.get_by_role("checkbox", name=name).check(force=True)
    quiet.get_by_label("Начало").fill("20:00")
    quiet.get_by_label("Конец").fill("08:00")
    follow(vera, vera.get_by_role("button", name="Сохранить"))
    vera.locator("#toasts").get_by_text("Сохранено.").wait_for()
    again(vera)
    expect(by_mail).to_be_checked()
    expect(quiet.get_by_role("checkbox", name="суббота")).to_be_checked()
    expect(quiet.locator("[name=quiet_from]")).to_have_value("20:00")


@pytest.fixture
def policy(desk) -> None:
    """Of the manager's, by clicks: two hours round the clock for that brand's tickets, before any other."""
    maria = desk("maria")
    settings(maria, "sla")
    if maria.get_by_text("Быстрый ответ «Мельницы»").count():
        return
    follow(maria, maria.get_by_role("link", name="Новая политика").first)
    maria.fill("[name=name]", "Быстрый ответ «Мельницы»")
    condition(maria, "Бренд", "Мельница")
    row = maria.get_by_role("group", name=re.compile("^Первый ответ"))
    row.get_by_label("Обычный", exact=True).fill("2 ч")
    row.get_by_label("Считать").select_option(label="Круглосуточно")
    save(maria)
    while (up := maria.get_by_role("button", name="Поднять: Быстрый ответ «Мельницы»")).is_enabled():
        posted(maria, "**/settings/sla/order/", up)


def test_an_own_field_a_promise_and_a_due_time_by_hand(zerno, desk, policy):
    maria, anton = desk("maria"), desk("anton")
    settings(maria, "fields")
    follow(maria, maria.get_by_role("link", name="Новое поле").first)
    maria.fill("[name=label_ru]", "Модель")
    maria.get_by_text("Выбор", exact=True).click()
    for place, name in enumerate(("Рожковая", "Капсульная")):
        maria.locator("[name=choice_ru]").nth(place).fill(name)
    save(maria)
    expect(maria.locator(".set-rows")).to_contain_text("Модель")

    number = arrives(zerno, anton, "Шумит помпа")
    open_ticket(anton, number)
    side = anton.locator("#side")
    side.get_by_role("button", name="Модель").click()
    choice = anton.locator(".menu:popover-open").get_by_text("Рожковая")
    choice.wait_for()
    settled(anton)
    choice.click()
    expect(side.get_by_role("button", name="Модель")).to_contain_text("Рожковая")

    # Later than the policy says, by hand, with the reason; and back.
    clock = side.locator(".clock", has_text="Первый ответ")
    expect(clock).to_contain_text("2 ч")
    clock.get_by_text("Подробнее").click()
    later = (datetime.now(MOSCOW) + timedelta(days=2)).replace(second=0, microsecond=0)
    clock.get_by_label("Другой срок").fill(later.strftime("%Y-%m-%dT%H:%M"))
    clock.get_by_label("Причина").fill("Клиент в отпуске")
    clock.get_by_role("button", name="Задать").click()
    expect(clock).to_contain_text("вручную")
    expect(clock).to_contain_text("Клиент в отпуске")
    due = clock.locator(".clock-sub local-time").get_attribute("datetime")
    assert datetime.fromisoformat(due) == later

    # A promise with the reply: said in the letter, a clock of its own, kept by hand.
    menu(anton, "composer-promises", re.compile("."))
    expect(anton.locator("trix-editor")).to_contain_text("Вернусь к вам")
    anton.keyboard.press("Control+Enter")
    promise = side.locator(".clock", has_text="Обещание")
    expect(promise).to_contain_text("Антон Лисин")
    promise.get_by_role("button", name="Выполнено").click()
    expect(side.locator("#clocks-ended")).to_contain_text("Обещание")
