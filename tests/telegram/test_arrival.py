"""How updates reach us: by webhook with its secret, by long polling through every kind of trouble."""

import json
from time import monotonic, sleep

import pytest
from django.urls import reverse

from channels_in.kinds.telegram import bots, checking, connecting, polling
from channels_in.kinds.telegram.channel import SECRET_HEADER
from channels_in.models import Inbound, Inbox, TelegramBot
from journal.actor import Actor
from tests.support.fake_telegram import TOKEN, Fault
from tests.telegram import updates


@pytest.fixture
def hooked(bot: Inbox) -> Inbox:
    bot.telegram.mode = TelegramBot.Mode.WEBHOOK
    bot.telegram.save()
    return bot


class TestTheWebhook:
    def call(self, client, inbox, body, *, secret=None, **more):
        given = inbox.telegram.secret if secret is None else secret
        return client.generic(
            "POST",
            reverse("telegram_webhook", args=[inbox.telegram.path_key]),
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/json",
            headers={SECRET_HEADER: given} if given else {},
            **more,
        )

    def test_keeps_the_update_and_answers_at_once(self, client, hooked, django_assert_max_num_queries):
        update = updates.update(text="Здравствуйте")
        with django_assert_max_num_queries(8):
            answer = self.call(client, hooked, update)
        assert answer.status_code == 204
        row = Inbound.objects.get()
        assert (row.external_id, row.via, row.status) == (str(update["update_id"]), "webhook", "pending")
        assert row.envelope_from == str(updates.OLGA["id"])
        assert json.loads(bytes(row.raw)) == update

    def test_knows_an_update_that_comes_again(self, client, hooked):
        update = updates.update(text="Здравствуйте")
        assert self.call(client, hooked, update).status_code == 204
        assert self.call(client, hooked, update).status_code == 204
        assert Inbound.objects.count() == 1

    @pytest.mark.parametrize("secret", ["", "wrong", "п" * 64])
    def test_is_closed_without_the_secret(self, client, hooked, secret):
        given = secret.encode().decode("latin-1")  # as WSGI hands it over
        assert self.call(client, hooked, updates.update(text="x"), secret=given).status_code == 404
        assert not Inbound.objects.exists()

    def test_is_closed_for_a_bot_that_is_switched_off_or_unknown(self, client, hooked):
        Inbox.objects.filter(pk=hooked.pk).update(is_active=False)
        assert self.call(client, hooked, updates.update(text="x")).status_code == 404
        assert client.post("/hooks/telegram/nobody/").status_code == 404

    def test_takes_nothing_but_post(self, client, hooked):
        address = reverse("telegram_webhook", args=[hooked.telegram.path_key])
        assert client.get(address).status_code == 405

    @pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"update_id": "x"}', b"[" * 5000])
    def test_refuses_what_cannot_be_an_update(self, client, hooked, body):
        assert self.call(client, hooked, body).status_code == 400
        assert not Inbound.objects.exists()

    def test_refuses_what_is_too_long(self, client, hooked):
        body = json.dumps(updates.update(text="x" * 1_100_000)).encode()
        assert self.call(client, hooked, body).status_code == 413

    @pytest.mark.django_db(transaction=True)
    def test_is_called_by_telegram_itself(self, live_server, hooked, server, olga, settings):
        settings.BASE_URL = live_server.url
        connecting.connect(hooked.telegram)
        olga.say("По вебхуку")
        until = monotonic() + 60
        while not Inbound.objects.exists() and monotonic() < until:
            sleep(0.05)
        assert Inbound.objects.get().via == "webhook"
        assert server.state.bots[TOKEN].webhook["max_connections"] == 1
        assert [row["command"] for row in server.state.bots[TOKEN].commands["ru"]] == [
            "new",
            "status",
            "help",
        ]
        until = monotonic() + 60
        while olga.bot.updates and monotonic() < until:
            sleep(0.05)
        assert not olga.bot.updates


