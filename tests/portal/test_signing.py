"""Signing in by a code: for whoever has the address, known to us or not, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from email.header import decode_header, make_header

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from channels_in.models import BlockedSender
from people.models import Contact, Identity
from portal import codes, letters, tasks
from portal.models import PortalSession, SignInCode
from portal.sessions import COOKIE
from tests.portal.conftest import code_in_mail, sign_in

ASK, ENTER = "/portal/zerno/sign-in/", "/portal/zerno/sign-in/code/"


def later(**span):
    SignInCode.objects.update(
        created_at=timezone.now() - timedelta(**span),
        expires_at=timezone.now() - timedelta(**span) + codes.LIFE,
    )


def test_a_code_by_mail_opens_the_portal(portal, client):
    answer = client.post(ASK, {"address": " Vera@Severgrad.example ", "next": "/portal/zerno/requests/"})
    assert answer["Location"].startswith(ENTER)
    code = code_in_mail()
    letter = mail.outbox[-1]
    assert letter.to == ["vera@severgrad.example"]
    assert str(make_header(decode_header(letter.from_email))).startswith("Зерно <")
    assert code in letter.subject and "действует десять минут" in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
    answer = client.post(ENTER, {"code": f" {code[:3]} {code[3:]}", "next": "/portal/zerno/requests/"})
    assert answer["Location"] == "/portal/zerno/requests/"
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/portal/zerno/"
    assert "Мои обращения" in client.get("/portal/zerno/requests/").text
    identity = Identity.objects.get(value="vera@severgrad.example")
    assert identity.is_verified and identity.contact == portal.vera


def test_what_is_stored_opens_nothing(portal, client):
    client.post(ASK, {"address": "vera@severgrad.example"})
    code = code_in_mail()
    row = SignInCode.objects.get()
    assert code not in (row.code_hash, row.code) and row.code == "", "gone once the mail has left"
    client.post(ENTER, {"code": code})
    session = PortalSession.objects.get()
    assert client.cookies[COOKIE].value not in session.token_hash


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(portal):
    pages = []
    for address in (
        "vera@severgrad.example",
        "nobody-yet@new.example",
        "support@zerno.example",
        "ad@spam.example",
    ):
        BlockedSender.objects.get_or_create(pattern="@spam.example")
        browser = Client()
        first = browser.post(ASK, {"address": address})
        second = browser.get(ENTER)
        pages.append((first.status_code, first["Location"], second.text.replace(address, "")))
    assert len({(status, location) for status, location, _text in pages}) == 1
    assert not Contact.objects.filter(identities__value="nobody-yet@new.example").exists(), (
        "not made by asking"
    )
    letters.send_due()
    sent = {letter.to[0] for letter in mail.outbox}
    assert sent == {"vera@severgrad.example", "nobody-yet@new.example"}, (
        "never to ourselves, nor to the blocked"
    )


def test_somebody_new_is_made_once_they_have_proved_their_address(portal, client):
    sign_in(client, "new@kofe.example")
    contact = Contact.objects.get(identities__value="new@kofe.example")
    assert contact.identities.get().is_verified
    assert "Открытых обращений нет" in client.get("/portal/zerno/requests/").text


def test_five_wrong_tries_end_a_code(portal, client):
    client.post(ASK, {"address": "vera@severgrad.example"})
    code = code_in_mail()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1):
        answer = client.post(ENTER, {"code": wrong})
        assert answer.status_code == 422 and f"{left}" in answer.text
    assert "больше не действует" in client.post(ENTER, {"code": wrong}).text
    assert client.post(ENTER, {"code": code}).status_code == 422, "the right one comes too late"
    assert not PortalSession.objects.exists()


def test_a_code_ends_after_ten_minutes_and_is_good_once(portal, client):
    client.post(ASK, {"address": "vera@severgrad.example"})
    code = code_in_mail()
    later(minutes=11)
    answer = client.post(ENTER, {"code": code})
    assert answer.status_code == 302 and answer["Location"].startswith(ASK)
    SignInCode.objects.all().delete()
    client.post(ASK, {"address": "vera@severgrad.example"})
    code = code_in_mail()
    handle = client.cookies["portal_code"].value
    assert client.post(ENTER, {"code": code}).status_code == 302
    other = Client()
    other.cookies["portal_code"] = handle
    assert other.post(ENTER, {"code": code})["Location"].startswith(ASK)
    assert PortalSession.objects.count() == 1


def test_a_code_is_good_only_in_the_browser_and_at_the_brand_that_asked(portal, client):
    client.post(ASK, {"address": "vera@severgrad.example"})
    code = code_in_mail()
    stranger = Client()
    assert stranger.post(ENTER, {"code": code})["Location"].startswith(ASK)
    client.cookies["portal_code"]["path"] = "/"
    assert client.post("/portal/harbor/sign-in/code/", {"code": code})["Location"].startswith(
        "/portal/harbor/sign-in/"
    )
    assert not PortalSession.objects.exists()


def test_codes_are_sent_only_so_often_to_an_address(portal):
    first = Client().post(ASK, {"address": "vera@severgrad.example"})
    assert first.status_code == 302
    again = Client().post(ASK, {"address": "vera@severgrad.example"})
    assert again.status_code == 429 and "через минуту" in again.text
    for _ in range(4):
        later(minutes=2)
        assert Client().post(ASK, {"address": "vera@severgrad.example"}).status_code == 302
    SignInCode.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert Client().post(ASK, {"address": "vera@severgrad.example"}).status_code == 429
    assert SignInCode.objects.count() == 5
    later(hours=2)
    assert Client().post(ASK, {"address": "vera@severgrad.example"}).status_code == 302


def test_one_client_asks_only_so_often_and_the_client_is_the_one_behind_our_proxy(portal, settings):
    settings.TRUSTED_PROXIES = 1

    def ask(number, seen):
        return (
            Client()
            .post(
                ASK,
                {"address": f"a{number}@x.example"},
                headers={"x-forwarded-for": f"9.9.9.{number}, {seen}"},
            )
            .status_code
        )

    assert [ask(number, "203.0.113.7") for number in range(20)] == [302] * 20
    assert ask(30, "203.0.113.7") == 429, "whatever it claims to be"
    assert ask(31, "203.0.113.8") == 302


@pytest.mark.parametrize("address", ["", "vera", "a@b", "x" * 400 + "@x.example", "a\x00b@x.example"])
def test_what_is_no_address_is_said_beside_the_field(portal, client, address):
    answer = client.post(ASK, {"address": address})
    assert answer.status_code == 422 and "field-error" in answer.text
    assert not SignInCode.objects.exists()


def test_the_sign_in_leads_nowhere_outside(portal, client):
    for outside in ("https://evil.example/", "//evil.example", "/settings/", "/portal/harbor/requests/"):
        SignInCode.objects.all().delete()
        client.post(ASK, {"address": "vera@severgrad.example"})
        answer = client.post(ENTER, {"code": code_in_mail(), "next": outside})
        assert answer["Location"] == "/portal/zerno/", outside


def test_signing_out_ends_the_session_also_where_its_cookie_was_copied(portal, vera):
    copied = vera.cookies[COOKIE].value
    vera.post("/portal/zerno/sign-out/")
    thief = Client()
    thief.cookies[COOKIE] = copied
    assert thief.get("/portal/zerno/requests/").status_code == 302
    assert vera.get("/portal/zerno/sign-out/").status_code == 405


def test_a_session_ends_by_itself_and_is_good_at_one_brand_alone(portal, vera):
    vera.cookies[COOKIE]["path"] = "/"
    assert vera.get("/portal/harbor/requests/").status_code == 302
    assert vera.get("/portal/zerno/requests/").status_code == 200
    PortalSession.objects.update(expires_at=timezone.now())
    assert vera.get("/portal/zerno/requests/").status_code == 302


def test_one_sees_where_one_is_signed_in_and_ends_that(portal, vera, customer):
    phone = customer(portal.vera)
    other = customer(portal.peter)
    PortalSession.objects.filter(contact=portal.vera).update(
        browser="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    )
    page = vera.get("/portal/zerno/devices/").text
    assert page.count("Firefox, Windows") == 2 and "Этот браузер" in page
    theirs = PortalSession.objects.get(contact=portal.peter)
    assert vera.post(f"/portal/zerno/devices/{theirs.pk}/removal/").status_code == 404
    vera.post("/portal/zerno/devices/removal/")
    assert phone.get("/portal/zerno/requests/").status_code == 302
    assert vera.get("/portal/zerno/requests/").status_code == 200
    assert other.get("/portal/zerno/requests/").status_code == 200


def test_mail_that_cannot_leave_is_tried_again_and_never_after_its_end(portal, client, monkeypatch):
    client.post(ASK, {"address": "vera@severgrad.example"})
    monkeypatch.setattr(
        "django.core.mail.message.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError("away"))
    )
    assert letters.send_due() == 0
    assert SignInCode.objects.get().state == "waiting"
    monkeypatch.undo()
    assert letters.send_due() == 0, "not at once again"
    SignInCode.objects.update(claimed_until=None)
    assert letters.send_due() == 1
    assert letters.send_due() == 0, "once"
    later(minutes=11)
    SignInCode.objects.update(state="waiting", claimed_until=None)
    assert letters.send_due() == 0
    assert SignInCode.objects.get().state == "failed"


def test_old_rows_are_dropped(portal, vera):
    later(days=3)
    PortalSession.objects.update(expires_at=timezone.now() - timedelta(days=60))
    tasks.forget_old()
    assert not SignInCode.objects.exists() and not PortalSession.objects.exists()
