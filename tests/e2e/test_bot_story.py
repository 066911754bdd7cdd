"""By clicks alone: a manager builds a bot and tries it; a visitor goes through it and asks for a person."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.conftest import PATIENCE, watch
from tests.e2e.waiting import alive, follow, posted, settled
from tests.e2e.zerno import settings
from tests.support.shop_site import ShopSite


def add_step(page: Page, kind: str, number: int) -> None:
    posted(page, "**/steps/", page.locator(".bot-new", has_text=kind))
    expect(page.locator(".bot-card")).to_have_count(number)


def write(page: Page, box: str, text: str) -> None:
    """Into a box of a card; what is typed is in the draft by itself, a moment later."""
    field = page.locator(f"[id='{box}']")

    def typed() -> None:
        field.fill(text)
        field.blur()

    posted(page, "**/steps/**", typed)


def lead(page: Page, select: str, kind: str) -> None:
    """To a new step of that kind."""
    posted(page, "**/steps/**", lambda: page.locator(select).select_option(f"new:{kind}"))


def build(page: Page) -> None:
    settings(page, "bots")
    follow(page, page.get_by_role("link", name="Новый бот").first)
    page.get_by_label("Название").fill("Бот «Зерна»")
    page.get_by_label("С пустого места").check()
    follow(page, page.get_by_role("button", name="Продолжить"))
    alive(page)
    expect(page.locator("#bot-talk")).to_contain_text("Бот пока молчит")
    add_step(page, "Меню", 1)
    write(page, "s1-texts.ru", "Чем помочь?")
    write(page, "s1-texts.en", "How can we help?")
    for number, (russian, english, kind) in enumerate(
        (("Мой заказ", "My order", "ask"), ("Другое", "Something else", "person")), 1
    ):
        posted(page, "**/steps/s1/", page.locator("#s1-add"))
        write(page, f"s1-c{number}-texts.ru", russian)
        write(page, f"s1-c{number}-texts.en", english)
        lead(page, f"#s1-c{number}-next", kind)
    expect(page.locator(".bot-card")).to_have_count(3)
    expect(page.locator("#bot-faults")).to_contain_text("Опубликовать пока нельзя")
    page.locator("#step-s2-head").click()
    write(page, "s2-texts.ru", "Ваша почта?")
    write(page, "s2-texts.en", "Your e-mail?")
    posted(page, "**/steps/s2/", lambda: page.locator("#s2-type").select_option("email"))
    write(page, "s2-field", "email")
    posted(page, "**/steps/s2/", lambda: page.locator("#s2-next").select_option("new:ask"))
    expect(page.locator(".bot-card")).to_have_count(4)
    page.locator("#step-s4-head").click()
    write(page, "s4-texts.ru", "Номер заказа?")
    write(page, "s4-texts.en", "Order number?")
    write(page, "s4-field", "order")
    posted(page, "**/steps/s4/", lambda: page.locator("#s4-next").select_option("s3"))
    expect(page.locator("#step-s2-head")).to_contain_text("Номер заказа?")
    expect(page.locator("#bot-faults")).not_to_contain_text("Опубликовать пока нельзя")


def try_out(page: Page) -> None:
    posted(page, "**/trial/", page.get_by_role("button", name="Заново"))
    talk = page.locator("#bot-talk")
    expect(talk).to_contain_text("Чем помочь?")
    posted(page, "**/trial/", talk.get_by_role("button", name="Мой заказ"))
    for answer in ("vera@mail.example", "A-17"):
        page.locator("#try-text").fill(answer)
        posted(page, "**/trial/", lambda: page.keyboard.press("Enter"))
    expect(page.locator("#bot-talk")).to_contain_text("Сохранено: order = A-17")
    expect(page.locator("#bot-talk")).to_contain_text("Зовём человека")


def publish(page: Page) -> None:
    follow(page, page.get_by_role("button", name="Опубликовать"))
    expect(page.locator("#bot-state")).to_contain_text("Версия 1")


def open_chat(page: Page, shop: ShopSite) -> None:
    """Oleg makes a chat for the shop, received by that bot; its script goes onto the shop's pages."""
    settings(page, "chats")
    follow(page, page.get_by_role("link", name="Новый чат").first)
    page.get_by_label("Название").fill("Чат «Зерна»")
    page.get_by_label("Бренд").select_option(label="Зерно")
    page.get_by_label("Группа").select_option(label="Поддержка «Зерна»")
    follow(page, page.get_by_role("button", name="Продолжить"))
    page.get_by_label("Сайты, которым он разрешён").fill(shop.origin)
    page.get_by_label("Бот", exact=True).select_option(label="Бот «Зерна»")
    page.locator("#text-title-ru").fill("Помощь «Зерна»")
    expect(page.locator("[data-preview=title]")).to_have_text("Помощь «Зерна»")
    follow(page, page.locator(".set-foot").get_by_role("button", name="Сохранить"))
    expect(page.locator("#text-title-ru")).to_have_value("Помощь «Зерна»")
    shop.tag = page.locator("#script").inner_text()


