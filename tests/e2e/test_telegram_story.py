"""A bot connected in the browser, a customer with an album and an edit, an agent who answers, a block."""

from __future__ import annotations

import re
import struct
import zlib

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import number_of
from tests.e2e.waiting import follow, posted, settled
from tests.e2e.zerno import new_bot
from tests.support.fake_telegram import Customer
from tests.support.stack import wait_until

TOKEN = "700300:AAF-story-token-that-opens-nothing-outside"
OLGA = {
    "id": 5_100_200_777,
    "is_bot": False,
    "first_name": "Ольга",
    "last_name": "Полева",
    "username": "olga_pol",
    "language_code": "ru",
}


def picture(shade: int) -> bytes:
    """A PNG of one colour, four by four."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade, 90, 90]) * 4) * 4
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def olga(telegram) -> Customer:
    bot = telegram.state.add_bot(TOKEN, username="zerno_story_bot", name="Зерно")
    return Customer(telegram.state, bot, OLGA)


def test_a_conversation_with_an_album_and_an_edit(desk, zerno, telegram, olga):
    # Oleg connects the bot; its token is tried, and never shown again.
    oleg = desk("oleg")
    new_bot(oleg, TOKEN, "zerno_story_bot")
    assert TOKEN not in oleg.content()
    posted(oleg, "**/check/", oleg.get_by_role("button", name="Проверить связь"))
    expect(oleg.locator("#_telegram_check")).to_contain_text("Telegram знает бота")

    # Olga writes; Anton sees it in his list without a reload.
    anton = desk("anton")
    anton.goto("/views/4/")
    settled(anton)
    olga.say("/start")
    wait_until(lambda: olga.heard, 60, "the greeting")
    assert "Это поддержка «Зерно»" in olga.heard[0]["text"]
    subject = "Мельница сыплет мимо бункера"
    first = olga.say(subject)
    number = number_of(zerno, subject)
    expect(anton.locator(f"#rows .ticket-row[data-id='{number}']")).to_contain_text(subject)
    wait_until(lambda: f"#{number}" in olga.heard[-1]["text"], 60, "the acknowledgement")

    # An album is one message with all its pictures.
    follow(anton, anton.locator(f"#rows .ticket-row[data-id='{number}'] a.row-main"))
    settled(anton)
    olga.album([(f"{n}.png", "image/png", picture(60 * n)) for n in range(3)], caption="Вот так это выглядит")
    album = anton.locator(".msg-customer", has_text="Вот так это выглядит")
    expect(album).to_have_count(1)
    expect(album.locator(".file-image img")).to_have_count(3)

    # An edit changes the message in front of his eyes, and what it said before is kept.
    olga.edit(first["message_id"], "Мельница сыплет мимо бункера, модель К-3")
    edited = anton.locator(".msg-customer", has_text="модель К-3")
    expect(edited).to_contain_text("Изменено")
    edited.locator("details.versions summary").click()
    expect(edited.locator("details.versions .version")).to_contain_text(subject)

    # He answers; it stands in her chat, formatted, and on the ticket that it was sent.
    anton.locator("trix-editor").click()
    anton.keyboard.type("Здравствуйте, Ольга! Проверьте заслонку.")
    anton.keyboard.press("Control+Enter")
    wait_until(lambda: "заслонку" in olga.heard[-1].get("text", ""), 60, "the answer in the chat")
    anton.locator(".msg-ours .delivery-sent").wait_for()
    expect(anton.locator(".msg-ours .delivery")).to_contain_text(re.compile("Отправлено|Доставлено"))

    # She looks how it stands.
    olga.say("/status")
    wait_until(lambda: "Ваши открытые обращения" in olga.heard[-1]["text"], 60, "the status")
    assert f"#{number}" in olga.heard[-1]["text"]

    # She blocks the bot, and the desk knows: no answer of ours disappears there.
    olga.block()
    blocked = "SELECT 1 FROM channels_in_thread WHERE external_id = %s AND is_blocked"
    wait_until(lambda: zerno.ask(blocked, str(OLGA["id"])), 60, "the block is known")
