"""The whole product in real processes, and a real Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from helpdesk.local.environment import ROOT
from tests import session_services
from tests.e2e.waiting import alive, follow
from tests.support.fake_telegram import FakeTelegram
from tests.support.smtp_sink import SmtpSink
from tests.support.stack import Stack, wait_until

PASSWORD = "correct horse battery"
UNDO = 5  # seconds a reply waits here, instead of ten
PATIENCE = 60_000  # ms: on a quiet machine hardly anything takes one second of it
HOLD = 2  # seconds a mail about notices waits for others, instead of sixty
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
# Nothing of the browser's own may look for the internet.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed; .ci/run shows how, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def sink() -> Iterator[SmtpSink]:
    """Where our outgoing mail arrives: a real SMTP server."""
    with SmtpSink() as server:
        yield server


@pytest.fixture(scope="session")
def office() -> Iterator[SmtpSink]:
    """Where mail to colleagues arrives: notices, passwords."""
    with SmtpSink() as server:
        yield server


@pytest.fixture(scope="session")
def telegram() -> Iterator[FakeTelegram]:
    """Telegram, as far as bots know it: a Bot API server on loopback."""
    server = FakeTelegram().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def stack(sink: SmtpSink, office: SmtpSink, telegram: FakeTelegram) -> Iterator[Stack]:
    """PostgreSQL, Valkey, web, worker, timers, scheduler and the mail listener."""
    root = session_services.new_root(session_services.PREFIX)
    system_mail = f"smtp://127.0.0.1:{office.port}"
    try:
        with Stack(
            root,
            REPLY_UNDO_SECONDS=str(UNDO),
            NOTICE_HOLD_SECONDS=str(HOLD),
            SMTP_URL=system_mail,
            TELEGRAM_API_URLS=telegram.url,
        ) as running:
            running.manage("shell", "-c", SEED.replace("SINK_PORT", str(sink.port)))
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


# Two brands' worth of people, as an administrator would have set them up.
SEED = f"""
from channels_in.models import Inbox
from people.models import Access, Membership, Role, Team, User
from tickets import starter
from tickets.models import Brand
starter.make_statuses(); starter.make_views()
brand = Brand.objects.create(name="Harbor", slug="harbor", language="en", signature="Harbor support")
team = Team.objects.create(name="First line")
for name, role, access, language in [
    ("Anna Lind", Role.AGENT, Access.TEAMS, "en"), ("Boris Petrov", Role.AGENT, Access.TEAMS, "ru"),
    ("Egor Expert", Role.EXPERT, Access.TEAMS, "en"), ("Oleg Admin", Role.ADMINISTRATOR, Access.ALL, "en"),
    ("Carla Customer", Role.CUSTOMER, Access.TEAMS, "en"),
]:
    email = name.split()[0].lower() + "@harbor.example"
    user = User.objects.create_user(
        email, "{PASSWORD}", name=name, role=role, access=access, language=language
    )
    if role != Role.CUSTOMER:
        Membership.objects.create(team=team, user=user)
Inbox.objects.create(
    brand=brand, name="Support", address="support@harbor.example", team=team,
    authserv_ids=["mx.harbor.example"], sign="none",
    smtp_host="127.0.0.1", smtp_port=SINK_PORT, smtp_security="none",
)
"""


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=stack.base_url, viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def whole(stack: Stack) -> None:
    """What the story before has broken runs again, as under a supervisor."""
    stack.tend()


@pytest.fixture
def errors() -> list[str]:
    """What the pages complained about: uncaught errors, refused resources, violations of the policy."""
    return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A picture of what the page showed when a test failed, under var/e2e/."""
    report = yield
    given = getattr(item, "funcargs", {})
    pages = dict(getattr(given.get("desk"), "pages", {}))
    if given.get("page"):
        pages[""] = given["page"]
    if call.when == "call" and call.excinfo is not None:
        folder = ROOT / "var" / "e2e"
        folder.mkdir(parents=True, exist_ok=True)
        for who, page in pages.items():
            page.screenshot(path=folder / f"{item.name}{'-' if who else ''}{who}.png")
    return report


@pytest.fixture
def page(context: BrowserContext, errors: list[str]) -> Iterator[Page]:
    made = context.new_page()
    watch(made, errors)
    yield made
    assert errors == [], "the browser's console stays clean"


