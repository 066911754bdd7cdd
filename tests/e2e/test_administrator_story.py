"""In Russian, by clicks: an administrator gives a role of their own away, and finds who changed what."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PASSWORD, number_of, send_mail
from tests.e2e.test_work_screens import team
from tests.e2e.waiting import alive, follow, open_ticket
from tests.e2e.zerno import MOSCOW, save, settings, write

# Somebody new, who for now may see everything and change it; one ticket is her team's, one is not.
NEWCOMER = f"""
from journal.actor import Actor
from people.commands.users import change_user
from people.models import Access, Membership, Role, Team, User
from tickets import commands
second = Team.objects.get(name="Инженеры «Зерна»")
zoya = User.objects.create_user("zoya@zerno.example", "{PASSWORD}", name="Зоя Лунь", language="ru")
Membership.objects.create(team=second, user=zoya)
boss = Actor.user(User.objects.get(email="oleg@zerno.example"))
change_user(zoya.pk, actor=boss, role=Role.AGENT, access=Access.ALL)
commands.set_team(NUMBER, team=second, actor=boss)
"""
OPEN = "/views/4/"


@pytest.fixture
def oleg(desk) -> Page:
    return desk("oleg")


@pytest.fixture
def tickets(zerno) -> dict[str, int]:
    """Numbers of the ticket of each of two teams."""
    found = {}
    for subject in ("Насос гудит", "Чек не пришёл"):
        send_mail(zerno, write(subject, "Здравствуйте!"))
        found[subject] = number_of(zerno, subject)
    zerno.manage("shell", "-v0", "-c", NEWCOMER.replace("NUMBER", str(found["Насос гудит"])))
    return found


def role_of(page: Page, name: str, *, role: str, sees: str = "То же, что его роль") -> None:
    """Give somebody a role on their page."""
    settings(page, "users")
    follow(page, page.get_by_role("link", name=re.compile(name)).first)
    page.get_by_label("Роль").select_option(label=role)
    page.get_by_label("Что видит").select_option(label=sees)
    save(page)


def role(page: Page, name: str) -> None:
    settings(page, "roles")
    follow(page, page.locator(".set-row", has=page.get_by_text(name, exact=True)))


def choice(page: Page, kind: Literal["checkbox", "radio"], name: str) -> Locator:
    """One of a role's choices, whose hint belongs to its name."""
    return page.get_by_role(kind, name=re.compile(f"^{name}"))


def sees(page: Page, tickets: dict[str, int], *subjects: str) -> None:
    """These and no others of the tickets stand in the list of all that is open."""
    page.goto(OPEN)
    alive(page)
    for subject, number in tickets.items():
        row = page.locator(f"#rows .ticket-row[data-id='{number}']")
        expect(row).to_have_count(1 if subject in subjects else 0)


def test_a_role_is_made_given_and_what_it_lacks_is_out_of_reach(desk, oleg, tickets):
    zoya = desk("zoya")
    sees(zoya, tickets, "Насос гудит", "Чек не пришёл")

    # A copy of the agents' role that changes nothing and reaches no further than one's teams.
    settings(oleg, "roles")
    follow(oleg, oleg.get_by_role("link", name="Новая роль"))
    oleg.get_by_label("Название").fill("Стажёры")
    oleg.get_by_label("За основу взять").select_option(label="Оператор")
    follow(oleg, oleg.get_by_role("button", name="Создать роль"))
    expect(oleg.get_by_role("heading", level=1)).to_have_text("Стажёры")
    expect(choice(oleg, "checkbox", "Читать обращения")).to_be_disabled()
    for name in ("Изменять обращения", "Назначать обращения", "Объединять обращения", "Изменять контакты"):
        choice(oleg, "checkbox", name).uncheck()
    choice(oleg, "radio", "Обращения своих групп").check()
    save(oleg)
    row = oleg.locator(".role-row", has_text="Стажёры")
    for words in ("Чтение, заметки, ответы", "Видит: обращения своих групп", "0 человек", "Своя"):
        expect(row).to_contain_text(words)

    # Somebody opens the role's page while nobody has it: their button to remove it is soon out of date.
    role(oleg, "Стажёры")
    stale = oleg.context.new_page()
    stale.goto(oleg.url)
    follow(stale, stale.get_by_role("link", name="Убрать"))
    role_of(oleg, "Зоя Лунь", role="Стажёры")
    follow(stale, stale.get_by_role("button", name="Убрать"))
    expect(stale.locator(".toast-item")).to_contain_text("У кого-то ещё есть эта роль")
    expect(stale.get_by_role("heading", name="Эта роль у 1 сотрудника")).to_be_visible()
    expect(stale.get_by_text("Убрать", exact=True)).to_have_count(0)
    stale.close()

    # What she may not do is not offered, and what she does not see does not exist.
    sees(zoya, tickets, "Насос гудит")
    assert zoya.request.get(f"/tickets/{tickets['Чек не пришёл']}/").status == 404
    open_ticket(zoya, tickets["Насос гудит"])
    side = zoya.locator("#side")
    expect(side.locator(".properties")).to_contain_text("Инженеры «Зерна»")
    for name in ("Исполнитель", "Статус", "Приоритет"):
        expect(side.get_by_role("button", name=name)).to_have_count(0)
    expect(zoya.get_by_role("button", name="Отправить", exact=True)).to_be_visible()
    assert zoya.request.get("/settings/roles/").status == 403

    # Changing the role changes who has it, at once.
    role(oleg, "Стажёры")
    choice(oleg, "checkbox", "Изменять обращения").check()
    choice(oleg, "radio", "Все обращения").check()
    expect(oleg.locator(".set-foot")).to_contain_text("1 ")
    save(oleg)
    sees(zoya, tickets, "Насос гудит", "Чек не пришёл")
    open_ticket(zoya, tickets["Чек не пришёл"])
    expect(side.get_by_role("button", name="Приоритет")).to_be_visible()
    expect(side.get_by_role("button", name="Исполнитель")).to_have_count(0)

    # Given back, it can go; she leaves, too.
    role_of(oleg, "Зоя Лунь", role="Оператор")
    role(oleg, "Стажёры")
    follow(oleg, oleg.get_by_role("link", name="Убрать"))
    expect(oleg.get_by_role("heading", name="Убрать роль «Стажёры»?")).to_be_visible()
    follow(oleg, oleg.get_by_role("button", name="Убрать"))
    expect(oleg.locator(".role-row", has_text="Стажёры")).to_have_count(0)
    settings(oleg, "users")
    follow(oleg, oleg.get_by_role("link", name=re.compile("Зоя Лунь")).first)
    oleg.get_by_role("checkbox", name="Действует").uncheck()
    save(oleg)


