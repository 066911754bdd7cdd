"""What can go wrong on the way out, and that nothing is said twice or silently not at all."""

from datetime import timedelta

import pytest

from channels_in import outgoing, sender
from channels_in.kinds.telegram.api import ApiError, BotApi, Unreachable
from channels_in.models import Outbound, Thread
from common import clock
from people.models import Identity
from tests.support.fake_telegram import TOKEN, Fault
from tests.telegram.conftest import last_outbound, work
from tests.telegram.updates import OLGA
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
def answer(live, olga, world):
    """Olga has written; ``answer(text)`` is what Anna says to it."""
    olga.say("Когда приедет мастер?")
    live()
    ticket = Ticket.objects.get()

    def reply(text="Завтра", **content):
        return commands.post_reply(ticket.pk, user=world.anna, content=Content(text=text, **content))

    return reply


def plan_only():
    """Let the row be made without anything being sent."""
    from datetime import UTC, datetime

    from journal.drain import sweep_before

    while sweep_before(datetime.now(UTC), limit=10_000):
        pass


def hurry():
    """As if the wait were over."""
    sender._resting.clear()
    Outbound.objects.filter(status=Outbound.Status.WAITING).update(not_before=clock.now())
    sender.send_due()


def texts(olga):
    return [one["text"] for one in olga.heard[1:]]


def test_too_many_requests_waits_as_long_as_telegram_says(answer, olga, server):
    server.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 7", {"retry_after": 7}))
    answer()
    plan_only()
    sender.send_due()
    outbound = last_outbound()
    assert outbound.status == Outbound.Status.WAITING
    assert timedelta(seconds=5) < outbound.not_before - clock.now() <= timedelta(seconds=7)
    assert outbound.attempts == 0  # to wait is no failure
    hurry()
    assert texts(olga) == ["Завтра"]


def test_nothing_overtakes_in_a_chat(answer, olga, server):
    server.faults.append(Fault("sendMessage", 500, times=4))
    answer("Первое")
    answer("Второе")
    plan_only()
    for _attempt in range(4):
        hurry()
        assert texts(olga) == []
    hurry()
    assert texts(olga) == ["Первое", "Второе"]


def test_a_block_is_shown_on_the_message_and_on_the_contact(answer, olga, world, live):
    olga.chat.is_blocked = True  # and the update about it is still on its way
    answer()
    work()
    outbound = last_outbound()
    assert (outbound.status, outbound.status_code) == (Outbound.Status.FAILED, "403")
    assert outbound.server_words == "Forbidden: bot was blocked by the user"
    assert Thread.objects.get().is_blocked
    identity = Identity.objects.get(kind="telegram", value=str(OLGA["id"]))
    assert identity.bounced_at is not None
    answer("Ещё раз")
    work()
    assert last_outbound().status_code == "blocked"  # without asking Telegram again
    olga.block(blocked=False)
    live()
    assert not Thread.objects.get().is_blocked
    outgoing.retry(last_outbound().pk, actor=world.as_anna)
    work()
    assert texts(olga) == ["Ещё раз"]


def test_a_block_that_telegram_tells_of(answer, olga, live):
    olga.block()
    live()
    assert Thread.objects.get().is_blocked
    answer()
    work()
    assert last_outbound().status_code == "blocked"


def test_trying_again_on_purpose_forgets_the_block(answer, olga, live, world):
    olga.chat.is_blocked = True
    answer()
    work()
    olga.chat.is_blocked = False
    outgoing.retry(last_outbound().pk, actor=world.as_anna)
    work()
    assert texts(olga) == ["Завтра"]
    assert Identity.objects.get(kind="telegram").bounced_at is None


def test_a_long_answer_leaves_in_parts_each_once(answer, olga, server):
    """Telegram fails in the middle: what has arrived stays, what has not follows."""
    paragraphs = [f"{number}: " + "слово " * 500 for number in range(4)]
    server.faults += [Fault("sendMessage", times=0)]
    answer("\n\n".join(paragraphs))
    plan_only()
    real = server.fault
    asked = []

    def third_fails(method):
        if method == "sendMessage":
            asked.append(method)
            if len(asked) == 3:
                return Fault(method, 500)
        return real(method)

    server.fault = third_fails
    sender.send_due()
    assert [text[:2] for text in texts(olga)] == ["0:", "1:"]
    outbound = last_outbound()
    assert (outbound.status, len(outbound.taken)) == (Outbound.Status.WAITING, 2)
    server.fault = real
    hurry()
    assert [text[:2] for text in texts(olga)] == ["0:", "1:", "2:", "3:"]
    assert not last_outbound().maybe_twice


def test_an_answer_that_gets_lost_is_marked(answer, olga, server):
    """The message arrived, its receipt did not: nobody can know, so it goes again and says so."""
    server.faults.append(Fault("sendMessage", hang_up=True, after=True))
    answer()
    plan_only()
    sender.send_due()
    hurry()
    assert texts(olga) == ["Завтра", "Завтра"]
    outbound = last_outbound()
    assert (outbound.status, outbound.maybe_twice) == (Outbound.Status.SENT, True)


