"""The settings pages of webhooks, and the failed mails on the page of mail health."""

import re

import pytest
from django.contrib.sessions.models import Session

from common import clock
from journal.actor import Actor
from journal.models import Entry
from notifications.models import NoticeMail, Webhook, WebhookCall
from notifications.webhooks import commands, sender
from tests.notifications.hook_server import HookServer

FORM = {"name": "CRM", "url": "https://crm.example/hook", "brand": "", "is_active": "on"}


@pytest.fixture
def hook(world):
    return commands.create_webhook(
        actor=Actor.user(world.oleg), name="CRM", url="https://crm.example/hook", brand=None, is_active=True
    )[0]


def test_the_secret_is_shown_once_and_is_nowhere_in_the_clear(world, oleg):
    answer = oleg.post("/settings/webhooks/new/", FORM)
    page = oleg.get(answer["Location"]).content.decode()
    (secret,) = set(re.findall(r"whsec_[\w-]+", page))
    assert Webhook.objects.get().secret == secret
    assert "whsec_" not in oleg.get(answer["Location"]).content.decode()
    assert all("whsec" not in str(each.get_decoded()) for each in Session.objects.all())


def test_between_the_pages_the_session_has_it_encrypted(world, oleg):
    oleg.post("/settings/webhooks/new/", FORM)
    kept = [each.get_decoded() for each in Session.objects.all()]
    assert any("webhook_secret" in each for each in kept)
    assert "whsec_" not in str(kept)


def test_a_secret_is_only_shown_on_its_own_webhooks_page(world, oleg, hook):
    oleg.post("/settings/webhooks/new/", FORM)
    assert "whsec_" not in oleg.get(f"/settings/webhooks/{hook.pk}/").content.decode()


def test_a_new_secret(world, oleg, hook):
    before = hook.secret
    answer = oleg.post(f"/settings/webhooks/{hook.pk}/secret/", follow=True)
    assert "whsec_" in answer.content.decode()
    hook.refresh_from_db()
    assert hook.secret != before
    assert Entry.objects.filter(stream_type="webhook", kind="webhook_secret_renewed").count() == 1


def test_another_secret_is_asked_about_first(world, oleg, hook):
    page = oleg.get(f"/settings/webhooks/{hook.pk}/").content.decode()
    asks, does = 'href="?asks=secret"', f'action="/settings/webhooks/{hook.pk}/secret/"'
    assert asks in page and does not in page
    page = oleg.get(f"/settings/webhooks/{hook.pk}/?asks=secret").content.decode()
    assert does in page and asks not in page
    assert "Make a new secret for the webhook “CRM”?" in page
    assert "The old one stops signing at once" in page
    before = hook.secret
    hook.refresh_from_db()
    assert hook.secret == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"url": ""}, {"url": "http://crm.example/"}, {"url": "https://10.0.0.1/"},
        {"url": "https://localhost:1\r\n/"}, {"url": "x" * 2000}, {"brand": "999"}, {"brand": "x"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["new", "edit"])
def test_what_is_wrong_is_said_and_changes_nothing(world, oleg, hook, wrong, page):
    address = "/settings/webhooks/new/" if page == "new" else f"/settings/webhooks/{hook.pk}/"
    answer = oleg.post(address, FORM | wrong)
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    (only,) = Webhook.objects.all()
    assert (only.name, only.url) == ("CRM", "https://crm.example/hook")


def test_editing(world, oleg, hook):
    form = {"name": "ERP", "url": "https://erp.example/", "brand": world.brand.pk}
    oleg.post(f"/settings/webhooks/{hook.pk}/", form)
    hook.refresh_from_db()
    assert (hook.name, hook.url, hook.brand, hook.is_active) == (
        "ERP", "https://erp.example/", world.brand, False,
    )  # fmt: skip


@pytest.mark.parametrize("who", ["anna", "maria", "egor"])
def test_only_administrators(world, by, hook, who):
    browser = by(getattr(world, who))
    for path in ("", "new/", f"{hook.pk}/", f"{hook.pk}/calls/"):
        assert browser.get(f"/settings/webhooks/{path}").status_code == 403
    for path in (f"{hook.pk}/test/", f"{hook.pk}/secret/", f"{hook.pk}/calls/1/retry/"):
        assert browser.post(f"/settings/webhooks/{path}").status_code == 403
    assert not WebhookCall.objects.exists()


def test_a_test_call_and_what_became_of_it(world, oleg, hook, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with HookServer() as server:
        server.answers = [(500, {}, b"<b>out of order</b>"), 204]
        Webhook.objects.update(url=server.url)
        oleg.post(f"/settings/webhooks/{hook.pk}/test/", headers={"HX-Request": "true"})
        sender.send_due()
        page = oleg.get(f"/settings/webhooks/{hook.pk}/").content.decode()
        assert "500 · The server asked for another try." in page
        assert "&lt;b&gt;out of order" in page
        WebhookCall.objects.update(not_before=clock.now())
        sender.send_due()
        call = WebhookCall.objects.get()
        assert call.state == "done"
        assert "Delivered" in oleg.get(f"/settings/webhooks/{hook.pk}/calls/").content.decode()
        assert "whsec_" not in page


def test_what_failed_can_be_sent_again(world, oleg, hook):
    call = commands.send_test(hook.pk)
    WebhookCall.objects.update(state="failed", attempts=8)
    oleg.post(f"/settings/webhooks/{hook.pk}/calls/{call.pk}/retry/")
    call.refresh_from_db()
    assert (call.state, call.attempts) == ("waiting", 0)
    other = commands.create_webhook(
        actor=Actor.user(world.oleg), name="B", url="https://b.example/", brand=None, is_active=True
    )[0]
    assert oleg.post(f"/settings/webhooks/{other.pk}/calls/{call.pk}/retry/").status_code == 404


def test_many_calls_come_in_pages(world, oleg, hook):
    now = clock.now()
    WebhookCall.objects.bulk_create(
        WebhookCall(webhook=hook, payload={}, not_before=now, created_at=now, state="done") for _ in range(70)
    )
    seen, path = [], f"/settings/webhooks/{hook.pk}/"
    while path:
        page = oleg.get(path).content.decode()
        seen += re.findall(r"Idempotency-Key: ([0-9a-f-]{36})", page)
        found = re.search(r'href="([^"]+\?before=\d+)#', page)
        path = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 70


def test_a_notice_mail_that_failed_is_seen_and_sent_again(world, oleg):
    mail = NoticeMail.objects.create(
        user=world.anna, state="failed", is_open=False, not_before=clock.now(), created_at=clock.now(),
        external_id="x@y", error="550 No such user",
    )  # fmt: skip
    assert "550 No such user" in oleg.get("/settings/mail-health/").content.decode()
    oleg.post(f"/settings/notice-mails/{mail.pk}/retry/")
    mail.refresh_from_db()
    assert mail.state == "waiting"
    assert oleg.post(f"/settings/notice-mails/{mail.pk}/retry/").status_code == 404
