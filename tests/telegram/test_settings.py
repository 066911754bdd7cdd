"""Bots in the settings: connected after their token was tried, edited, switched off; never a token shown."""

import pytest
from django.urls import reverse

from channels_in.inboxes import InboxChanged, InboxCreated
from channels_in.models import Inbox, TelegramBot
from journal.models import Entry
from tests.support.fake_telegram import TOKEN

OTHER = "700200:BBE-another-token-that-is-none-of-Telegrams"


@pytest.fixture
def oleg(client, world):
    client.force_login(world.oleg)
    return client


def given(world, **more):
    return {
        "token": TOKEN,
        "name": "",
        "brand": world.brand.pk,
        "team": world.first_line.pk,
        "is_active": "on",
        "mode": "polling",
        "api_url": "",
        "acknowledge": "on",
    } | more


def test_only_administrators_of_inboxes_see_bots(client, world):
    for user in (world.anna, world.egor):
        client.force_login(user)
        assert client.get(reverse("telegram_bots")).status_code == 403
        assert client.post(reverse("new_telegram_bot"), given(world)).status_code == 403


def test_a_bot_is_connected_by_its_token(oleg, world, server):
    assert "No bot yet" in oleg.get(reverse("telegram_bots")).content.decode()
    answer = oleg.post(reverse("new_telegram_bot"), given(world), follow=True)
    page = answer.content.decode()
    assert "The bot @zerno_bot is connected." in page
    assert TOKEN not in page
    inbox = Inbox.objects.get(kind="telegram")
    assert (inbox.name, inbox.brand, inbox.telegram.bot_id) == ("Зерно", world.brand, 700100)
    assert server.state.bots[TOKEN].commands[""][0]["description"] == "Begin a new request"
    entry = Entry.objects.get(kind=InboxCreated.kind, stream_id=inbox.pk)
    assert TOKEN not in str(entry.data)
    listed = oleg.get(reverse("telegram_bots")).content.decode()
    assert "@zerno_bot" in listed
    assert TOKEN not in listed


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "Enter the bot&#39;s token."),
        ("hello", "A token looks like"),
        (OTHER, "Telegram does not take it: Unauthorized"),
    ],
)
def test_a_token_that_is_none_is_refused_with_words(oleg, world, server, token, words):
    answer = oleg.post(reverse("new_telegram_bot"), given(world, token=token))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Inbox.objects.filter(kind="telegram").exists()


def test_the_same_bot_twice_is_refused(oleg, world, bot):
    answer = oleg.post(reverse("new_telegram_bot"), given(world))
    assert "This bot is connected already." in answer.content.decode()
    assert Inbox.objects.filter(kind="telegram").count() == 1


def test_a_server_that_the_installation_does_not_allow_is_refused(oleg, world, server):
    answer = oleg.post(reverse("new_telegram_bot"), given(world, api_url="https://evil.example"))
    assert answer.status_code == 422
    assert not Inbox.objects.filter(kind="telegram").exists()


def test_a_webhook_needs_https(oleg, world, server, settings):
    settings.TELEGRAM_API_URLS = ["https://api.telegram.org", server.url]
    answer = oleg.post(reverse("new_telegram_bot"), given(world, mode="webhook"))
    assert "Telegram calls HTTPS addresses only" in answer.content.decode()


def test_saving_sets_the_webhook_and_its_secret(oleg, world, bot, server, settings):
    settings.BASE_URL = "https://desk.example"
    oleg.post(reverse("telegram_bot", args=[bot.pk]), given(world, token="", name="Бот", mode="webhook"))
    row = TelegramBot.objects.get()
    webhook = server.state.bots[TOKEN].webhook
    assert webhook["url"] == f"https://desk.example/hooks/telegram/{row.path_key}/"
    assert webhook["secret_token"] == row.secret
    assert row.token == TOKEN  # an empty field keeps it
    entry = Entry.objects.filter(kind=InboxChanged.kind).latest("pk")
    assert entry.data["changes"]["mode"] == ["polling", "webhook"]


def test_switched_off_it_lets_go_of_the_bot(oleg, world, bot, server, settings):
    server.state.bots[TOKEN].webhook = {"url": "http://127.0.0.1:9/x"}
    values = given(world, token="", name="Бот")
    del values["is_active"]
    oleg.post(reverse("telegram_bot", args=[bot.pk]), values)
    bot.refresh_from_db()
    assert not bot.is_active
    assert not server.state.bots[TOKEN].webhook
    assert "Switched off" in oleg.get(reverse("telegram_bots")).content.decode()


def test_the_token_is_asked_again_for_another_server(oleg, world, bot, server, settings):
    settings.TELEGRAM_API_URLS = ["http://127.0.0.1:9", server.url]
    values = given(world, token="", name="Бот", api_url=server.url)
    answer = oleg.post(reverse("telegram_bot", args=[bot.pk]), values)
    assert "Enter the token again" in answer.content.decode()


def test_another_token_of_another_bot(oleg, world, bot, server):
    server.state.add_bot(OTHER, username="second_bot", name="Второй")
    oleg.post(reverse("telegram_bot", args=[bot.pk]), given(world, token=OTHER, name="Бот"))
    row = TelegramBot.objects.get()
    assert (row.bot_id, row.username, row.token) == (700200, "second_bot", OTHER)
    entry = Entry.objects.filter(kind=InboxChanged.kind).latest("pk")
    assert entry.data["changes"]["token"] == ["•••", "•••"]
    assert entry.data["changes"]["bot"] == ["@zerno_bot", "@second_bot"]


def test_trying_says_what_is_wrong(oleg, bot, server):
    address = reverse("telegram_bot_check", args=[bot.pk])
    assert "its updates come to us" in oleg.post(address, headers={"HX-Request": "true"}).content.decode()
    del server.state.bots[TOKEN]
    page = oleg.post(address).content.decode()
    assert "Telegram does not know this token" in page


def test_the_list_costs_the_same_for_one_and_for_three(
    oleg, world, bot, server, django_assert_max_num_queries
):
    def listed():
        with django_assert_max_num_queries(12) as counted:
            assert oleg.get(reverse("telegram_bots")).status_code == 200
        return len(counted)

    first = listed()
    for number in range(2):
        inbox = Inbox.objects.create(kind="telegram", brand=world.brand, name=f"Бот {number}")
        TelegramBot.objects.create(
            inbox=inbox, bot_id=number, token=OTHER, path_key=f"key{number}", secret="s", username="x"
        )
    assert listed() == first


def test_what_was_set_aside_says_who_and_why(oleg, bot, olga, john_in_group, live):
    john_in_group.say("Hello everybody")
    live()
    page = oleg.get(reverse("quarantine") + "?status=discarded").content.decode()
    assert "Hello everybody" in page
    assert "John" in page
    assert "the bot does not listen in groups" in page
