"""In Russian, by clicks: an administrator puts statuses and tags in order, and agents see it."""

from __future__ import annotations

import re
import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import number_of, send_mail
from tests.e2e.waiting import again, again_until, alive, follow, open_ticket, posted, settled
from tests.e2e.zerno import menu, save, settings, write

MANY = 60  # more than are moved while somebody waits
TAGGED = f"""
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.models import Team, User
from tickets import commands
from tickets.models import Brand
brand, team = Brand.objects.get(slug="zerno"), Team.objects.get(name="Поддержка «Зерна»")
actor = Actor.user(User.objects.get(email="anton@zerno.example"))
customer = resolve_contact("email", "pomol@kofe.example", name="Пётр Помолов")
for number in range({MANY}):
    ticket = commands.open_ticket(
        brand=brand, channel="email", requester=customer, actor=Actor.system("seed"),
        subject="SUBJECT", team=team,
    )
    commands.add_tag(ticket.pk, name="MARK помол", actor=actor)
    if number == 0:
        commands.add_tag(ticket.pk, name="MARK помолы", actor=actor)
"""


@pytest.fixture
def oleg(desk) -> Page:
    return desk("oleg")


def status(page: Page, name: str) -> Locator:
    """A status's row in the list."""
    return page.locator(".sort-row", has=page.get_by_text(name, exact=True))


def offered(page: Page, number: int) -> list[str]:
    """The statuses that a ticket's menu has."""
    open_ticket(page, number)
    page.locator("drop-down:has(> #side-status) > button").click()
    choices = page.locator("#side-status:popover-open .menu-item")
    choices.first.wait_for()
    settled(page)
    found = [words.strip() for words in choices.all_inner_texts()]
    page.keyboard.press("Escape")
    return found


def test_a_status_of_ones_own_is_named_ordered_made_the_default_and_switched_off(zerno, desk, oleg):
    subject = f"Нет уплотнителя {time.time_ns()}"
    send_mail(zerno, write(subject, "Когда привезут?"))
    number = number_of(zerno, subject)

    settings(oleg, "statuses")
    follow(oleg, oleg.get_by_role("link", name="Новый статус: Отложено"))
    oleg.get_by_label("Название · Русский").fill("Ждём склад")
    oleg.get_by_label("Название · English").fill("Waiting for the warehouse")
    save(oleg)
    group = oleg.get_by_role("region", name="Отложено")
    expect(group.locator(".set-row-title")).to_have_text(["Отложено", "Ждём склад"])
    expect(status(oleg, "Ждём склад")).to_contain_text("Waiting for the warehouse")

    # A name that another one of the category has is refused beside its input; a new one is taken.
    follow(oleg, oleg.get_by_role("link", name=re.compile("Ждём склад")))
    oleg.get_by_label("Название · Русский").fill("Отложено")
    save(oleg)
    expect(oleg.locator(".field-error").first).to_be_visible()
    oleg.get_by_label("Название · Русский").fill("Ждём поставщика")
    save(oleg)
    expect(group.locator(".set-row-title")).to_have_text(["Отложено", "Ждём поставщика"])

    # By keyboard to the top of its category, where it still is when one comes again.
    oleg.get_by_role("button", name="Поднять: Ждём поставщика").focus()
    posted(oleg, "**/settings/statuses/order/**", lambda: oleg.keyboard.press("Enter"))
    again(oleg)
    expect(group.locator(".set-row-title")).to_have_text(["Ждём поставщика", "Отложено"])

    # The default cannot be switched off; there is one of a category.
    follow(oleg, oleg.get_by_role("button", name="Сделать статусом по умолчанию: Ждём поставщика"))
    try:
        expect(status(oleg, "Ждём поставщика")).to_contain_text("По умолчанию")
        expect(oleg.get_by_role("button", name="Выключить: Ждём поставщика")).to_have_count(0)
        expect(group.locator(".badge", has_text="По умолчанию")).to_have_count(1)
    finally:
        follow(oleg, oleg.get_by_role("button", name="Сделать статусом по умолчанию: Отложено"))

    # Anton uses it; switched off, his ticket keeps it, and nobody is offered it any more.
    anton = desk("anton")
    assert "Ждём поставщика" in offered(anton, number)
    menu(anton, "side-status", "Ждём поставщика")
    side = anton.locator("#side").get_by_role("button", name="Статус")
    expect(side).to_contain_text("Ждём поставщика")
    follow(oleg, oleg.get_by_role("button", name="Выключить: Ждём поставщика"))
    expect(oleg.locator(".toast-item").first).to_contain_text("«Ждём поставщика» выключен")
    expect(status(oleg, "Ждём поставщика")).to_contain_text("Выключено")
    other = f"Другое {time.time_ns()}"
    send_mail(zerno, write(other, "И ещё."))
    assert "Ждём поставщика" not in offered(anton, number_of(zerno, other))
    open_ticket(anton, number)
    expect(side).to_contain_text("Ждём поставщика")
    menu(anton, "side-status", "В работе")
    expect(side).to_contain_text("В работе")


