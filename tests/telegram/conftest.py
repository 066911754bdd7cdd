"""A bot of the brand, the Bot API server it talks to, Olga who writes to it, and the whole way in and out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic, sleep

import pytest

from channels_in import draining, sender
from channels_in.kinds.telegram import api, arriving, bots, connecting, fetching, speaking
from channels_in.kinds.telegram.api import BotApi
from channels_in.models import Inbound, Inbox, Outbound, TelegramFile
from journal.actor import Actor
from journal.drain import sweep_before
from tests.support.fake_telegram import TOKEN, Customer, FakeTelegram
from tests.telegram.updates import GROUP, JOHN, OLGA
from tests.world import World, make_world
from tickets.models import Message, Ticket


@pytest.fixture
def world(db) -> World:
    sender._resting.clear()
    return make_world()


@pytest.fixture
def server(settings) -> Iterator[FakeTelegram]:
    fake = FakeTelegram().start()
    fake.state.add_bot(TOKEN, username="zerno_bot", name="Зерно")
    settings.TELEGRAM_API_URLS = [fake.url]
    yield fake
    api.close()
    fake.stop()


@pytest.fixture
def bot(world: World, server: FakeTelegram) -> Inbox:
    me = connecting.look(TOKEN, "")
    return bots.create_bot(
        me=me,
        actor=Actor.user(world.oleg),
        brand=world.brand,
        name="Бот «Зерна»",
        team=world.first_line,
        token=TOKEN,
    )


@pytest.fixture
def olga(server: FakeTelegram) -> Customer:
    return Customer(server.state, server.state.bots[TOKEN], OLGA)


@pytest.fixture
def john(server: FakeTelegram) -> Customer:
    return Customer(server.state, server.state.bots[TOKEN], JOHN)


@pytest.fixture
def john_in_group(server: FakeTelegram) -> Customer:
    return Customer(server.state, server.state.bots[TOKEN], JOHN, GROUP)


def arrive(bot: Inbox) -> int:
    """Fetch and store what waits at the server, as the poller does."""
    calls = BotApi.of(bot.telegram)
    found = calls.call("getUpdates", {"timeout": 0})
    for update in found:
        arriving.store(bot, update, via=Inbound.Via.POLL)
    if found:
        calls.call("getUpdates", {"timeout": 0, "offset": found[-1]["update_id"] + 1})
    return len(found)


def work(seconds: float = 60.0) -> None:
    """What workers do, until nothing is left to do: files, intake, what follows, what is said and sent."""
    ends = monotonic() + seconds
    while monotonic() < ends:
        done = sum(fetching.fetch(row) for row in fetching.waiting())
        done += draining.sweep_inbound()
        while follows := sweep_before(datetime.now(UTC), limit=10_000):
            done += follows
        done += speaking.speak_due() + sender.send_due()
        busy = (
            Inbound.objects.filter(status=Inbound.Status.PENDING).exists()
            or TelegramFile.objects.filter(status=TelegramFile.Status.WAITING).exists()
        )
        if not done and not busy:
            return
        if not done:
            sleep(0.05)
    raise AssertionError(f"still busy: {list(Inbound.objects.values_list('status', 'detail', 'not_before'))}")


@pytest.fixture
def live(bot: Inbox) -> Callable[[], None]:
    """Everything that has been written, on both sides, gets where it belongs."""

    def settle() -> None:
        arrive(bot)
        work()

    return settle


@pytest.fixture
def ticket(live) -> Callable[[], Ticket]:
    """The one ticket there is."""

    def only() -> Ticket:
        return Ticket.objects.get()

    return only


def said(ticket: Ticket) -> list[tuple[str, str]]:
    """The conversation: direction and text."""
    return list(Message.objects.filter(ticket=ticket).order_by("pk").values_list("direction", "text"))


def last_outbound() -> Outbound:
    return Outbound.objects.order_by("-pk")[0]