def test_a_worker_that_dies_while_sending(answer, olga, monkeypatch):
    """It is found by its lease; the part it had handed over may be there twice, and the message says so."""
    answer()
    plan_only()
    monkeypatch.setattr(
        "channels_in.kinds.telegram.sending._make", lambda *_given: (_ for _ in ()).throw(SystemExit)
    )
    with pytest.raises(SystemExit):
        sender.send_due()
    monkeypatch.undo()
    Outbound.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    sender.send_due()
    outbound = last_outbound()
    assert (outbound.status, outbound.maybe_twice) == (Outbound.Status.SENT, True)
    assert texts(olga) == ["Завтра"]


def test_a_server_that_is_away_holds_everything_back(answer, olga, server, settings):
    settings.TELEGRAM_API_URLS = ["http://127.0.0.1:9"]
    answer()
    plan_only()
    sender.send_due()
    outbound = last_outbound()
    assert outbound.status == Outbound.Status.WAITING
    assert "127.0.0.1:9" in outbound.server_words
    assert not outbound.maybe_twice
    settings.TELEGRAM_API_URLS = [server.url]
    hurry()
    assert texts(olga) == ["Завтра"]


def test_a_group_that_moved_is_followed(live, bot, john_in_group, world, server):
    bot.telegram.allow_groups = True
    bot.telegram.save()
    john_in_group.say("The scales are broken")
    live()
    moved = {**john_in_group.chat.chat, "id": -1_002_000_000_001}
    there = type(john_in_group)(server.state, john_in_group.bot, john_in_group.user, moved)
    john_in_group.chat.moved_to = moved["id"]
    ticket = Ticket.objects.get()
    commands.post_reply(ticket.pk, user=world.anna, content=Content(text="On our way"))
    plan_only()
    sender.send_due()
    hurry()
    assert [one["text"] for one in there.heard] == ["On our way"]
    assert Thread.objects.get().external_id == str(moved["id"])
    assert last_outbound().status == Outbound.Status.SENT


def test_a_revoked_token_is_no_fault_of_the_message(answer, server, olga):
    answer()
    plan_only()
    kept = server.state.bots.pop(TOKEN)
    sender.send_due()
    outbound = last_outbound()
    assert (outbound.status, outbound.status_code) == (Outbound.Status.WAITING, "401")
    server.state.bots[TOKEN] = kept
    hurry()
    assert texts(olga) == ["Завтра"]


def test_what_is_too_large_is_said_before_anything_leaves(answer, olga, monkeypatch):
    monkeypatch.setattr("channels_in.kinds.telegram.composing.MOST_BYTES_OUT", 50)
    answer("Вот", files=[FileContent("видео.mp4", "video/mp4", b"0" * 51)])
    work()
    outbound = last_outbound()
    assert (outbound.status, outbound.status_code) == (Outbound.Status.FAILED, "too-large")
    assert "видео.mp4" in outbound.server_words
    assert texts(olga) == []


def test_an_album_of_twelve_is_two(answer, olga):
    answer("", files=[FileContent(f"{n}.png", "image/png", PNG + bytes([n])) for n in range(12)])
    work()
    groups = [one.get("media_group_id") for one in olga.heard[1:]]
    assert len(groups) == 12
    assert len(set(groups)) == 2


def test_a_customer_who_never_wrote_cannot_be_answered_there(world, bot):
    ticket = world.ticket()
    commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Привет"), channel="telegram")
    work()
    assert last_outbound().status_code == "no-chat"


def test_a_ticket_that_came_by_mail_can_be_answered_in_the_customers_chat(live, olga, world):
    olga.say("Здравствуйте")
    live()
    contact = Ticket.objects.get().requester
    mailed = world.ticket(requester=contact)
    commands.post_reply(mailed.pk, user=world.anna, content=Content(text="И по почте"), channel="telegram")
    work()
    assert texts(olga) == ["И по почте"]


class TestTheTokenStaysSecret:
    def test_in_errors_of_the_network(self, server, settings, caplog):
        api = BotApi(TOKEN)
        server.stop()
        with pytest.raises(Unreachable) as caught:
            api.call("getMe")
        assert TOKEN not in repr(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert TOKEN not in repr(api)
        assert TOKEN not in caplog.text

    def test_in_logs(self, server, caplog):
        with caplog.at_level("INFO"):
            BotApi(TOKEN).call("getMe")
        assert TOKEN not in caplog.text

    def test_in_refusals(self, server):
        with pytest.raises(ApiError) as caught:
            BotApi("123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").call("getMe")
        assert "AAAA" not in str(caught.value)

    def test_no_other_server_gets_it(self, server):
        with pytest.raises(ApiError):
            BotApi(TOKEN, "https://evil.example")

    def test_at_rest(self, bot):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT token, secret FROM channels_in_telegrambot")
            token, secret = cursor.fetchone()
        assert TOKEN not in token
        assert bot.telegram.secret not in secret

    def test_paths_on_the_servers_own_disk_are_not_asked_for(self, server):
        for path in ("/etc/passwd", "a/../../b", "http://evil.example/x", ""):
            with pytest.raises(ApiError):
                BotApi(TOKEN).download(path)
