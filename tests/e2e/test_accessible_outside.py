"""axe looks at what customers see: the portal, a form on another site, the chat; at a desk and on a phone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE, watch
from tests.e2e.test_accessible import findings
from tests.e2e.waiting import follow

WIDTHS = {1440: 900, 390: 844}
SEED = """
import json
from django.test import RequestFactory
from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from channels_in.form_fields import add_field
from channels_in.models import ChatWidget, Inbox
from channels_in.web_forms import need_form_of_brand
from journal.actor import Actor
from people.commands.contacts import prove_address
from people.models import Contact, Role, Team, User
from portal import sessions
from tickets.commands import open_ticket, post_reply, receive_message
from tickets.commands.catalogue import create_service
from tickets.content import Content
from tickets.models import Brand, Category
from tickets.status import default_status

actor = Actor.system("seed")
team = Team.objects.create(name="Маяк")
brand = Brand.objects.create(
    name="Маяк", slug="mayak", language="ru", colour="#d9480f", portal_is_on=True,
    portal_languages=["ru", "en"],
    portal_welcome={"ru": "Опишите, что случилось, — мы скажем, когда будет ответ.",
                    "en": "Tell us what happened, and we say when to expect an answer."},
)
Inbox.objects.create(
    brand=brand, name="Маяк", address="help@mayak.example", team=team, sign="none",
    smtp_host="127.0.0.1", smtp_port=SINK_PORT, smtp_security="none",
)
form = need_form_of_brand(brand, actor=actor)
form.embeds = True
form.save()
service = create_service(
    actor=actor, brand=brand, icon="tool", keywords="",
    labels={"ru": "Ремонт техники", "en": "Machine repair"},
    descriptions={"ru": "Шумит, течёт или не включается.", "en": "Noisy, leaking, or dead."},
)
create_service(
    actor=actor, brand=brand, icon="package", keywords="",
    labels={"ru": "Где мой заказ", "en": "Where is my order"}, descriptions={},
)
def add(kind, ru, en, **more):
    return add_field(service.pk, actor=actor, kind=kind, labels={"ru": ru, "en": en}, **more)
agree = {"ru": "Согласие на обработку данных", "en": "I agree to my data being processed"}
def choices(*pairs):
    return [{"value": en.lower(), "labels": {"ru": ru, "en": en}} for ru, en in pairs]
add("choice", "Что сломалось", "What is broken", key="model", required=True,
    choices=choices(("Кофемолка", "Grinder"), ("Кофемашина", "Machine")))
add("choices", "Что делает", "What it does", key="does",
    choices=choices(("Шумит", "Hisses"), ("Течёт", "Leaks")))
add("choice", "Город", "Town", key="town",
    choices=choices(*(("Город %d" % n, "Town %d" % n) for n in range(7))))
add("number", "Сколько машин", "How many machines", key="many")
add("date", "Когда куплена", "Bought on", key="bought")
add("text", "Коротко, что случилось", "In a few words", key="what", required=True, fills="subject",
    help={"ru": "Это станет темой обращения.", "en": "It becomes the subject of the request."})
add("long_text", "Подробнее", "In detail", key="details", fills="details")
add("file", "Фото", "Photos", key="photos")
add("consent", agree["ru"], agree["en"], key="agree", required=True)

flow = bots.make_flow(name="Маяк", definition=example(), actor=actor)
bots.publish(flow.pk, actor=actor)
def widget(name, **more):
    inbox = Inbox.objects.create(kind="chat", brand=brand, name=name, team=team)
    return ChatWidget.objects.create(inbox=inbox, sites=["https://mayak.example"], **more)
with_bot = widget("Чат с ботом", bot=flow)
asking = widget(
    "Чат с анкетой",
    asks={"name": "required", "email": "required", "phone": "optional"},
    texts={language: {"consent": words} for language, words in agree.items()},
)

agent = User.objects.create_user(
    "inga@mayak.example", "correct horse battery", name="Инга Берг", role=Role.AGENT
)
team.memberships.create(user=agent)
contact = prove_address("lev@more.example", language="ru")
Contact.objects.filter(pk=contact.pk).update(name="Лев Морозов")
contact.refresh_from_db()
def ticket(subject, text):
    made = open_ticket(
        channel="email", requester=contact, brand=brand, subject=subject, actor=actor, team=team
    )
    receive_message(made.pk, contact=contact, actor=Actor.contact(contact), channel="email", content=Content(
        text=text, subject=subject, sender={"name": contact.name, "address": contact.address}))
    return made
def answer(made, text, **more):
    post_reply(made.pk, user=agent, content=Content(
        text=text, to=[{"name": contact.name, "address": contact.address}]), **more)