def changes(page: Page, **asked: str) -> None:
    """The audit by its filters: ``who`` and ``what`` by their words, ``since`` and ``until`` as days."""
    settings(page, "audit")
    form = page.locator(".audit-filters")
    for name, label in {"who": "Кто", "what": "Что"}.items():
        if name in asked:
            form.get_by_label(label, exact=True).select_option(label=asked[name])
    for name, label in {"since": "Первый день", "until": "Последний день"}.items():
        if name in asked:
            form.get_by_label(label).fill(asked[name])
    follow(page, form.get_by_role("button", name="Показать"))


def test_what_was_just_changed_is_found_with_what_it_was_before(desk, oleg):
    name = "Инженеры «Зерна»"
    team(oleg, name)
    was = oleg.locator("[name=strategy]").input_value()
    words = oleg.locator("[name=strategy] option:checked").inner_text()
    oleg.locator("[name=strategy]").select_option("weighted" if was != "weighted" else "round_robin")
    now = oleg.locator("[name=strategy] option:checked").inner_text()
    save(oleg)

    changes(oleg, who="Олег Сомов", what="Сотрудники, роли, группы и навыки")
    line = oleg.locator(".audit-line").first
    expect(line).to_contain_text("Олег Сомов")
    expect(line).to_contain_text("Изменено: группа «Инженеры „Зерна“»")
    line.get_by_text("Подробнее").click()
    value = line.locator(".audit-values > div", has_text="Кому достаётся следующее обращение")
    expect(value.locator("del")).to_have_text(words)
    expect(value.locator("ins")).to_have_text(now)

    # The thing itself, and all that ever happened to it.
    follow(oleg, line.get_by_role("link", name=re.compile("Вся история изменений")))
    lines = oleg.locator(".audit-line")
    expect(lines.first).to_contain_text("Инженеры")
    assert [one for one in lines.all_inner_texts() if "Инженеры" not in one] == []
    follow(oleg, lines.first.get_by_role("link", name=re.compile("^Изменено")))
    expect(oleg.get_by_role("heading", level=1)).to_have_text(name)

    # Other people's changes, and other days', are other lines.
    changes(oleg, who="Вера Ким")
    expect(oleg.locator(".audit-line", has_text="Инженеры „Зерна“")).to_have_count(0)
    tomorrow = (datetime.now(MOSCOW) + timedelta(days=1)).date().isoformat()
    changes(oleg, who="Олег Сомов", since=tomorrow)
    expect(oleg.locator("main")).to_contain_text("Таких изменений нет")
    expect(oleg.locator(".filter-chip")).to_have_count(2)
    follow(oleg, oleg.get_by_role("link", name=re.compile("^Убрать фильтр «с ")))
    expect(oleg.locator(".filter-chip")).to_have_count(1)
    expect(oleg.locator(".audit-line").first).to_contain_text("Инженеры")

    # Back as it was, which is a change like any other; a manager does not read of it.
    team(oleg, name)
    oleg.locator("[name=strategy]").select_option(was)
    save(oleg)
    settings(oleg, "audit")
    line = oleg.locator(".audit-line").first
    line.get_by_text("Подробнее").click()
    expect(line.locator("ins")).to_have_text(words)
    assert desk("maria").request.get("/settings/audit/").status == 403
