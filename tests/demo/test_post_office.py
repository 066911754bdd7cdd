"""The post office: a real SMTP server that keeps what leaves, and a page on which one answers."""

from __future__ import annotations

import os
import smtplib
import socket
import subprocess
import sys
import time
from email import message_from_bytes
from email.message import EmailMessage
from importlib import import_module

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.urls import clear_url_caches, include, path, set_urlconf

from helpdesk.demo import post_office

BACKEND = "people.backends.Backend"


@pytest.fixture
def office(settings, tmp_path):
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    return tmp_path / "post-office"


@pytest.fixture
def page(office, world, client, monkeypatch, settings):
    """The demonstration's addresses, which exist only where DEMO is on, and Anna's browser."""
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    patterns = [
        path("demo/mail/", include("helpdesk.demo.urls")),
        *import_module(settings.ROOT_URLCONF).urlpatterns,
    ]
    module = type(sys)("demo_urls")
    module.urlpatterns = patterns
    with override_settings(ROOT_URLCONF=module):
        clear_url_caches()
        client.force_login(world.anna, backend=BACKEND)
        yield client
    set_urlconf(None)
    clear_url_caches()


def reply(**headers) -> bytes:
    mail = EmailMessage()
    mail["From"] = "Зерно <support@zerno.example>"
    mail["To"] = "Вера <vera@severgrad.example>"
    mail["Reply-To"] = "support+t1.abc@zerno.example"
    mail["Subject"] = "Вопрос <b>1</b>"
    mail["Message-ID"] = "<ours@zerno.example>"
    mail["References"] = "<first@severgrad.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Уже смотрим.")
    mail.add_alternative("<p>Уже <b>смотрим</b><script>alert(1)</script></p>", subtype="html")
    mail.add_attachment(b"\x00\x01", maintype="application", subtype="pdf", filename="счёт.pdf")
    return mail.as_bytes()


def keep(**headers) -> str:
    return post_office.keep(
        reply(**headers),
        sender="support@zerno.example",
        recipients=["vera@severgrad.example", "boss@x.example"],
    )


def test_the_newest_stay(office, monkeypatch):
    monkeypatch.setattr(post_office, "KEEP", 3)
    names = [keep() for _ in range(5)]
    assert post_office.names() == sorted(names[2:], reverse=True)


def test_a_name_is_no_path(office):
    keep()
    (office.parent / "secret.eml").write_bytes(b"x")
    assert post_office.read("../secret") is None
    assert post_office.read("0" * 19 + "-nonsense") is None


def test_an_envelope_writes_no_headers_of_its_own(office):
    name = post_office.keep(b"Subject: x\r\n\r\nx", sender="a@b\r\nBcc: c@d", recipients=["e@f\nX-Evil: 1"])
    kept = post_office.read(name)
    assert kept.mail["X-Evil"] is None
    assert kept.mail["Bcc"] is None


def test_the_page_lists_and_shows(page):
    name = keep(Auto_Submitted="auto-replied")
    listed = page.get("/demo/mail/").content.decode()
    assert "vera@severgrad.example, boss@x.example" in listed
    assert "&lt;b&gt;1" in listed
    shown = page.get(f"/demo/mail/{name}/").content.decode()
    assert "support+t1.abc@zerno.example" in shown
    assert "sandbox=" in shown
    body = page.get(f"/demo/mail/{name}/body/")
    assert b"<script" not in body.content
    assert "sandbox" in body["Content-Security-Policy"]
    file = page.get(f"/demo/mail/{name}/files/1/")
    assert file.content == b"\x00\x01"
    assert file["Content-Disposition"].startswith("attachment")
    assert page.get(f"/demo/mail/{name}/files/7/").status_code == 404
    assert page.get("/demo/mail/nothing/").status_code == 404


def test_a_fragment_alone_refreshes_the_list(page):
    keep()
    answer = page.get("/demo/mail/", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in answer
    assert "vera@severgrad.example" in answer


def test_strangers_and_customers_stay_outside(page, world, client):
    name = keep()
    client.logout()
    assert client.get(f"/demo/mail/{name}/").status_code == 302
    client.force_login(world.carla, backend=BACKEND)
    assert client.get(f"/demo/mail/{name}/").status_code == 403
    assert client.post(f"/demo/mail/{name}/", {"text": "x"}).status_code == 403


def test_without_the_demonstration_there_is_no_such_page(world, client):
    client.force_login(world.anna, backend=BACKEND)
    assert client.get("/demo/mail/").status_code == 404


def test_an_answer_is_what_a_mail_program_would_send(office):
    kept = post_office.read(keep())
    mail = post_office.answer(kept, sender="vera@severgrad.example", text="Спасибо!", files=[])
    assert mail["To"] == "support+t1.abc@zerno.example"
    assert mail["In-Reply-To"] == "<ours@zerno.example>"
    assert mail["References"] == "<first@severgrad.example> <ours@zerno.example>"
    assert mail["Subject"] == "Re: Вопрос <b>1</b>"
    assert "> Уже смотрим." in mail.get_content()


@pytest.mark.parametrize(
    "given", [{"sender": "mallory@evil.example", "text": "x"}, {"sender": "", "text": "x"}]
)
def test_one_answers_only_as_somebody_who_got_it(page, given):
    name = keep()
    assert page.post(f"/demo/mail/{name}/", given).status_code == 422


def test_a_listener_that_is_away_is_said(page, settings):
    settings.MAIL_LISTEN_HOST, settings.MAIL_SMTP_PORT = "127.0.0.1", 9
    name = keep()
    answer = page.post(f"/demo/mail/{name}/", {"sender": "vera@severgrad.example", "text": "Спасибо"})
    assert "did not take it" in answer.content.decode()


def test_the_process_takes_real_mail(tmp_path, services):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "DEMO": "true", "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "post_office", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(100):
            time.sleep(0.1)
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
                    server.send_message(message_from_bytes(reply()), "a@x.example", ["b@y.example"])
                break
            except ConnectionRefusedError:
                continue
        with override_settings(VAR_DIR=tmp_path):
            kept = post_office.latest(5)
        assert [one.recipients for one in kept] == [["b@y.example"]]
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_without_the_demonstration_the_process_refuses(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="demonstration"):
        call_command("post_office")
