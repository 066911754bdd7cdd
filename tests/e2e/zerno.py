"""What the stories of Zerno have in common: its mails, and the ways through its settings."""

from __future__ import annotations

import re
import time
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import number_of, send_mail
from tests.e2e.waiting import follow, posted, settled
from tests.support.smtp_sink import SmtpSink
from tests.support.stack import Stack, wait_until

MOSCOW = ZoneInfo("Europe/Moscow")


def write(subject: str, text: str, to: str = "help@zerno.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Пётр Южный <pyotr@kofe.example>", to, subject
    mail["Message-ID"] = f"<{time.time_ns()}@client.example>"
    mail.set_content(text)
    return mail


def settings(page: Page, name: str) -> None:
    """By the navigation to a page of the settings."""
    follow(page, page.locator("nav.rail").get_by_role("link", name="Настройки"))
    follow(page, page.locator(f".set-nav a[href='/settings/{name}/']"))
    page.wait_for_url(f"**/settings/{name}/")


def condition(page: Page, field: str, value: str) -> None:
    """One more condition: ``field`` is ``value``, found by type-ahead."""
    builder = page.locator("condition-builder")
    rows = builder.locator(".cond")
    before = rows.count()
    builder.get_by_role("button", name="Условие", exact=True).click()
    expect(rows).to_have_count(before + 1)
    settled(page)
    rows.last.get_by_label("Что проверять").select_option(label=field)
    rows.last.locator(".look-input").fill(value)
    page.get_by_role("option", name=value, exact=True).click()
    expect(rows.last.locator(".look-chip")).to_have_text(value)


def new_calendar(page: Page, name: str, *stretches: tuple[int, int]) -> None:
    """A calendar with these hours on every day, not saved yet."""
    settings(page, "calendars")
    follow(page, page.get_by_role("link", name="Новый календарь").first)
    page.wait_for_selector("week-grid.is-alive")
    page.get_by_label("Название").fill(name)
    page.get_by_label("Часовой пояс").select_option("Europe/Moscow")
    monday = page.get_by_role("group", name="понедельник")
    pairs = monday.locator("[data-hours-pair]")
    for more in range(pairs.count(), len(stretches)):
        monday.get_by_role("button", name="Добавить часы").click()
        expect(pairs).to_have_count(more + 1)
    for pair, hours in zip(pairs.all(), stretches, strict=True):
        for box, hour in zip(pair.locator("input").all(), hours, strict=True):
            box.fill(f"{hour:02}:00")
    monday.get_by_role("button", name="Скопировать часы").click()
    page.get_by_role("button", name="На все дни").locator("visible=true").click()


def save(page: Page) -> None:
    """Press the form's button, and be on the page that it leads to: the next one, or this one with errors."""
    follow(page, page.locator(".set-foot").get_by_role("button", name="Сохранить"))


def arrives(stack: Stack, page: Page, subject: str) -> int:
    """A mail to the other brand that has become a ticket; its number, as the list shows it."""
    send_mail(stack, write(subject, "Здравствуйте!", "help@melnitsa.example"))
    number = number_of(stack, subject)
    page.goto("/views/4/")
    expect(page.locator(f"#rows .ticket-row[data-id='{number}']")).to_contain_text(subject)
    return number


def menu(page: Page, name: str, item: str | re.Pattern[str]) -> None:
    """Open a menu of the page and choose a line of it."""
    page.locator(f"drop-down:has(> #{name}) > button").click()
    choice = page.locator(f"#{name}:popover-open .menu-item", has_text=item).first
    choice.wait_for()
    settled(page)
    choice.click()


def from_bell(page: Page, *words: str) -> Locator:
    """The notice in the bell's panel that says all of this, once it is there."""
    page.locator(".bell-count").wait_for()
    settled(page)
    if not page.locator("#bell-panel:popover-open").count():
        page.locator("#bell").click()
        page.locator("#bell-panel:popover-open").wait_for()
    line = page.locator("#bell-panel .told")
    for each in words:
        line = line.filter(has_text=each)
    expect(line.first).to_be_visible()
    return line.first


def nothing_new(page: Page) -> None:
    """Whatever stories before have left in the bell is read."""
    settled(page)
    if page.locator("#bell .bell-count").count():
        page.locator("#bell").click()
        page.locator("#bell-panel:popover-open").get_by_role("button", name="Прочитать все").click()
        expect(page.locator("#bell .bell-count")).to_have_count(0)
        page.keyboard.press("Escape")


def switch(page: Page, *, available: bool) -> None:
    """The switch in one's own menu."""
    page.get_by_role("button", name=re.compile("Ваше меню")).click()
    posted(page, "**/availability/", page.get_by_role("switch", checked=not available))
    expect(page.locator("#me-mark")).to_have_text(f"Вы {'' if available else 'не '}берёте новые обращения")


def mailed(office: SmtpSink, to: str, *words: str) -> None:
    """Mail to somebody that says all of this, at their server."""

    def there() -> bool:
        texts = [
            str(mail.message["Subject"]) + body.get_content()
            for mail in office.mails
            if mail.recipients == [to] and (body := mail.message.get_body(("plain",)))
        ]
        return any(all(word in text for word in words) for text in texts)

    wait_until(there, 60, f"mail to {to}: {words}", every=0.3)


def new_bot(page: Page, token: str, username: str) -> None:
    """Connect a bot for Zerno's brand, as an administrator does."""
    settings(page, "telegram")
    follow(page, page.get_by_role("link", name="Подключить бота").first)
    page.get_by_label("Токен").fill(token)
    page.get_by_label("Бренд").select_option(label="Зерно")
    page.get_by_label("Группа", exact=True).select_option(label="Поддержка «Зерна»")
    follow(page, page.locator(".set-foot").get_by_role("button", name="Подключить"))
    expect(page.locator("body")).to_contain_text(f"Бот @{username} подключён.")