open_one = ticket("Кофемашина шипит и не греет", "Шипит с утра, воду не греет.\\n\\nЛев")
answer(open_one, "Закройте, пожалуйста, кран на минуту и включите снова.")
solved = ticket("Пришёл не тот помол", "Заказывал под фильтр, пришёл под эспрессо.")
answer(solved, "Уже отправили верный, он у вас завтра.", status=default_status(Category.RESOLVED))
request = RequestFactory().get("/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0")
print(json.dumps({
    "token": sessions.begin(request, brand, contact)[1], "service": service.pk, "form": form.key,
    "tickets": [open_one.pk, solved.pk], "bot": with_bot.key, "asking": asking.key,
}))
"""


@pytest.fixture(scope="module")
def mayak(stack, sink) -> dict[str, Any]:
    """A brand with everything a customer may come upon; what its pages are called."""
    seed = SEED.replace("SINK_PORT", str(sink.port))
    made: dict[str, Any] = json.loads(stack.manage("shell", "-v0", "-c", seed).splitlines()[-1])
    return made


@pytest.fixture(params=["light", "dark"])
def theme(request) -> str:
    return str(request.param)


@pytest.fixture(params=["ru", "en"])
def language(request) -> str:
    return str(request.param)


@pytest.fixture
def customer(browser: Browser, stack, errors, language, theme):
    """A browser that speaks this language on a system of this theme."""
    context = browser.new_context(
        base_url=stack.base_url, viewport={"width": 1440, "height": 900}, locale=language, color_scheme=theme
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch(page, errors)
    yield page
    context.close()
    assert [words for words in errors if "422" not in words] == []


def wide_and_narrow(page: Page, name: str, look: Callable[[Page], list[str]] = findings) -> list[str]:
    """What is wrong at the width of a desk and of a phone, where nothing may stick out of the page."""
    wrong = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        wrong += [f"{name} {width}: {one}" for one in look(page)]
        over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            wrong.append(f"{name} {width}: {over} px wider than the window")
    return wrong


def test_the_portal(customer, mayak, language, theme):
    home = "/portal/mayak/"
    customer.goto(home)
    follow(customer, customer.locator(f"footer button[value={theme}]"))
    assert customer.locator("html").get_attribute("data-bs-theme") == theme
    assert customer.locator("html").get_attribute("lang") == language
    wrong = wide_and_narrow(customer, "home")
    customer.goto(f"{home}?q=ничего+такого")
    wrong += wide_and_narrow(customer, "nothing found")

    customer.goto(f"{home}requests/")
    wrong += wide_and_narrow(customer, "sign-in")
    customer.locator("main input[type=email]").fill(f"{language}.{theme}@more.example")
    follow(customer, customer.locator("main button[type=submit]").first)
    wrong += wide_and_narrow(customer, "code")
    customer.locator("main input.p-code").fill("000000")
    follow(customer, customer.locator("main form:has(input.p-code) button[type=submit]"))
    wrong += wide_and_narrow(customer, "wrong code")

    address = customer.url.partition("/portal/")[0] + home
    customer.context.add_cookies([{"name": "portal_session", "value": mayak["token"], "url": address}])
    customer.goto(home)
    if customer.locator("html").get_attribute("lang") != language:
        follow(customer, customer.locator(f"footer button[value={language}]"))
    wrong += wide_and_narrow(customer, "home of somebody")
    customer.locator(".p-me > summary").click()
    wrong += wide_and_narrow(customer, "their menu")
    for path in ("requests/", "devices/", *(f"requests/{number}/" for number in mayak["tickets"])):
        customer.goto(home + path)
        assert customer.locator("html").get_attribute("lang") == language
        wrong += wide_and_narrow(customer, path)
    assert wrong == []


def fill_in(page: Page, address: str) -> None:
    page.locator("#field-name").fill("Лев Морозов")
    page.locator("#field-email").fill(address)
    page.locator("[name=model]").first.check()
    page.locator("#field-what").fill("Шипит")
    page.locator("[name=agree]").check()
    page.wait_for_timeout(3100)  # nobody fills in a form within three seconds
    follow(page, page.locator(".f-send button"))


@pytest.mark.parametrize("where", ["portal", "frame"])
def test_a_form(customer, mayak, language, theme, where):
    service = mayak["service"]
    address = f"/portal/mayak/new/{service}/"
    if where == "frame":
        address = f"/forms/{mayak['form']}/{service}/?lang={language}"
    customer.goto(address)
    customer.wait_for_selector("request-form.is-alive")
    assert customer.locator("html").get_attribute("data-bs-theme") == theme
    assert customer.locator("html").get_attribute("lang") == language
    wrong = wide_and_narrow(customer, f"{where} form")
    follow(customer, customer.locator(".f-send button"))
    expect(customer.locator("[data-summary]")).to_be_visible()
    wrong += wide_and_narrow(customer, f"{where} form with errors")
    fill_in(customer, f"{where}.{language}.{theme}@more.example")
    expect(customer.locator(".f-done")).to_be_visible()
    wrong += wide_and_narrow(customer, f"{where} form sent")
    assert wrong == []


def test_the_chat(customer, mayak, language, theme):
    customer.goto(f"/chat/{mayak['asking']}/frame/?lang={language}")
    customer.locator("form.form").wait_for()
    assert customer.locator("html").get_attribute("data-theme") == theme
    wrong = wide_and_narrow(customer, "introduction")
    customer.locator("form.form button").last.click()
    wrong += wide_and_narrow(customer, "introduction not filled in")

    customer.goto(f"/chat/{mayak['bot']}/frame/?lang={language}")
    customer.locator(".choices button").first.wait_for()
    wrong += wide_and_narrow(customer, "a bot's choices")
    customer.locator(".choices button").first.click()
    expect(customer.locator(".line.mine .mark")).to_have_count(1)
    time.sleep(1)
    wrong += wide_and_narrow(customer, "the talk")
    customer.locator("[aria-haspopup=menu]").click()
    wrong += wide_and_narrow(customer, "its menu")
    assert wrong == []
