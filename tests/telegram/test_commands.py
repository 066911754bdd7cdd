"""What the bot understands by itself, in both languages; who is proved by a link; groups."""

from datetime import timedelta

import pytest

from channels_in.kinds.telegram import deep_link
from channels_in.models import Inbound, TelegramLink, Thread
from common import clock
from people.models import Contact
from tests.support.fake_telegram import TOKEN, Fault
from tests.telegram.conftest import said, work
from tickets import commands
from tickets.content import Content
from tickets.models import Category, Message, Ticket
from tickets.status import default_status


def last(customer):
    return customer.heard[-1]["text"]


def test_start_greets_in_the_language_of_the_app(live, olga, john):
    olga.say("/start")
    john.say("/start")
    live()
    assert last(olga).startswith("Здравствуйте! Это поддержка «Зерно»")
    assert last(john).startswith("Hello! This is the support of Зерно.")
    assert not Ticket.objects.exists()
    assert {row.cause for row in Inbound.objects.all()} == {"command:start"}


def test_help_tells_of_every_command(live, olga):
    olga.say("/help")
    live()
    for name in ("/new", "/status", "/help"):
        assert name in last(olga)


def test_status_shows_open_requests_and_no_others(live, olga, john, world):
    olga.say("/status")
    live()
    assert last(olga) == "У вас нет открытых обращений."
    olga.say("Кофемашина течёт")
    john.say("Something else")
    live()
    ticket = Ticket.objects.get(subject="Кофемашина течёт")
    olga.say("/status")
    live()
    assert f"#{ticket.pk} Кофемашина течёт" in last(olga)
    assert "Something else" not in last(olga)
    commands.set_status(ticket.pk, status=default_status(Category.RESOLVED), actor=world.as_anna)
    olga.press(olga.heard[-1]["message_id"], "status")
    live()
    assert last(olga) == "У вас нет открытых обращений."


def test_new_begins_another_request(live, olga):
    olga.say("Первое")
    live()
    olga.say("/new")
    olga.say("Второе")
    live()
    assert list(Ticket.objects.order_by("pk").values_list("subject", flat=True)) == ["Первое", "Второе"]


def test_an_unknown_command_is_for_people(live, olga):
    olga.say("/refund заказ 5")
    live()
    assert Message.objects.get(direction="in").text == "/refund заказ 5"


def test_an_unknown_button_says_what_stands_on_it(live, olga, server):
    olga.say("Привет")
    live()
    message = olga.heard[-1]
    message["reply_markup"] = {"inline_keyboard": [[{"text": "Доставка", "callback_data": "flow:3"}]]}
    olga.press(message["message_id"], "flow:3")
    live()
    assert [text for direction, text in said(Ticket.objects.get()) if direction == "in"] == [
        "Привет",
        "Доставка",
    ]
    assert "answerCallbackQuery" in [name for name, _params in server.calls]


class TestTheLink:
    def payload(self, contact, world):
        return deep_link.make(contact, world.brand).partition("?start=")[2]

    def test_makes_the_account_the_customers(self, live, olga, world, bot):
        address = deep_link.make(world.vera, world.brand)
        assert address.startswith("https://t.me/zerno_bot?start=")
        payload = address.partition("?start=")[2]
        assert len(payload) <= 64
        olga.say(f"/start {payload}")
        live()
        assert "Мы узнали вас" in last(olga)
        olga.say("Снова течёт")
        live()
        ticket = Ticket.objects.get()
        assert ticket.requester == world.vera
        assert world.vera.identities.filter(kind="telegram", is_verified=True).exists()

    def test_takes_along_who_has_only_said_hello(self, live, olga, world, bot):
        olga.say("/start")
        live()
        olga.say(f"/start {self.payload(world.vera, world)}")
        live()
        assert "Мы узнали вас" in last(olga)
        olga.say("Снова течёт")
        live()
        assert Ticket.objects.get().requester.person == world.vera

    def test_an_account_with_a_history_is_left_to_an_agent(self, live, olga, world, bot):
        olga.say("Я уже писала")
        live()
        olga.say(f"/start {self.payload(world.vera, world)}")
        live()
        assert "Коллега соединит" in last(olga)
        assert Ticket.objects.get().requester.person != world.vera
        assert world.vera.claims.get().proof == "link"

    def test_is_good_once(self, live, olga, john, world, bot):
        payload = self.payload(world.vera, world)
        olga.say(f"/start {payload}")
        live()
        john.say(f"/start {payload}")
        live()
        assert "has been used or has expired" in last(john)
        assert not world.vera.identities.filter(value=str(john.user["id"])).exists()
        olga.say(f"/start {payload}")  # Telegram's button is pressed again and again
        live()
        assert "Мы узнали вас" in last(olga)

    @pytest.mark.parametrize("payload", ["1-AAAAAAAAAAAAAAAAAAAAAA", "x", "0", "-", "9" * 60])
    def test_cannot_be_forged(self, live, olga, world, bot, payload):
        self.payload(world.vera, world)
        olga.say(f"/start {payload}")
        live()
        assert "использована или устарела" in last(olga)
        assert not world.vera.identities.filter(kind="telegram").exists()

    def test_expires(self, live, olga, world, bot):
        payload = self.payload(world.vera, world)
        TelegramLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        olga.say(f"/start {payload}")
        live()
        assert "использована или устарела" in last(olga)

    def test_is_not_followed_in_a_group(self, live, john_in_group, world, bot):
        bot.telegram.allow_groups = True
        bot.telegram.save()
        john_in_group.say(f"/start {self.payload(world.vera, world)}")
        live()
        assert not world.vera.identities.filter(kind="telegram").exists()

    def test_needs_a_bot(self, world):
        assert deep_link.make(world.vera, world.brand) == ""


