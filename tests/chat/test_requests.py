"""The chat's requests: whom a site lets in, who a customer is, files; and every refusal."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from channels_in.kinds.chat import lines, origins, sessions, tokens, uploads, verbs
from channels_in.models import ChatBan, ChatSession, ChatUpload
from common import clock
from people.models import Identity
from portal.chat import pack
from tests.chat.conftest import SHOP
from tickets.models import Attachment, Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_asked_before():
    cache.clear()


@pytest.fixture
def begin(client, widget):
    """``begin(token=…, identity=…)``: what the window asks first."""

    def ask(*, origin=SHOP, key="", **data):
        headers = {"Origin": origin} if origin else {}
        return client.post(
            f"/chat/{key or widget.key}/session/",
            json.dumps({"origin": SHOP, "language": "ru", **data}),
            content_type="application/json",
            headers=headers,
        )

    return ask


def claims(**given):
    return {"sub": "c-17", "exp": int((clock.now() + timedelta(hours=1)).timestamp()), **given}


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_begins_without_a_cookie_and_comes_back(begin):
    first = begin()
    assert first.status_code == 200 and not first.cookies
    assert first["Access-Control-Allow-Origin"] == SHOP
    again = begin(token=first.json()["token"])
    assert again.json()["session"] == first.json()["session"]
    session = ChatSession.objects.get()
    assert (session.origin, session.language, session.visits) == (SHOP, "ru", 1)


def test_a_visit_after_half_an_hour_is_another(begin):
    token = begin().json()["token"]
    then = clock.now() - timedelta(minutes=31)
    ChatSession.objects.update(seen_at=then, left_at=then)
    begin(token=token)
    assert ChatSession.objects.get().visits == 2


def test_other_sites_get_nothing(begin, client, widget):
    assert begin(origin="https://evil.example").status_code == 403
    assert begin(origin="null").status_code == 403
    preflight = client.options(f"/chat/{widget.key}/session/", headers={"Origin": SHOP})
    assert preflight.status_code == 204 and preflight["Access-Control-Allow-Origin"] == SHOP
    foreign = client.options(f"/chat/{widget.key}/session/", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert not ChatSession.objects.exists()


def test_nonsense_is_refused(begin, client, widget):
    assert begin(key="nosuchwidget").status_code == 404
    path = f"/chat/{widget.key}/session/"
    assert client.get(path).status_code == 405
    assert client.post(path, b"{", content_type="application/json").status_code == 400
    assert client.post(path, b"[]", content_type="application/json").status_code == 400
    assert client.post(path, b"x" * 20_000, content_type="application/json").status_code == 400
    widget.inbox.is_active = False
    widget.inbox.save()
    assert begin().status_code == 404


def test_one_network_cannot_open_sessions_without_end(begin, monkeypatch):
    from common.rates import Rate

    monkeypatch.setattr("portal.chat.views.NEW_SESSIONS", (Rate(2, 60),))
    assert [begin().status_code for _ in range(3)] == [200, 200, 429]


def test_a_banned_address_is_not_let_in(begin):
    ChatBan.objects.create(address="127.0.0.1")
    assert begin().status_code == 403
    ChatBan.objects.update(until=clock.now() - timedelta(seconds=1))
    assert begin().status_code == 200


def test_another_widgets_token_is_nobodys(begin, world, visit):
    from channels_in.models import ChatWidget, Inbox

    inbox = Inbox.objects.create(kind="chat", brand=world.other_brand, name="Other", address="")
    other = visit(at=ChatWidget.objects.create(inbox=inbox))
    answer = begin(token=tokens.session_token(other.session.key))
    assert answer.json()["session"] != other.session.key


# --- who the site says it is -----------------------------------------------------------------------


def test_the_site_proves_its_customer(begin, widget):
    token = tokens.sign_identity(
        claims(email="Katya@Shop.example", name="Катя", attributes={"tariff": "gold", "deep": {"x": 1}}),
        widget.identity_secret,
    )
    begin(identity=token)
    session = ChatSession.objects.get()
    assert session.is_known and session.contact.name == "Катя"
    assert session.attributes == {"tariff": "gold"}
    assert set(session.contact.identities.values_list("kind", "value", "is_verified")) == {
        ("external", "c-17", True),
        ("email", "katya@shop.example", True),
    }


def test_what_an_anonymous_visitor_said_goes_along(begin, widget, katya):
    katya.say("Пока не вошла")
    identity = tokens.sign_identity(claims(name="Катя"), widget.identity_secret)
    answer = begin(token=tokens.session_token(katya.session.key), identity=identity)
    assert answer.json()["session"] == katya.session.key
    katya.say("А теперь вошла")
    assert katya.reads() == ["Пока не вошла", "А теперь вошла"]
    assert Message.objects.last().author_contact.name == "Катя"


def test_two_customers_at_one_computer_never_see_each_other(begin, widget):
    first = begin(identity=tokens.sign_identity(claims(), widget.identity_secret)).json()
    second = begin(
        token=first["token"], identity=tokens.sign_identity(claims(sub="c-18"), widget.identity_secret)
    ).json()
    assert second["session"] != first["session"]
    signed_out = begin(token=second["token"], identity="").json()
    assert signed_out["session"] not in {first["session"], second["session"]}


def mangled(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'A' * len(signature)}"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda secret: tokens.sign_identity(claims(), "another secret"), "signature"),
        (lambda secret: mangled(tokens.sign_identity(claims(), secret)), "signature"),
        (lambda secret: tokens.sign_identity(claims(exp=1), secret), "expired"),
        (lambda secret: tokens.sign_identity(claims(exp=None), secret), "no-expiry"),
        (lambda secret: tokens.sign_identity(claims(exp=10**11), secret), "lives-too-long"),
        (lambda secret: tokens.sign_identity(claims(sub=""), secret), "nobody"),
        (lambda secret: tokens.sign_identity(claims(email="x"), secret), "email"),
        (lambda secret: "not-a-token", "malformed"),
        (lambda secret: "a.b.c", "malformed"),
        (lambda secret: "x" * 5000, "malformed"),
    ],
)
def test_a_false_proof_proves_nothing(begin, widget, make, reason):
    answer = begin(identity=make(widget.identity_secret))
    assert answer.status_code == 200 and answer.json()["identity"] == reason
    assert not ChatSession.objects.get().is_known
    assert not Identity.objects.filter(kind="external").exists()


def test_an_unsigned_token_is_refused(widget):
    head = tokens._encoded(b'{"alg":"none"}')
    body = tokens._encoded(json.dumps(claims()).encode())
    with pytest.raises(tokens.IdentityRefused):
        tokens.read_identity(f"{head}.{body}.", widget.identity_secret, clock.now())


# --- sites ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://shop.example:443", True),
        ("https://SHOP.example", True),
        ("http://shop.example", False),
        ("https://shop.example.evil.example", False),
        ("https://a.shop.example", False),
        ("https://a.b.mall.example", True),
        ("https://mall.example", False),
        ("https://evilmall.example", False),
        ("http://localhost:8000", True),
        ("null", False),
        ("", False),
        ("javascript:alert(1)", False),
        ("https://*.mall.example", False),
    ],
)
def test_which_origins_a_site_means(origin, allowed):
    sites = ["https://shop.example", "https://*.mall.example", "http://localhost:8000"]
    assert origins.allows(sites, origin) is allowed


@pytest.mark.parametrize(
    "site", ["shop.example", "ftp://shop.example", "https://", "https://shop.example/path", "https://a b"]
)
def test_what_is_no_site(site):
    with pytest.raises(ValueError, match=r".*"):
        origins.clean(site)


# --- the frame -----------------------------------------------------------------------------------


def test_the_frame_may_stand_on_its_sites_and_runs_nothing_else(client, widget):
    answer = client.get(f"/chat/{widget.key}/frame/?lang=ru")
    policy = answer["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {SHOP}" in policy
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "X-Frame-Options" not in answer
    said = re.search(r'id="settings">(.*?)</script>', answer.content.decode())
    assert json.loads(said[1])["words"]["greeting"] == "Здравствуйте! Чем помочь?"
    assert not answer.cookies


def test_the_administrators_words_cannot_leave_their_place(client, widget):
    widget.texts = {"ru": {"title": "</script><script>alert(1)</script>"}}
    widget.save()
    page = client.get(f"/chat/{widget.key}/frame/?lang=ru").content.decode()
    assert "<script>alert" not in page


def test_loader_window_and_style_weigh_less_than_15_kb(client, widget):
    loader = client.get("/chat/widget.js", headers={"Accept-Encoding": "gzip"})
    assert loader["Content-Encoding"] == "gzip"
    assert gzip.decompress(loader.content).decode() == pack.loader().text
    together = [pack.loader(), pack.app(), pack.style()]
    assert sum(len(one.compressed) for one in together) < 15_000
    again = client.get("/chat/widget.js", headers={"If-None-Match": loader["ETag"]})
    assert again.status_code == 304


def test_no_name_of_the_packed_modules_stands_twice():
    top = re.compile(r"^(?:export )?(?:const|let|class|function|async function) (\w+)", re.MULTILINE)
    names = []
    for module in pack.MODULES:
        names += top.findall((pack.FOLDER / module).read_text(encoding="utf-8"))
    assert len(names) == len(set(names))
    assert "import " not in pack.app().text and "export " not in pack.app().text


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def send(client, katya, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    def upload(name="photo.png", data=b"\x89PNG", token=None):
        token = tokens.session_token(katya.session.key) if token is None else token
        given = SimpleUploadedFile(name, data, content_type="image/png")
        return client.post("/chat/files/", {"file": given}, headers={"Authorization": f"Bearer {token}"})

    return upload


def test_a_file_goes_with_its_message_and_opens_for_its_visitor_only(client, katya, visit, send):
    key = send().json()["key"]
    katya.say("Вот фото", files=[key])
    (line,) = katya.sees()
    (file,) = line["files"]
    opened = client.get(file["url"])
    assert b"".join(opened.streaming_content) == b"\x89PNG"
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert Attachment.objects.get().message == Message.objects.get()
    stranger = visit()
    foreign = tokens.file_token(file["id"], stranger.session.pk)
    assert client.get(f"/chat/file/{foreign}/x").status_code == 404
    assert client.get("/chat/file/nonsense/x").status_code == 404
    headers = {"Authorization": f"Bearer {tokens.session_token(katya.session.key)}"}
    assert client.post(f"/chat/files/{file['id']}/address/", headers=headers).json()["url"]
    headers = {"Authorization": f"Bearer {tokens.session_token(stranger.session.key)}"}
    assert client.post(f"/chat/files/{file['id']}/address/", headers=headers).status_code == 404


def test_a_file_of_a_note_never_opens(client, katya, world, settings, tmp_path):
    from tickets import commands
    from tickets.content import Content, FileContent

    settings.MEDIA_ROOT = tmp_path
    katya.say()
    secret = FileContent("secret.txt", "text/plain", b"secret")
    commands.post_note(katya.ticket.pk, user=world.anna, content=Content(text="Только нам", files=[secret]))
    address = tokens.file_token(Attachment.objects.get().pk, katya.session.pk)
    assert client.get(f"/chat/file/{address}/secret.txt").status_code == 404


def test_an_address_of_a_file_runs_out(client, katya, send, monkeypatch):
    katya.say("Вот", files=[send().json()["key"]])
    url = katya.sees()[0]["files"][0]["url"]
    monkeypatch.setattr(tokens, "FILE_SECONDS", -1)
    assert client.get(url).status_code == 404


def test_files_of_others_cannot_be_sent(katya, visit, send):
    from channels_in.kinds.chat.hearing import Refused

    key = send().json()["key"]
    with pytest.raises(Refused) as refused:
        visit().say("Чужое", files=[key])
    assert refused.value.code == "unknown-file"


@pytest.mark.parametrize("name", ["run.exe", "run.EXE", "run.js.txt", "page.svg", "a.exe."])
def test_blocked_kinds_of_files(send, name):
    answer = send(name)
    assert answer.status_code == 422 and answer.json()["words"]
    assert not ChatUpload.objects.exists()


def test_limits_of_files(send, monkeypatch):
    assert send(data=b"").status_code == 422
    monkeypatch.setattr(uploads, "LARGEST", 3)
    assert send().status_code == 413
    monkeypatch.setattr(uploads, "LARGEST", 100)
    monkeypatch.setattr(uploads, "MOST_WAITING", 1)
    assert [send().status_code, send().status_code] == [200, 422]


def test_uploads_need_a_session(client, send, katya, world):
    assert send(token="nonsense").status_code == 401
    assert client.post("/chat/files/").status_code == 401
    assert client.get("/chat/files/").status_code == 405
    verbs.ban(katya.session.pk, user=world.anna)
    assert send().status_code == 401


def test_what_was_never_sent_is_forgotten(send, settings):
    send()
    assert uploads.forget_old(clock.now()) == 0
    assert uploads.forget_old(clock.now() + timedelta(days=3)) == 1
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


# --- banning -------------------------------------------------------------------------------------


def test_banning_keeps_the_person_out_and_can_be_undone(katya, visit, world):
    from channels_in.kinds.chat.hearing import Refused

    katya.say("Реклама")
    verbs.ban(katya.session.pk, user=world.anna, reason="Реклама", with_address=True)
    with pytest.raises(Refused) as refused:
        katya.say("Ещё реклама")
    assert refused.value.code == "banned"
    with pytest.raises(Refused):
        visit().say("С того же адреса")
    visit(address="203.0.113.99").say("С другого")
    assert verbs.unban(katya.session.pk, user=world.anna)
    katya.say("Исправилась")
    assert not verbs.unban(katya.session.pk, user=world.anna)


def test_a_sender_whose_mail_is_blocked_is_not_heard_in_the_chat(katya, world):
    from channels_in import blocking
    from channels_in.kinds.chat.hearing import Refused

    blocking.block("@spam.example", user=world.oleg)
    sessions.introduce(katya.fresh(), {"email": "bot@spam.example"})
    with pytest.raises(Refused):
        katya.say("Купите")


def test_old_sessions_are_forgotten_their_tickets_stay(katya):
    katya.say()
    ticket = katya.ticket
    assert sessions.forget_stale(clock.now() + timedelta(days=91)) > 0
    ticket.refresh_from_db()
    assert Message.objects.get().ticket == ticket
    assert not lines.ChatLine.objects.exists()
