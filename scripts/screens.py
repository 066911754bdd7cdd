"""Takes the pictures in docs/screens from the demonstration: ``make screens``.

    python scripts/screens.py                          # starts a demonstration of its own, and ends it
    python scripts/screens.py http://localhost:8000    # of one that runs

Main pages, 1440 and 390 px wide, light and dark, English and Russian. Needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "steam-and-shelf"
AGENTS = {"en": "daniel@steamshelf.example", "ru": "anna@steamshelf.example"}
ADMINISTRATOR = "ilya@steamshelf.example"
WIDTHS = {1440: 900, 390: 844}
# name: (who looks, where)
DESK = {
    "list": ("agent", "/"),
    "ticket": ("agent", "/"),
    "search": ("agent", "/search/?q=возврат"),
    "problems": ("agent", "/problems/"),
    "rules": ("administrator", "/settings/rules/"),
    "sla": ("administrator", "/settings/sla/"),
    "roles": ("administrator", "/settings/roles/"),
}
PORTAL = {"portal": {"en": "/portal/stockwren/", "ru": "/portal/tihiy-pomol/"}}
QUALITY = 82


def main() -> None:
    """Take what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", help="of a demonstration that runs")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screens")
    parser.add_argument("--only", help="names of pages, with commas between")
    parser.add_argument("--at", help="any other page of the desk, for a look: /settings/macros/")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with demonstration(asked.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            take(browser, url, asked.to, asked.only.split(",") if asked.only else [], asked.at)
        finally:
            browser.close()


@contextmanager
def demonstration(url: str | None) -> Iterator[str]:
    """The address of one: of the given, or of one that lives as long as this."""
    if url:
        yield url.rstrip("/")
        return
    folder = Path(tempfile.mkdtemp(prefix="otklik-screens-"))
    folder.chmod(0o711)
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.local", "demo"],
            cwd=ROOT, env={**os.environ, "VAR_DIR": str(folder)}, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        until = time.monotonic() + 900
        while not (found := re.search(r"(http://localhost:\d+) is up", log.read_text())):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(log.read_text())
            time.sleep(0.5)
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def take(browser: Browser, url: str, to: Path, only: list[str], at: str | None) -> None:
    """Every picture, in one signed-in context for each person and look."""
    for language in ("en", "ru"):
        for width, height in WIDTHS.items():
            for theme in ("light", "dark"):
                context = browser.new_context(
                    base_url=url,
                    viewport={"width": width, "height": height},
                    color_scheme=theme,
                    locale={"en": "en-GB", "ru": "ru-RU"}[language],
                    timezone_id="Europe/Moscow",
                )
                page = context.new_page()
                page.set_default_timeout(60_000)
                end = f"{width}-{theme}-{language}.jpg"
                for who in ("agent", "administrator"):
                    places = {
                        name: where
                        for name, (person, where) in DESK.items()
                        if person == who and (not only or name in only)
                    }
                    if at and who == "administrator":
                        places["look"] = at
                    if not places:
                        continue
                    sign_in(page, AGENTS[language] if who == "agent" else ADMINISTRATOR, language)
                    for name, where in places.items():
                        page.goto(where, wait_until="load")
                        if name == "list":
                            page.goto(page.locator("[data-view-key=open]").get_attribute("href") or "/")
                        if name == "ticket":
                            open_first(page)
                        settle(page)
                        page.screenshot(path=to / f"{name}-{end}", type="jpeg", quality=QUALITY)
                for name, places_of in PORTAL.items():
                    if not only or name in only:
                        page.goto(places_of[language], wait_until="load")
                        settle(page)
                        page.screenshot(path=to / f"{name}-{end}", type="jpeg", quality=QUALITY)
                context.close()


def sign_in(page: Page, who: str, language: str) -> None:
    """As one of the cast, in a language, with the look of the system."""
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", PASSWORD)
    page.locator("form button.btn-primary").click()
    page.wait_for_selector("nav.rail")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    for where, form in (("/language/", {"language": language, "next": "/"}), ("/theme/", {"theme": "auto"})):
        page.request.post(where, form={**form, "csrfmiddlewaretoken": token}, headers={"Referer": page.url})


def open_first(page: Page) -> None:
    """The first ticket of the list that has something to read in it."""
    page.locator("#rows .ticket-row a").first.click()
    page.wait_for_selector("ticket-view")


def settle(page: Page) -> None:
    """Until pictures and fragments are there and nothing moves."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(400)


if __name__ == "__main__":
    main()
