"""The demonstration's Telegram: a server that keeps its chats, and a page on which one is the customer."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import clear_url_caches, include, path, reverse

import helpdesk.urls
from helpdesk.demo.telegram.cast import BOTS, PEOPLE
from helpdesk.demo.telegram.customer import Customer
from helpdesk.demo.telegram.server import FakeTelegram
from helpdesk.demo.telegram.state import State

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


@pytest.fixture
def server(tmp_path, settings):
    state = State(folder=tmp_path / "telegram")
    for bot in BOTS:
        state.add_bot(bot.token, username=bot.username, name=bot.name)
    fake = FakeTelegram(state).start()
    settings.TELEGRAM_PORT = int(fake.url.rpartition(":")[2])
    yield fake
    fake.stop()


@pytest.fixture
def page(client, world, settings):
    """The page as a demonstration has it."""
    settings.DEMO = True
    settings.ROOT_URLCONF = type("urls", (), {
        "urlpatterns": [
            *helpdesk.urls.urlpatterns, path("demo/telegram/", include("helpdesk.demo.telegram.urls")),
        ]
    })  # fmt: skip
    clear_url_caches()
    client.force_login(world.anna)
    yield reverse("demo_telegram")
    clear_url_caches()


def test_one_writes_sends_and_edits(client, page, server):
    address = f"{page}?bot=stockwren&as=john"
    assert "Nothing said yet" in client.get(address).content.decode()
    client.post(address, {"text": "Where is my parcel?", "action": "say"})
    photo = SimpleUploadedFile("a.png", PNG, "image/png")
    client.post(address, {"text": "This one", "action": "say", "files": photo})
    bot = server.state.bots[BOTS[1].token]
    assert [list(update)[1] for update in bot.updates] == ["message", "message"]
    said, pictured = (update["message"] for update in bot.updates)
    assert said["text"] == "Where is my parcel?"
    assert pictured["caption"] == "This one"
    client.post(address, {"text": "Where is it?", "action": "edit", "message": said["message_id"]})
    assert bot.updates[-1]["edited_message"]["text"] == "Where is it?"
    html = client.get(address).content.decode()
    assert "Where is it?" in html
    assert "edited" in html
    file_id = pictured["photo"][0]["file_id"]
    shown = client.get(reverse("demo_telegram_file", args=[file_id]), {"type": "image/png"})
    assert (shown.status_code, shown.content) == (200, PNG)
    hidden = client.get(reverse("demo_telegram_file", args=[file_id]), {"type": "text/html"})
    assert hidden["Content-Type"] == "application/octet-stream"


def test_a_button_is_pressed(client, page, server):
    address = f"{page}?bot=stockwren&as=john"
    client.post(address, {"text": "Hello", "action": "say"})
    bot = server.state.bots[BOTS[1].token]
    message = bot.updates[0]["message"]["message_id"]
    client.post(address, {"action": "press", "message": message, "choice": "status"})
    assert bot.updates[-1]["callback_query"]["data"] == "status"


def test_blocking_and_unblocking(client, page, server):
    address = f"{page}?bot=stockwren&as=john"
    client.post(address, {"action": "block"})
    assert "You have blocked the bot" in client.get(address).content.decode()
    client.post(address, {"action": "unblock"})
    assert "You have blocked the bot" not in client.get(address).content.decode()


def test_the_chat_is_swapped_only_when_it_has_changed(client, page, server):
    address = f"{page}?bot=stockwren&as=john"
    first = client.get(address, headers={"HX-Request": "true"})
    seen = first.content.decode().partition("seen=")[2].partition('"')[0]
    assert client.get(f"{address}&seen={seen}", headers={"HX-Request": "true"}).status_code == 204
    client.post(address, {"text": "Hello"})
    assert client.get(f"{address}&seen={seen}", headers={"HX-Request": "true"}).status_code == 200


def test_a_deep_link_leads_to_the_start_button(client, page, server):
    answer = client.get(
        reverse("demo_telegram_open", args=["stockwren_bot"]), {"start": "7-abc"}, follow=True
    )
    assert "/start 7-abc" in answer.content.decode()
    assert client.get(reverse("demo_telegram_open", args=["nobody"])).status_code == 404


def test_a_server_that_is_away_is_told(client, page, settings):
    settings.TELEGRAM_PORT = 9
    assert "does not answer" in client.get(page).content.decode()
    assert "does not answer" in client.post(page, {"text": "x"}, follow=True).content.decode()


def test_chats_outlive_the_process(tmp_path):
    folder = tmp_path / "telegram"
    state = State(folder=folder)
    bot = state.add_bot(BOTS[0].token, username="b", name="B")
    Customer(state, bot, PEOPLE["olga"]).send("photo", ("a.png", "image/png", PNG), caption="Вот")
    again = State(folder=folder)
    [chat] = again.chats.values()
    [message] = chat.messages
    assert message["caption"] == "Вот"
    assert again.content(message["photo"][0]["file_id"]) == PNG
    later = Customer(again, again.bots[BOTS[0].token], PEOPLE["olga"]).say("Ещё")
    assert later["message_id"] > message["message_id"]
    first, second = again.bots[BOTS[0].token].updates
    assert second["update_id"] > first["update_id"]