class TestGroups:
    @pytest.fixture
    def groups(self, bot):
        bot.telegram.allow_groups = True
        bot.telegram.save()

    def test_are_not_heard_unless_switched_on(self, live, john_in_group):
        john_in_group.say("Hello everybody")
        live()
        assert Inbound.objects.get().cause == "group"
        assert not Ticket.objects.exists()

    def test_are_answered_in_the_group_under_the_question(self, live, groups, john_in_group, world):
        john_in_group.say("The scales are broken")
        question = john_in_group.chat.messages[-1]
        live()
        ticket = Ticket.objects.get()
        assert ticket.requester.name == "John"
        assert john_in_group.heard == []  # no acknowledgement where others read
        commands.post_reply(ticket.pk, user=world.anna, content=Content(text="On our way"))
        work()
        assert last(john_in_group) == "On our way"
        assert john_in_group.heard[-1]["reply_to_message"]["message_id"] == question["message_id"]

    def test_others_in_it_take_part(self, live, groups, john_in_group, server, world):
        from tests.support.fake_telegram import Customer
        from tests.telegram.updates import GROUP, OLGA

        john_in_group.say("The scales are broken")
        Customer(server.state, server.state.bots[TOKEN], OLGA, GROUP).say("У нас тоже")
        live()
        ticket = Ticket.objects.get()
        assert [m.author_contact.name for m in ticket.messages.filter(direction="in")] == [
            "John",
            "Ольга Лебедева",
        ]

    def test_requests_are_not_shown_there(self, live, groups, john_in_group):
        john_in_group.say("/status")
        live()
        assert last(john_in_group) == "Ask me in private: others read here."

    def test_a_command_for_another_bot_is_not_ours(self, live, groups, john_in_group):
        john_in_group.say("/status@other_bot")
        live()
        assert john_in_group.heard == []

    def test_a_group_that_says_it_moved(self, live, groups, john_in_group):
        john_in_group.say("The scales are broken")
        live()
        john_in_group._send({"migrate_to_chat_id": -1_009})
        live()
        assert Thread.objects.get().external_id == "-1009"


def test_what_the_bot_says_by_itself_waits_as_telegram_asks(live, olga, server):
    server.faults.append(Fault("sendMessage", 429, "Too Many Requests", {"retry_after": 1}))
    olga.say("/help")
    live()
    assert olga.heard == []
    from channels_in.kinds.telegram import speaking
    from channels_in.models import TelegramCall

    TelegramCall.objects.update(not_before=clock.now())
    assert speaking.speak_due() == 1
    assert "/status" in last(olga)


def test_who_speaks_as_a_group_is_one_contact(live, bot, john_in_group):
    bot.telegram.allow_groups = True
    bot.telegram.save()
    john_in_group.user = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
    for text in ("Внимание", "Ещё раз"):
        john_in_group.say(text, sender_chat=john_in_group.chat.chat)
    live()
    [identity] = Ticket.objects.get().requester.identities.all()
    assert (identity.kind, identity.value) == ("external", f"telegram:{john_in_group.chat.chat['id']}")


def test_a_username_serves_where_there_is_no_name(live, server):
    from tests.support.fake_telegram import Customer

    nameless = {"id": 33, "is_bot": False, "first_name": "", "username": "nameless33"}
    Customer(server.state, server.state.bots[TOKEN], nameless).say("Hi there")
    live()
    assert Contact.objects.get(identities__value="33").name == "@nameless33"
