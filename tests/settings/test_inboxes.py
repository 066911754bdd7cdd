"""Connecting mailboxes: every field, no secret ever shown, and every refusal in words."""

from __future__ import annotations

import pytest

from channels_in.models import Inbox
from journal.models import Entry
from tests.world import World

NEW = {
    "name": "Sales", "address": "Sales@Zerno.example", "aliases": "shop@zerno.example\norders@zerno.example",
    "is_active": "on", "fetch": "listener", "imap_host": "", "imap_port": "993", "imap_security": "tls",
    "imap_user": "", "imap_password": "", "imap_folder": "", "imap_after": "seen", "imap_move_to": "",
    "smtp_host": "smtp.zerno.example", "smtp_port": "587", "smtp_security": "starttls", "smtp_user": "sales",
    "smtp_password": "a very secret thing", "sign": "password", "oauth_client_id": "",
    "oauth_client_secret": "", "oauth_refresh_token": "", "oauth_token_url": "",
    "oauth_scope": "", "acknowledge": "on",
    "authserv_ids": "MX.zerno.example, mx2.zerno.example",
}  # fmt: skip


@pytest.fixture
def form(world: World):
    return {**NEW, "brand": world.brand.pk, "team": world.first_line.pk}


@pytest.fixture
def sales(oleg, form) -> Inbox:
    assert oleg.post("/settings/inboxes/new/", form).status_code == 302
    return Inbox.objects.get(name="Sales")


def test_an_inbox_is_connected_with_all_its_fields(sales, world):
    assert sales.address == "sales@zerno.example"
    assert sales.aliases == ["shop@zerno.example", "orders@zerno.example"]
    assert sales.authserv_ids == ["mx.zerno.example", "mx2.zerno.example"]
    assert sales.smtp_password == "a very secret thing"
    assert sales.imap_folder == "INBOX"
    assert sales.acknowledge
    assert not sales.quote_history
    entry = Entry.objects.get(stream_type="inbox", stream_id=sales.pk)
    assert (entry.kind, entry.actor.id) == ("inbox_created", world.oleg.pk)


def test_a_secret_is_never_shown_and_blank_keeps_it(oleg, sales, form):
    path = f"/settings/inboxes/{sales.pk}/"
    assert "very secret" not in oleg.get(path).content.decode()
    oleg.post(path, {**form, "smtp_password": "", "name": "Sales department"})
    sales.refresh_from_db()
    assert (sales.name, sales.smtp_password) == ("Sales department", "a very secret thing")
    oleg.post(path, {**form, "smtp_password": "another one entirely"})
    sales.refresh_from_db()
    assert sales.smtp_password == "another one entirely"
    said = str(list(Entry.objects.filter(stream_type="inbox").values_list("data", flat=True)))
    assert "secret thing" not in said
    assert "another one" not in said


def test_a_stored_secret_does_not_go_to_another_server(oleg, sales, form):
    path = f"/settings/inboxes/{sales.pk}/"
    answer = oleg.post(path, {**form, "smtp_password": "", "smtp_host": "smtp.evil.example"})
    assert answer.status_code == 422
    sales.refresh_from_db()
    assert sales.smtp_host == "smtp.zerno.example"


def test_saving_the_same_again_records_nothing(oleg, sales, form):
    before = Entry.objects.count()
    oleg.post(f"/settings/inboxes/{sales.pk}/", {**form, "smtp_password": ""})
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "support@zerno.example"}, "address"),  # another inbox has it
        ({"address": "no address"}, "address"),
        ({"aliases": "nobody"}, "aliases"),
        ({"fetch": "imap"}, "imap_host"),
        ({"fetch": "pigeon"}, "fetch"),
        ({"smtp_port": "70000"}, "smtp_port"),
        ({"sign": "oauth2"}, "oauth_client_id"),
        ({"imap_after": "move"}, "imap_move_to"),
        ({"brand": "999999"}, "brand"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_changes_nothing(oleg, form, change, field):
    answer = oleg.post("/settings/inboxes/new/", {**form, **change})
    assert answer.status_code == 422
    assert f'id="id_{field}' in answer.content.decode()
    assert "field-error" in answer.content.decode()
    assert not Inbox.objects.filter(name="Sales").exists()


def test_another_mailbox_is_read_from_its_beginning(oleg, sales, form):
    Inbox.objects.filter(pk=sales.pk).update(imap_uidvalidity=7, imap_last_uid=900, last_error="x")
    change = {"fetch": "imap", "imap_host": "imap.zerno.example", "imap_user": "sales", "smtp_password": ""}
    oleg.post(f"/settings/inboxes/{sales.pk}/", {**form, **change})
    sales.refresh_from_db()
    assert (sales.imap_uidvalidity, sales.imap_last_uid, sales.last_error) == (None, 0, "")


def test_switched_off_it_stays_and_its_address_is_free(oleg, sales, form, world):
    off = {key: value for key, value in form.items() if key != "is_active"}
    oleg.post(f"/settings/inboxes/{sales.pk}/", {**off, "smtp_password": ""})
    sales.refresh_from_db()
    assert not sales.is_active
    assert oleg.post("/settings/inboxes/new/", {**form, "name": "Sales again"}).status_code == 302


def test_the_connection_test_says_in_words_what_is_wrong(oleg, world):
    path = f"/settings/inboxes/{world.inbox.pk}/check/"
    said = oleg.post(path, headers={"hx-request": "true"}).content.decode()
    assert "No server for outgoing mail is named" in said
    assert "<html" not in said
    assert "No server for outgoing mail is named" in oleg.post(path).content.decode()


def test_the_list_says_which_mailbox_does_not_answer(oleg, world, django_assert_num_queries):
    Inbox.objects.filter(pk=world.inbox.pk).update(
        failing_since=world.inbox.created_at, last_error="Login failed"
    )
    said = oleg.get("/settings/inboxes/").content.decode()
    assert "Does not answer" in said
    assert "Login failed" in said
