"""Sending a form: the ticket it becomes, what is said beside a field, what happens when something fails."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from channels_in import blocking, intake, quarantine
from channels_in.kinds.web_form import opening, tokens
from channels_in.models import Inbound, WebForm
from channels_in.redaction import redact_raw
from channels_in.web_forms import need_form_of_brand
from common import clock
from journal.actor import Actor
from people.models import Contact, Identity
from tests.forms.conftest import GOOD, errors
from tickets import answers, commands
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.django_db


def only() -> Ticket:
    return Ticket.objects.get(channel="form")


def test_a_form_becomes_a_ticket_with_what_was_answered(world, client, repair, fill, drain):
    answer = fill()
    assert answer.status_code == 302, errors(answer)
    ticket = only()
    assert (ticket.subject, ticket.service, ticket.requester) == ("Не греет", repair, world.vera)
    assert ticket.attributes == {"urgency": "now"}
    assert [tag.name for tag in ticket.tags.all()] == ["x5"]
    assert ticket.language == "ru"
    message = Message.objects.get(ticket=ticket)
    assert message.text.startswith("Включается, но вода холодная.\n\n")
    assert "Модель: Икс 5" in message.text
    assert "Согласен на обработку данных: да" in message.text
    words = {one.key: one.words for one in answers.shown(message.answers)}
    assert words["model"] == "X5", "an agent reads it in their own language"
    assert words["cups"] == "12"
    assert message.sender == {"name": "Вера Ёлкина", "address": "vera@severgrad.example"}
    page = client.get(answer["Location"]).content.decode()
    assert f"#{ticket.pk}" in page
    assert "vera@severgrad.example" in page


def test_answers_stay_readable_when_the_form_has_changed(repair, fill):
    fill()
    repair.form_fields.all().delete()
    message = Message.objects.get(ticket=only())
    shown = {one.label: one.words for one in answers.shown(message.answers)}
    assert shown["Модель"] == "X5"
    assert shown["Что случилось"] == "Не греет"


def test_what_is_wrong_stands_beside_its_field_and_everything_is_kept(client, fill):
    answer = fill(model="x6", what="", cups="много", email="vera", agree="")
    assert answer.status_code == 422
    assert set(errors(answer)) == {"email", "since", "what", "cups", "agree"}
    page = answer.content.decode()
    assert 'value="много"' in page
    assert "Включается, но вода холодная." in page
    assert 'value="x6" checked' in page
    assert not Inbound.objects.filter(inbox__kind="form").exists()
    assert not Ticket.objects.filter(channel="form").exists()


def test_files_stay_when_something_else_is_wrong(client, path, fill):
    shot = SimpleUploadedFile("экран.png", b"\x89PNG screenshot", content_type="image/png")
    answer = fill(what="", pictures=[shot])
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "экран.png" in page
    row = Attachment.objects.get()
    assert row.message is None
    kept = page.split('name="kept" value="')[1].split('"')[0]
    token = page.split('name="token" value="')[1].split('"')[0]
    again = fill_with(client, path, token=token, kept=kept)
    assert again.status_code == 302
    files = [(file.name, file.size) for file in Attachment.objects.filter(ticket=only())]
    assert files == [("экран.png", 15)]
    assert not Attachment.objects.filter(message=None).exists()


def fill_with(client, path, **more):
    return client.post(path, {**GOOD, "cups": "3", **more})


def test_files_of_another_form_are_not_opened_by_its_token(client, path, fill):
    shot = SimpleUploadedFile("secret.png", b"secret", content_type="image/png")
    page = fill(what="", pictures=[shot]).content.decode()
    kept = page.split('name="kept" value="')[1].split('"')[0]
    mallory = client.get(path).content.decode().split('name="token" value="')[1].split('"')[0]
    assert fill_with(client, path, token=mallory, kept=kept).status_code == 302
    assert not Attachment.objects.filter(ticket=only()).exists()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("setup.exe", b"MZ", "программы"),
        ("setup.EXE .", b"MZ", "программы"),
        ("empty.txt", b"", "пуст"),
    ],
)
def test_files_that_are_not_taken(fill, name, data, words):
    answer = fill(pictures=[SimpleUploadedFile(name, data)])
    assert answer.status_code == 422
    assert words in errors(answer)["pictures"]
    assert not Attachment.objects.exists()


def test_too_many_files_and_too_many_bytes(fill, monkeypatch):
    four = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(4)]
    assert "3" in errors(fill(pictures=four))["pictures"]
    large = [SimpleUploadedFile(f"{n}.bin", b"x" * (13 * 1024 * 1024)) for n in range(2)]
    answer = fill(pictures=large)
    assert "25" in errors(answer)["pictures"]
    assert not Ticket.objects.filter(channel="form").exists()


def test_the_same_form_sent_twice_is_one_ticket(client, path):
    token = client.get(path).content.decode().split('name="token" value="')[1].split('"')[0]
    first = fill_with(client, path, token=token)
    second = fill_with(client, path, token=token, what="Другое")
    assert first.status_code == second.status_code == 302
    assert Ticket.objects.filter(channel="form").count() == 1
    assert f"#{only().pk}" in client.get(second["Location"]).content.decode()


def test_an_old_or_foreign_token_sends_nothing_and_loses_nothing(client, path, settings):
    page = fill_with(client, path, token="nonsense")
    assert page.status_code == 422
    assert "Не греет" in page.content.decode()
    with clock.telling(clock.now() - timedelta(hours=13)):
        token = client.get(path).content.decode().split('name="token" value="')[1].split('"')[0]
    again = fill_with(client, path, token=token)
    assert again.status_code == 422
    fresh = again.content.decode().split('name="token" value="')[1].split('"')[0]
    assert tokens.read_token(fresh, *_of(token)).key == tokens.read_token(token, *_of(token)).key
    assert fill_with(client, path, token=fresh).status_code == 302


def _of(token):
    return signing.loads(token, salt="web_form.form")[:2]


def test_what_was_stored_says_what_was_sent(fill):
    fill()
    inbound = Inbound.objects.get(inbox__kind="form")
    head = json.loads(bytes(inbound.raw).split(b"\n")[0])
    assert (inbound.via, inbound.status, inbound.external_id) == ("web", "done", head["key"])
    assert head["email"] == "vera@severgrad.example"
    assert inbound.verdict["state"] == "claimed"


def test_a_failure_keeps_the_form_and_an_administrator_makes_it_a_ticket(client, fill, monkeypatch, world):
    def broken(*_args, **_given):
        raise RuntimeError("a slip of ours")

    with monkeypatch.context() as patched:
        patched.setattr(opening.commands, "open_ticket", broken)
        answer = fill()
        inbound = Inbound.objects.get(inbox__kind="form")
        for _ in range(3):
            Inbound.objects.filter(pk=inbound.pk).update(not_before=None)
            intake.drain_pending(inbound.inbox_id)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert f"F-{inbound.pk}" in page, "they hear that it was received"
    inbound.refresh_from_db()
    assert inbound.status == "quarantined"
    assert "a slip of ours" in inbound.detail
    quarantine.reprocess(inbound.pk, actor=Actor.user(world.oleg))
    assert only().subject == "Не греет"
    assert f"#{only().pk}" in client.get(answer["Location"]).content.decode()


def test_with_the_database_stumbling_the_form_still_counts_as_received(client, fill, monkeypatch):
    def away(_pk):
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(intake, "process", away)
        answer = fill()
    assert answer.status_code == 302
    inbound = Inbound.objects.get(inbox__kind="form")
    intake.drain_pending(inbound.inbox_id)
    assert only()


BROKEN = [
    b"",
    b"{}",
    b"[1]",
    b'{"version":1}',
    b"\xff\xfe",
    b'{"version":1,"files":[{"size":9}]}',
    b'{"version":1,"files":[],"key":"a","email":"","name":""}',
    b'{"version":1,"files":[],"key":1,"email":"a@b.ru"}',
]


@pytest.mark.parametrize("raw", BROKEN)
def test_what_is_no_form_goes_into_quarantine_and_can_be_attached(world, raw):
    inbox = need_form_of_brand(world.brand).inbox
    inbound, _new = intake.keep(inbox, raw, external_id="broken", via="web")
    intake.process(inbound.pk)
    inbound.refresh_from_db()
    assert (inbound.status, inbound.cause) == ("quarantined", "broken-form")
    ticket = world.ticket()
    quarantine.attach(inbound.pk, ticket.pk, actor=Actor.user(world.oleg))
    assert ticket.messages.count() == 2


def test_hostile_html_is_text_everywhere(world, client, fill):
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    answer = fill(what=evil, details=evil, name=evil)
    message = Message.objects.get(ticket=only())
    assert message.html == ""
    assert evil in message.text
    client.force_login(world.oleg, backend="people.backends.Backend")
    page = client.get(f"/tickets/{only().pk}/").content.decode()
    assert evil not in page
    assert "<script>alert" not in client.get(answer["Location"]).content.decode()
    wrong = fill(what="", details=f"</textarea>{evil}", cups=f'">{evil}').content.decode()
    assert "<script>alert" not in wrong


def test_an_address_that_was_only_typed_in_is_claimed(world, fill):
    known = Contact.objects.get(pk=world.vera.pk)
    fill(name="Somebody Else")
    ticket = only()
    assert ticket.requester == known
    known.refresh_from_db()
    assert known.name == "Вера Ёлкина", "a stranger cannot rename anybody"
    assert not Identity.objects.get(value="vera@severgrad.example").is_verified


def test_somebody_new_is_made_only_once_the_form_is_right(fill):
    fill(email="new@person.example", what="")
    assert not Identity.objects.filter(value="new@person.example").exists()
    fill(email="new@person.example", name="Новый")
    assert Identity.objects.get(value="new@person.example").contact.name == "Новый"


def test_a_blocked_sender_makes_no_ticket(world, fill):
    blocking.block("@severgrad.example", user=world.oleg)
    assert fill().status_code == 302
    assert not Ticket.objects.filter(channel="form").exists()
    assert Inbound.objects.get(inbox__kind="form").cause == "blocked"


def test_a_closed_form_and_a_service_of_another_brand(client, path, world, repair):
    assert client.get(f"/portal/harbor/new/{repair.pk}/").status_code == 404
    assert client.get("/portal/zerno/new/99999/").status_code == 404
    client.get(path)
    inbox = need_form_of_brand(world.brand).inbox
    inbox.is_active = False
    inbox.save()
    assert client.get(path).status_code == 404
    assert client.post(path, {}).status_code == 404


def test_opening_a_form_writes_nothing(client, path):
    assert client.get(path).status_code == 200
    assert not WebForm.objects.exists()
    assert client.put(path).status_code == 405


def test_where_no_service_is_the_general_form_comes_at_once(client, portal):
    assert client.get("/portal/zerno/new/")["Location"].endswith("/new/general/")
    page = client.get("/portal/zerno/new/general/")
    assert "О чём обращение?" in page.content.decode()


def test_the_choice_of_services_offers_something_else(client, repair):
    page = client.get("/portal/zerno/new/").content.decode()
    assert f"/portal/zerno/new/{repair.pk}/" in page
    assert "/portal/zerno/new/general/" in page


def test_an_address_can_fill_in_part_of_the_form(client, path):
    page = client.get(path + '?model=x6&what=Течёт"><b>').content.decode()
    assert 'value="x6" checked' in page
    assert 'value="Течёт&#34;&gt;&lt;b&gt;"' in page


def test_forged_requests_from_another_site_are_refused(path):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"what": "x"}).status_code == 403


def test_the_agent_sees_a_table_of_answers(world, client, fill):
    fill(model="x6", since="2026-11-20")
    client.force_login(world.oleg, backend="people.backends.Backend")
    page = client.get(f"/tickets/{only().pk}/").content.decode()
    assert "<dt>Модель</dt><dd>X6</dd>" in page
    assert "<dt>С какого дня</dt><dd>Nov. 20, 2026</dd>" in page
    assert "Address not confirmed" in page
    assert "Asked in the form" in page


def test_what_is_blacked_out_is_gone_from_answers_and_source(world, fill):
    fill(details="Мой пароль: korova123, позвоните.", pictures=[SimpleUploadedFile("a.txt", b"korova123")])
    message = Message.objects.get(ticket=only())
    commands.redact(message.pk, text="korova123", actor=world.as_anna)
    redact_raw(message.pk, text="korova123")
    message.refresh_from_db()
    assert "korova123" not in message.text + json.dumps(message.answers)
    assert b"korova123" not in bytes(Inbound.objects.get(message=message).raw)


def test_the_quarantine_shows_who_sent_a_form(world, client, fill, monkeypatch):
    monkeypatch.setattr(opening, "_subject", lambda *_given: 1 / 0)
    fill(name='Вера "Ё" \\ Елкина')
    inbound = Inbound.objects.get(inbox__kind="form")
    for _ in range(3):
        Inbound.objects.filter(pk=inbound.pk).update(not_before=None)
        intake.drain_pending(inbound.inbox_id)
    client.force_login(world.oleg, backend="people.backends.Backend")
    page = client.get("/settings/quarantine/").content.decode()
    assert "Не греет" in page
    assert "vera@severgrad.example" in page
    one = client.get(f"/settings/quarantine/{inbound.pk}/")
    assert "Вера &#34;Ё&#34; \\ Елкина" in one.content.decode()
    source = client.get(f"/settings/quarantine/{inbound.pk}/?download")
    assert source["Content-Type"] == "application/octet-stream"