@pytest.mark.django_db(transaction=True)
class TestPolling:
    @pytest.fixture
    def poller(self, bot, monkeypatch):
        monkeypatch.setattr(polling, "WAIT_SECONDS", 1)
        monkeypatch.setattr(polling, "_BACKOFF", (0.1,))
        started = []

        def start():
            thread = polling.Poller(bot.pk)
            started.append(thread)
            thread.start()
            return thread

        yield start
        for thread in started:
            thread.stop()
        for thread in started:
            thread.join(60)

    def wait(self, condition, seconds=60.0):
        until = monotonic() + seconds
        while monotonic() < until:
            if condition():
                return
            sleep(0.05)
        raise AssertionError("it never came about")

    def stored(self):
        return list(Inbound.objects.order_by("pk").values_list("via", flat=True))

    def test_stores_what_is_said_and_confirms_it(self, poller, olga, bot):
        poller()
        olga.say("Раз")
        olga.say("Два")
        self.wait(lambda: self.stored() == ["poll", "poll"] and not olga.bot.updates)
        bot.refresh_from_db()
        assert bot.answered_at is not None
        bot.telegram.refresh_from_db()
        assert bot.telegram.last_update_id == int(Inbound.objects.latest("pk").external_id)

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("getUpdates", 500, times=2),
            Fault("getUpdates", 502, "Bad Gateway", times=2),
            Fault("getUpdates", 429, "Too Many Requests", {"retry_after": 0}, times=2),
            Fault("getUpdates", hang_up=True, times=2),
            Fault("getUpdates", hang_up=True, after=True, times=2),
        ],
        ids=["500", "502", "429", "hang-up", "answer lost"],
    )
    def test_goes_on_after_trouble_and_loses_nothing(self, poller, olga, server, fault, bot):
        server.faults.append(fault)
        olga.say("Не потеряйте")
        poller()
        self.wait(lambda: self.stored() == ["poll"])
        self.wait(lambda: not Inbox.objects.get(pk=bot.pk).failing_since)

    def test_takes_the_bot_back_from_a_webhook(self, poller, olga, server):
        server.state.bots[TOKEN].webhook = {"url": "http://127.0.0.1:9/hook"}
        olga.say("Я здесь")
        poller()
        self.wait(lambda: self.stored() == ["poll"])
        assert not server.state.bots[TOKEN].webhook

    def test_says_so_when_somebody_else_asks_too(self, poller, server, bot):
        conflict = "Conflict: terminated by other getUpdates request"
        server.faults.append(Fault("getUpdates", 409, conflict, times=1000))
        poller()
        self.wait(
            lambda: (
                "409" not in Inbox.objects.get(pk=bot.pk).last_error
                and Inbox.objects.get(pk=bot.pk).failing_since
            )
        )
        assert "terminated by other getUpdates" in Inbox.objects.get(pk=bot.pk).last_error

    def test_survives_numbers_that_begin_anew(self, poller, olga, server):
        """After a week of silence Telegram's numbers may be lower than the last one."""
        poller()
        olga.say("До")
        self.wait(lambda: len(self.stored()) == 1 and not olga.bot.updates)
        sleep(1.5)
        server.state.last_update_id -= 1_000_000
        olga.say("После")
        self.wait(lambda: len(self.stored()) == 2)

    def test_several_bots_are_polled_at_once_and_follow_their_settings(self, bot, server, olga, monkeypatch):
        monkeypatch.setattr(polling, "WAIT_SECONDS", 1)
        supervisor = polling.Supervisor()
        try:
            supervisor.look()
            assert len(supervisor) == 1
            olga.say("Раз")
            self.wait(lambda: self.stored() == ["poll"])
            Inbox.objects.filter(pk=bot.pk).update(is_active=False)
            supervisor.look()
            assert len(supervisor) == 0
        finally:
            supervisor.stop(5)
            sleep(1.5)  # the one that waited has ended, too

    def test_a_bot_that_is_deleted_is_polled_no_more(self, bot, world, server, olga, poller):
        thread = poller()
        olga.say("Раз")
        self.wait(lambda: self.stored() == ["poll"])
        bots.delete_bot(bot.pk, actor=Actor.user(world.oleg))
        thread.stop()
        olga.say("Ушло перед самым концом")
        self.wait(lambda: not thread.is_alive())
        assert set(self.stored()) == {"poll"}, "what a last question brought is kept"
        supervisor = polling.Supervisor()
        supervisor.look()
        assert len(supervisor) == 0
        late = poller()  # one that was about to begin
        self.wait(lambda: not late.is_alive())
        bot.refresh_from_db()
        assert bot.failing_since is None


class TestTheAlarm:
    def test_a_webhook_that_was_lost_is_set_again(self, hooked, server, settings):
        settings.BASE_URL = "https://desk.example"
        assert checking.look_at_webhooks() == 1
        assert server.state.bots[TOKEN].webhook["url"] == connecting.webhook_address(hooked.telegram)
        hooked.refresh_from_db()
        assert hooked.answered_at is not None

    def test_what_telegram_complains_of_is_shown(self, hooked, server, settings):
        from time import time

        settings.BASE_URL = "https://desk.example"
        checking.look_at_webhooks()
        server.state.bots[TOKEN].webhook |= {
            "last_error_date": int(time()),
            "last_error_message": "Wrong response from the webhook: 502 Bad Gateway",
        }
        checking.look_at_webhooks()
        hooked.refresh_from_db()
        assert "502" in hooked.last_error
        [problem] = checking.check(hooked)
        assert problem.code == "telegram.webhook_failing"

    def test_a_bot_that_is_well_has_no_problems(self, bot):
        assert checking.check(bot) == []

    def test_a_revoked_token_is_explained(self, bot, server):
        del server.state.bots[TOKEN]
        [problem] = checking.check(bot)
        assert problem.code == "telegram.token"
        assert "BotFather" in problem.hint
