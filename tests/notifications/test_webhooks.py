"""Webhooks, against a real HTTP server on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.db import connection, transaction

from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from notifications.models import Webhook, WebhookCall
from notifications.webhooks import commands, sender
from notifications.webhooks import http as wire
from notifications.webhooks.words import explain
from tests.notifications.hook_server import HookServer
from tests.support.certificates import Authority
from tests.support.load import allowed
from tickets.errors import Invalid
from tickets.events import WebhookRequested
from tickets.models import Ticket

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def server(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with HookServer() as running:
        yield running


@pytest.fixture
def now(monkeypatch):
    state = {"at": NOON}
    monkeypatch.setattr(clock, "now", lambda: state["at"])

    def pass_by(seconds: float) -> datetime:
        state["at"] += timedelta(seconds=seconds)
        return state["at"]

    return pass_by


@pytest.fixture
def hook(world, server, now):
    made, secret = commands.create_webhook(
        actor=Actor.user(world.oleg), name="CRM", url=server.url, brand=None, is_active=True
    )
    made.secret_once = secret
    return made


@pytest.fixture
def request_call(world, drain):
    """``request_call(hook, ticket)``: what a rule does."""

    def act(hook, ticket=None, **data):
        ticket = ticket or world.ticket(team=world.first_line)
        with transaction.atomic():
            Ticket.objects.lock(ticket.pk)
            record(WebhookRequested(ticket.pk, hook.pk, "rule:7", data), actor=Actor.system("rule:7"))
        drain()
        return WebhookCall.objects.filter(webhook=hook).order_by("-pk").first()

    return act


def send():
    sender._resting.clear()
    return sender.send_due()


def last(call):
    call.refresh_from_db()
    return call.tries[-1]


def test_a_call_tells_the_ticket_signed_and_with_its_key(world, server, hook, request_call):
    ticket = world.ticket("Сломалось", subject="Печь", team=world.first_line, assignee=world.anna)
    call = request_call(hook, ticket, reason="vip")
    assert send() == 1
    (told,) = server.told
    assert told.path == "/hook?x=1"
    body = json.loads(told.body)
    assert body["id"] == told.headers["Idempotency-Key"] == str(call.key)
    assert (body["event"], body["origin"], body["data"]) == ("ticket", "rule:7", {"reason": "vip"})
    assert body["ticket"]["subject"] == "Печь"
    assert body["ticket"]["assignee"]["name"] == "Anna Lind"
    assert body["ticket"]["requester"]["address"] == "vera@severgrad.example"
    timestamp = told.headers["X-Otklik-Timestamp"]
    assert int(timestamp) == NOON.timestamp()
    expected = hmac.new(hook.secret_once.encode(), timestamp.encode() + b"." + told.body, hashlib.sha256)
    assert told.headers["X-Otklik-Signature"] == f"sha256={expected.hexdigest()}"
    assert told.headers["Content-Type"] == "application/json; charset=utf-8"
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("done", 1), call.tries
    assert send() == 0


def test_an_entry_asks_once_however_often_it_is_heard(world, server, hook, request_call):
    call = request_call(hook)
    entry = Entry.objects.get(pk=call.entry_id)
    assert commands.request_call(entry.event, entry) == call
    assert WebhookCall.objects.count() == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_may_be_over_soon_is_tried_again_with_the_same_key(server, hook, request_call, now, status):
    server.answers = [status, 200]
    call = request_call(hook)
    send()
    call.refresh_from_db()
    assert (call.state, call.not_before) == ("waiting", NOON + timedelta(seconds=10))
    assert send() == 0
    now(11)
    send()
    call.refresh_from_db()
    assert (call.state, call.attempts, len(call.tries)) == ("done", 2, 2)
    assert len({told.headers["Idempotency-Key"] for told in server.told}) == 1
    assert len({told.headers["X-Otklik-Timestamp"] for told in server.told}) == 2


def test_after_the_last_try_it_has_failed_and_can_be_sent_again(server, hook, request_call, now):
    server.answers = [500]
    call = request_call(hook)
    tries = 0
    for _ in range(30):
        tries += send()
        now(43201)
    call.refresh_from_db()
    assert tries == len(sender.BACKOFF) + 1
    assert call.state == "failed"
    assert call.ended_at
    server.answers = [200]
    assert commands.send_again(call.pk)
    assert not commands.send_again(call.pk)  # on its way
    send()
    call.refresh_from_db()
    assert call.state == "done"
    assert len({told.headers["Idempotency-Key"] for told in server.told}) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "refused"), (404, "refused"), (410, "refused"), (301, "redirect"), (307, "redirect")],
)
def test_a_refusal_and_a_redirect_are_final(server, hook, request_call, status, code):
    server.answers = [(status, {"Location": "http://127.0.0.1:1/"}, b"no such thing")]
    call = request_call(hook)
    send()
    assert (last(call)["code"], call.state, call.attempts) == (code, "failed", 1)
    assert len(server.told) == 1


def test_a_redirect_is_not_followed(server, hook, request_call):
    with HookServer() as other:
        server.answers = [(307, {"Location": other.url})]
        request_call(hook)
        send()
        assert other.told == []


def test_the_other_side_may_ask_for_a_longer_rest_within_bounds(server, hook, request_call, now):
    server.answers = [
        (429, {"Retry-After": "120"}),
        (503, {"Retry-After": "999999"}),
        (503, {"Retry-After": "soon"}),
    ]
    call = request_call(hook)
    for expected in (120, 3600, 300):
        send()
        call.refresh_from_db()
        assert call.not_before - clock.now() == timedelta(seconds=expected)
        now(expected)


def test_nobody_there_is_tried_again(world, hook, request_call):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        commands.change_webhook(
            hook.pk, actor=Actor.user(world.oleg), url=f"http://127.0.0.1:{closed.getsockname()[1]}/"
        )
        call = request_call(hook)
        send()
    assert (last(call)["code"], call.state) == ("no-connection", "waiting")
    assert explain(last(call)) == "The server refused the connection."


def test_one_that_does_not_answer_costs_the_deadline_and_no_more(server, hook, request_call, monkeypatch):
    monkeypatch.setattr(wire, "SECONDS", 0.5)
    monkeypatch.setitem(wire.post.__kwdefaults__, "seconds", 0.5)
    server.delay = 3
    call = request_call(hook)
    began = time.monotonic()
    send()
    assert time.monotonic() - began < allowed(2)
    assert last(call)["code"] == "timeout"


def test_a_byte_at_a_time_does_not_hold_us(server, hook, request_call, monkeypatch):
    monkeypatch.setitem(wire.post.__kwdefaults__, "seconds", 0.5)
    server.answers = [(200, {}, b"x" * 1000)]
    server.drip = 0.05
    call = request_call(hook)
    began = time.monotonic()
    send()
    assert time.monotonic() - began < allowed(2)
    assert last(call)["code"] == "timeout"


def test_a_huge_answer_is_read_in_part(server, hook, request_call):
    server.answers = [(200, {}, b"y" * 5_000_000)]
    call = request_call(hook)
    send()
    assert (last(call)["code"], len(last(call)["detail"])) == ("ok", 500)


def test_an_answer_that_is_no_http_and_one_with_nul(hook, request_call, world, server):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak():
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        commands.change_webhook(
            hook.pk, actor=Actor.user(world.oleg), url=f"http://127.0.0.1:{listener.getsockname()[1]}/"
        )
        call = request_call(hook)
        send()
        thread.join(60)
    assert last(call)["code"] == "no-http"
    commands.change_webhook(hook.pk, actor=Actor.user(world.oleg), url=server.url)
    server.answers = [(200, {}, b"a\x00b\xff")]
    call = request_call(hook)
    send()
    assert last(call)["detail"] == "ab�"


def test_a_private_address_is_not_called_once_it_is_not_allowed(server, hook, request_call, settings):
    call = request_call(hook)
    settings.WEBHOOK_ALLOW_PRIVATE = False
    Webhook.objects.filter(pk=hook.pk).update(url=f"https://localhost:{server.port}/")
    send()
    assert (last(call)["code"], call.state) == ("forbidden", "failed")
    assert server.told == []


def test_a_name_that_changes_its_mind_is_asked_once(server, hook, request_call, monkeypatch):
    """DNS rebinding: what was looked at when asked first, another address when asked again."""
    asked, connected = [], []
    resolve, create = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(host, port, *args, **given):
        if host != "rebinding.example":
            return resolve(host, port, *args, **given)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def create_connection(address, **given):
        connected.append(address)
        return create(address, **given)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    Webhook.objects.filter(pk=hook.pk).update(url=f"http://rebinding.example:{server.port}/")
    call = request_call(hook)
    send()
    assert last(call)["code"] == "ok"
    assert connected == [("127.0.0.1", server.port)]
    assert asked == ["rebinding.example"]
    assert server.told[0].headers["Host"] == f"rebinding.example:{server.port}"


def test_a_switched_off_webhook_says_so_and_another_brands_is_not_asked(world, server, hook, request_call):
    commands.change_webhook(hook.pk, actor=Actor.user(world.oleg), is_active=False)
    call = request_call(hook)
    send()
    assert (last(call)["code"], call.state) == ("off", "failed")
    commands.change_webhook(hook.pk, actor=Actor.user(world.oleg), brand=world.other_brand)
    request_call(hook)
    assert WebhookCall.objects.count() == 1
    assert server.told == []


def test_a_worker_that_died_is_taken_over(server, hook, request_call, now):
    call = request_call(hook)
    ((claimed,), until) = sender._claim()
    assert claimed == call
    assert send() == 0
    now(121)
    assert send() == 1
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("done", 2)
    sender._settle(claimed, until, sender.Outcome("later"), 1, NOON)  # the dead one comes back
    call.refresh_from_db()
    assert call.state == "done"


def test_a_slow_webhook_does_not_make_the_others_wait_their_turn(world, server, hook, request_call):
    server.delay = 0.4
    others = [
        commands.create_webhook(
            actor=Actor.user(world.oleg), name=f"W{n}", url=server.url, brand=None, is_active=True
        )[0]
        for n in range(4)
    ]
    for each in (hook, *others):
        request_call(each)
    began = time.monotonic()
    assert send() == 5
    assert time.monotonic() - began < allowed(1.5)  # one after another it would be two seconds


def test_a_dead_webhook_rests_and_its_backlog_costs_nobody(server, hook, request_call, monkeypatch):
    monkeypatch.setitem(wire.post.__kwdefaults__, "seconds", 0.2)
    server.delay = 1
    for _ in range(5):
        request_call(hook)
    began = time.monotonic()
    assert send() == 1
    assert time.monotonic() - began < allowed(1)
    assert sender.send_due() == 0


def test_two_workers_do_not_call_twice(server, hook, request_call):
    request_call(hook)
    keys = {"dbname", "user", "password", "host", "port"}
    given = {key: value for key, value in connection.get_connection_params().items() if key in keys}
    other = psycopg2.connect(**given)  # another worker has begun
    try:
        other.cursor().execute("SELECT pg_try_advisory_lock(%s, 0)", [sender._LOCK])
        assert send() == 0
    finally:
        other.close()
    assert send() == 1


def test_tls_is_verified(hook, request_call, server, tmp_path, world):
    context = Authority(tmp_path).server_context()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak():
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                context.wrap_socket(peer, server_side=True)

        thread = threading.Thread(target=speak)
        thread.start()
        commands.change_webhook(
            hook.pk, actor=Actor.user(world.oleg), url=f"https://127.0.0.1:{listener.getsockname()[1]}/"
        )
        call = request_call(hook)
        send()
        thread.join(60)
    assert (last(call)["code"], call.state) == ("certificate", "waiting")


def test_the_secret_is_encrypted_and_in_no_journal(hook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM notifications_webhook WHERE id = %s", [hook.pk])
        stored = cursor.fetchone()[0]
    assert hook.secret_once not in stored
    assert hook.secret_once not in json.dumps(list(Entry.objects.values_list("data", flat=True)))
    assert Webhook.objects.get(pk=hook.pk).secret == hook.secret_once


def test_a_new_secret_signs_from_the_next_request_on(world, server, hook, request_call):
    renewed = commands.renew_secret(hook.pk, actor=Actor.user(world.oleg))
    assert renewed != hook.secret_once
    request_call(hook)
    send()
    (told,) = server.told
    signed = told.headers["X-Otklik-Timestamp"].encode() + b"." + told.body
    assert (
        told.headers["X-Otklik-Signature"]
        == "sha256=" + hmac.new(renewed.encode(), signed, hashlib.sha256).hexdigest()
    )


def test_a_lost_key_is_said_and_final(server, hook, request_call):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_webhook SET secret = 'gAAAA-of-another-key'")
    call = request_call(hook)
    send()
    assert last(call)["code"] == "unreadable"
    assert server.told == []


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://10.0.0.1/", "ftp://x/", "https://u:p@example.com/"]
)
def test_an_address_we_never_call_is_not_saved(world, url):
    with pytest.raises(Invalid):
        commands.create_webhook(actor=Actor.user(world.oleg), name="X", url=url, brand=None, is_active=True)
    assert not Webhook.objects.exists()


def test_changing_nothing_records_nothing(world, hook):
    before = Entry.objects.count()
    commands.change_webhook(hook.pk, actor=Actor.user(world.oleg), name="CRM", is_active=True, brand=None)
    assert Entry.objects.count() == before
