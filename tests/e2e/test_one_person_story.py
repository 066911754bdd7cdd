"""One customer by mail, by the portal's form and in Telegram: made one, answered elsewhere, parted again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE, number_of, send_mail, watch
from tests.e2e.waiting import again_until, follow, open_ticket, settled
from tests.e2e.zerno import new_bot, write
from tests.support.fake_telegram import Customer
from tests.support.stack import wait_until

TOKEN = "700400:AAG-one-person-token-that-opens-nothing"
ADDRESS = "nina@sever.example"
NINA = {
    "id": 5_100_300_888,
    "is_bot": False,
    "first_name": "Нина",
    "username": "ninas",
    "language_code": "ru",
}
BY_MAIL, BY_FORM, BY_TELEGRAM = "Нет пара", "Пар не идёт", "Стимер молчит, как быть?"
MESSAGE = "SELECT 1 FROM tickets_message WHERE ticket_id = %s AND channel = %s AND kind = 'reply'"
OWNER = "SELECT requester_id FROM tickets_ticket WHERE id = %s"
PORTAL = "from tickets.models import Brand; Brand.objects.filter(slug='zerno').update(portal_is_on=True)"


@pytest.fixture
def nina(telegram) -> Customer:
    bot = telegram.state.add_bot(TOKEN, username="zerno_one_bot", name="Зерно")
    return Customer(telegram.state, bot, NINA)


@pytest.fixture
def visitor(browser, zerno, errors):
    """Nina's own browser, signed in nowhere."""
    zerno.manage("shell", "-v0", "-c", PORTAL)
    context = browser.new_context(
        base_url=zerno.base_url, viewport={"width": 390, "height": 844}, locale="ru-RU"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch(page, errors)
    yield page
    context.close()


def by_form(page: Page) -> None:
    """A request with an address that nobody has proved."""
    page.goto("/portal/zerno/new/general/")
    page.wait_for_selector("request-form.is-alive")
    page.get_by_label("Ваше имя").fill("Нина С.")
    page.get_by_label("Ваш адрес электронной почты").fill(ADDRESS)
    page.locator("#field-subject").fill(BY_FORM)
    page.locator("#field-details").fill("Второй день.")
    page.wait_for_timeout(3100)  # nobody fills in a form within three seconds
    follow(page, page.get_by_role("button", name="Отправить обращение"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("получило номер #")


def owner(stack, number: int) -> int:
    return int(stack.ask(OWNER, number)[0][0])


def ways(page: Page):
    return page.locator(".composer-ways .composer-way")


def history(page: Page):
    return page.get_by_role("region", name="Обращения во всех каналах").locator(".set-row")


def test_one_person_in_three_channels_and_two_again(desk, zerno, office, visitor, nina):
    new_bot(desk("oleg"), TOKEN, "zerno_one_bot")
    mail = write(BY_MAIL, "Здравствуйте! Машина не даёт пара.\n\nНина")
    mail.replace_header("From", f"Нина Северова <{ADDRESS}>")
    send_mail(zerno, mail)
    mailed = number_of(zerno, BY_MAIL)
    by_form(visitor)
    asked = number_of(zerno, BY_FORM)
    nina.say(BY_TELEGRAM)
    chatted = number_of(zerno, BY_TELEGRAM)
    nina.say(f"Моя почта {ADDRESS}")
    first, other = owner(zerno, mailed), owner(zerno, chatted)
    assert owner(zerno, asked) == first != other

    # That the form was hers, nobody has proved, and the desk says so.
    anton = desk("anton")
    open_ticket(anton, asked)
    expect(anton.locator("#ticket .msg").first).to_contain_text("Адрес не подтверждён")

    # In the ticket from Telegram the desk suggests who she is, and why; Anton compares both.
    open_ticket(anton, chatted)
    hint = anton.locator(".side-hints .cust-hint", has_text="Нина Северова")
    again_until(anton, hint)
    settled(anton)
    expect(hint).to_contain_text(ADDRESS)
    follow(anton, hint.get_by_role("link", name="Сравнить"))
    expect(anton.locator(".cust-two")).to_contain_text(ADDRESS)
    expect(anton.locator(".cust-two")).to_contain_text(str(NINA["id"]))
    form = anton.locator("form[method=post]", has=anton.locator(".cust-two"))
    follow(anton, form.get_by_role("button", name="Объединить", exact=True))
    expect(anton).to_have_url(re.compile(f"/customers/{first}/$"))
    expect(anton.locator("#toasts")).to_contain_text("теперь один человек")

    # One history, whichever way she came.
    expect(history(anton)).to_have_count(3)
    for subject, channel in [(BY_MAIL, "Почта"), (BY_FORM, "Веб-форма"), (BY_TELEGRAM, "Telegram")]:
        expect(history(anton).filter(has_text=subject).get_by_label(channel)).to_have_count(1)

    # What came by mail is answered where she is now.
    follow(anton, history(anton).filter(has_text=BY_MAIL))
    anton.wait_for_selector("trix-editor")
    settled(anton)
    expect(ways(anton)).to_have_count(2)
    ways(anton).filter(has_text="Telegram").click()
    expect(anton.locator(".composer-people")).to_be_hidden()
    anton.locator("trix-editor").click()
    anton.keyboard.type("Нина, откройте кран на четверть оборота.")
    anton.keyboard.press("Control+Enter")
    wait_until(
        lambda: any("четверть оборота" in one.get("text", "") for one in nina.heard),
        60,
        "the answer in her chat",
    )
    again_until(anton, anton.locator(".msg-ours", has_text="четверть оборота").locator(".delivery-sent"))
    assert zerno.ask(MESSAGE, mailed, "telegram")
    hers = [one for one in office.mails if one.recipients == [ADDRESS]]
    assert not [one for one in hers if "четверть" in one.message.get_body(("plain",)).get_content()]

    # It was two people after all: each has what is theirs, and nothing else.
    anton.goto(f"/customers/{first}/")
    row = anton.get_by_role("region", name="Объединены сюда").locator(".set-row", has_text=str(NINA["id"]))
    follow(anton, row.get_by_role("button", name="Отменить объединение"))
    expect(anton.locator("#toasts")).to_contain_text("Снова два человека")
    expect(anton).to_have_url(re.compile(f"/customers/{other}/$"))
    expect(history(anton)).to_have_count(1)
    expect(history(anton)).to_contain_text(BY_TELEGRAM)
    anton.goto(f"/customers/{first}/")
    expect(history(anton)).to_have_count(2)
    open_ticket(anton, mailed)
    expect(ways(anton)).to_have_count(0)
    expect(anton.locator(".msg-ours", has_text="четверть оборота")).to_have_count(1)