def comes(browser: Browser, shop: ShopSite, errors: list[str]) -> tuple[Page, FrameLocator]:
    """A visitor with the chat's window open."""
    page = browser.new_context(viewport={"width": 900, "height": 760}, locale="ru-RU").new_page()
    page.set_default_timeout(PATIENCE)
    watch(page, errors)
    page.goto(f"{shop.origin}/catalog")
    page.locator("#otklik-chat button").first.click()
    return page, page.frame_locator("#otklik-chat iframe")


def say(window: FrameLocator, text: str) -> None:
    box = window.get_by_role("textbox").last
    box.fill(text)
    box.press("Enter")


def test_a_bot_is_built_tried_and_met(
    desk: Callable[[str], Page], browser: Browser, errors: list[str]
) -> None:
    maria = desk("maria")
    build(maria)
    try_out(maria)
    publish(maria)
    with ShopSite() as shop:
        open_chat(desk("oleg"), shop)
        anton = desk("anton")
        visitor, window = comes(browser, shop, errors)
        expect(window.get_by_role("log")).to_contain_text("Чем помочь?")
        window.get_by_role("button", name="Мой заказ").click()
        expect(window.get_by_role("log")).to_contain_text("Ваша почта?")
        say(window, "katya@mail.example")
        expect(window.get_by_role("log")).to_contain_text("Номер заказа?")
        say(window, "Позовите, пожалуйста, человека")
        expect(window.get_by_role("log")).to_contain_text("Передаю вас коллеге.")

        # Anton hears of it wherever he is, and sees what has been said and where she is.
        chat = anton.locator("chat-dock .dock-chat.is-waiting")
        expect(chat).to_be_visible()
        chat.first.click()
        expect(anton.locator("#chat-state")).to_contain_text("Ждёт человека")
        expect(anton.locator("#conversation")).to_contain_text("Мой заказ")
        expect(anton.locator("#visitor")).to_contain_text("Магазин /catalog")
        expect(anton.locator("#visitor")).to_contain_text("katya@mail.example")
        settled(anton)
        posted(anton, "**/chat/taking/", anton.get_by_role("button", name="Взять чат"))
        expect(anton.locator("#chat-state")).to_contain_text("Сейчас в чате")
        anton.locator("trix-editor").click()
        anton.keyboard.type("Здравствуйте! Слушаю вас.")
        posted(anton, "**/messages/", lambda: anton.keyboard.press("Enter"))
        expect(window.get_by_role("log")).to_contain_text("Здравствуйте! Слушаю вас.")
        expect(anton.locator(".msg-ours .delivery")).to_contain_text("Прочитано")

        # She goes to another page and goes on there: the bot is silent now, and Anton sees where she is.
        follow(visitor, visitor.get_by_role("link", name="Корзина"))
        expect(anton.locator("#visitor")).to_contain_text("Магазин /cart")
        say(visitor.frame_locator("#otklik-chat iframe"), "Заказ A-17")
        expect(anton.locator("#conversation")).to_contain_text("Заказ A-17")
        posted(anton, "**/chat/ending/", anton.get_by_role("button", name="Завершить чат"))
        expect(anton.locator("chat-dock")).to_be_hidden()
        visitor.context.close()