def tag(page: Page, name: str) -> Locator:
    """A tag's row in the list, found by its name."""
    page.goto(f"/settings/tags/?{urlencode({'q': name})}")
    return page.locator(".set-row", has=page.get_by_text(name, exact=True))


def done(page: Page, words: str, count: int) -> None:
    """The list of tags says that a job is over, and how many tickets it has changed."""
    line = page.locator("#_jobs .bulk-line", has_text=words)
    expect(line).to_have_attribute("data-state", "done")
    expect(line).to_contain_text(f"{count} обращени")


def tags_of(page: Page, number: int) -> Locator:
    """The tags of a ticket in the list of all that is open."""
    page.goto("/views/4/")
    alive(page)
    return page.locator(f"#rows .ticket-row[data-id='{number}'] .tag")


def test_tags_are_renamed_merged_and_removed_and_lists_show_it(zerno, desk, oleg):
    mark = f"м{time.time_ns() % 100_000}"
    subject = f"Помол {mark}"
    zerno.manage("shell", "-v0", "-c", TAGGED.replace("MARK", mark).replace("SUBJECT", subject))
    sql = "SELECT min(id), max(id) FROM tickets_ticket WHERE subject = %s"
    ((first, last),) = zerno.ask(sql, subject)
    anton = desk("anton")
    expect(tags_of(anton, last)).to_have_text([f"{mark} помол"])

    # Another name and colour: the tickets keep the tag, under its new name.
    expect(tag(oleg, f"{mark} помол")).to_contain_text(f"{MANY} обращений")
    follow(oleg, tag(oleg, f"{mark} помол"))
    oleg.get_by_label("Название").fill(f"{mark} помолы")
    save(oleg)
    expect(oleg.locator(".field-error")).to_contain_text("уже есть")
    oleg.get_by_label("Название").fill(f"{mark} крупный помол")
    oleg.get_by_label("Цвет").select_option(label="Зелёный")
    save(oleg)
    expect(tags_of(anton, last)).to_have_text([f"{mark} крупный помол"])
    expect(tags_of(anton, last)).to_have_class(re.compile("tag-green"))

    # Merged into another one, ticket by ticket in the background; who had both has one.
    follow(oleg, tag(oleg, f"{mark} крупный помол"))
    follow(oleg, oleg.get_by_role("link", name="Объединить"))
    oleg.get_by_label("Метка, которая останется").fill(f"{mark} помолы")
    oleg.get_by_role("option", name=f"{mark} помолы", exact=True).click()
    follow(oleg, oleg.get_by_role("button", name="Продолжить"))
    expect(oleg.locator("form.card-box")).to_contain_text(f"{MANY} обращений")
    follow(oleg, oleg.get_by_role("button", name="Объединить"))
    done(oleg, f"Объединение «{mark} крупный помол» с «{mark} помолы»", MANY)
    expect(tag(oleg, f"{mark} крупный помол")).to_have_count(0)
    expect(tag(oleg, f"{mark} помолы")).to_contain_text(f"{MANY} обращений")
    expect(tags_of(anton, last)).to_have_text([f"{mark} помолы"])
    sql = "SELECT count(*) FROM tickets_tagging WHERE ticket_id = %s"
    assert zerno.ask(sql, first) == [(1,)]

    # Off all tickets; it asks first, and says that it cannot be undone.
    follow(oleg, tag(oleg, f"{mark} помолы"))
    follow(oleg, oleg.get_by_role("link", name="Убрать"))
    expect(oleg.locator(".set-head")).to_contain_text("Отменить это нельзя")
    follow(oleg, oleg.get_by_role("button", name="Снять со всех обращений"))
    done(oleg, f"Снятие «{mark} помолы» со всех обращений", MANY)
    expect(tag(oleg, f"{mark} помолы")).to_have_count(0)
    expect(tags_of(anton, last)).to_have_count(0)

    # All of it is told by name in the audit, and by each ticket.
    settings(oleg, "audit")
    lines = oleg.locator(".audit-line", has_text=mark)
    expect(lines.filter(has_text="Объединено с меткой")).to_have_count(1)
    again_until(oleg, lines.filter(has_text=f"обращений: {MANY}"))