# What htmx says of a request that was under way as its page was left. One that fails says more.
CUT_OFF = re.compile(r"htmx:(afterRequest|sendAbort|sendError), ")


def watch(page: Page, errors: list[str]) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not CUT_OFF.match(message.text):
            errors.append(message.text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", said)


def sign_in(page: Page, name: str = "anna", domain: str = "harbor.example") -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", f"{name}@{domain}")
    page.fill("input[name=password]", PASSWORD)
    follow(page, page.locator("form button.btn-primary"))
    page.wait_for_selector("#rows")
    alive(page)


def send_mail(stack: Stack, mail: EmailMessage) -> None:
    """Hand a mail to the listener over a real SMTP conversation."""
    with smtplib.SMTP("127.0.0.1", stack.smtp_port, timeout=30) as client:
        refused = client.send_message(mail)
    assert refused == {}


def number_of(stack: Stack, subject: str) -> int:
    """The ticket that a mail has become."""
    sql = "SELECT id FROM tickets_ticket WHERE subject = %s"
    found = wait_until(lambda: stack.ask(sql, subject), 60, f"“{subject}” has become a ticket", every=0.2)
    assert isinstance(found, list)
    ((number,),) = found
    return int(number)


# A company of its own, whose managers set everything up themselves: in Russian, in Moscow. Of its two brands
# one is for the story of the manager, so that its rule and policy are nobody else's.
ZERNO = f"""
from channels_in.models import Inbox
from people.models import Access, Membership, Role, Team, User
from tickets.models import Brand
first = Team.objects.create(name="Поддержка «Зерна»")
second = Team.objects.create(name="Инженеры «Зерна»", line=2)
for name, address, role, access, teams in [
    ("Мария Вебер", "maria", Role.MANAGER, Access.ALL, []),
    ("Олег Сомов", "oleg", Role.ADMINISTRATOR, Access.ALL, []),
    ("Антон Лисин", "anton", Role.AGENT, Access.TEAMS, [first]),
    ("Вера Ким", "vera", Role.AGENT, Access.TEAMS, [first]),
    ("Игорь Дам", "igor", Role.AGENT, Access.TEAMS, [second]),
    ("Ева Шток", "eva", Role.EXPERT, Access.TEAMS, [second]),
]:
    user = User.objects.create_user(
        f"{{address}}@zerno.example", "{PASSWORD}", name=name, role=role, access=access, language="ru",
        time_zone="Europe/Moscow",
    )
    Membership.objects.bulk_create(Membership(team=team, user=user) for team in teams)
for name, slug in [("Зерно", "zerno"), ("Мельница", "melnitsa")]:
    brand = Brand.objects.create(name=name, slug=slug, language="ru", time_zone="Europe/Moscow")
    Inbox.objects.create(
        brand=brand, name=name, address=f"help@{{slug}}.example", team=first, sign="none",
        smtp_host="127.0.0.1", smtp_port=SINK_PORT, smtp_security="none",
    )
"""


@pytest.fixture(scope="session")
def zerno(stack: Stack, office: SmtpSink) -> Stack:
    """The stack with a second company in it, whose mail to customers goes to ``office``, too."""
    stack.manage("shell", "-v0", "-c", ZERNO.replace("SINK_PORT", str(office.port)))
    return stack


@pytest.fixture
def desk(browser: Browser, zerno: Stack, errors: list[str]) -> Iterator[Callable[[str], Page]]:
    """``desk("maria")``: the page of one of Zerno's people, signed in, in a browser of their own."""
    pages: dict[str, Page] = {}

    def enter(name: str) -> Page:
        if name not in pages:
            context = browser.new_context(
                base_url=zerno.base_url, viewport={"width": 1440, "height": 900},
                locale="ru-RU", timezone_id="Europe/Moscow",
            )  # fmt: skip
            context.set_default_timeout(PATIENCE)
            pages[name] = context.new_page()
            watch(pages[name], errors)
            sign_in(pages[name], name, "zerno.example")
        return pages[name]

    enter.pages = pages  # type: ignore[attr-defined]  # for the pictures of a failure
    yield enter
    for page in pages.values():
        page.context.close()
    # What a form refused is an answer like any other, though the browser says it aloud.
    loud = [words for words in errors if "422" not in words]
    assert loud == [], "the browser's console stays clean"
