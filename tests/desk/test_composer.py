"""Writing: reply, note, draft, files, undo, and two people at once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from desk.models import PostedForm
from tickets import files
from tickets.content import FileContent
from tickets.models import Attachment, Category, Draft, Message, MessageKind, Status


@pytest.fixture
def ticket(world):
    return world.ticket(team=world.first_line)


def reply(ticket, html="<div>Уже <b>едем</b></div>", **more):
    return {
        "kind": "reply", "html": html, "to": "Вера <vera@severgrad.example>", "cc": "",
        "based_on": ticket.last_public_id, "key": "k1", **more,
    }  # fmt: skip


def test_a_reply_goes_to_the_customer(ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket))
    assert answer.status_code == 200
    assert "Reply sent." in answer.content.decode()
    message = Message.objects.get(ticket=ticket, kind=MessageKind.REPLY)
    assert message.text == "Уже едем"
    assert message.html == "<div>Уже <b>едем</b></div>"
    assert message.to == [{"name": "Вера", "address": "vera@severgrad.example"}]


def test_without_javascript_too(ticket, anna):
    data = {"kind": "reply", "text": "Просто текст", "to": "vera@severgrad.example"}
    answer = anna.post(f"/tickets/{ticket.pk}/messages/", data)
    message = Message.objects.get(ticket=ticket, kind=MessageKind.REPLY)
    assert answer["Location"] == f"/tickets/{ticket.pk}/#message-{message.pk}"
    assert message.text == "Просто текст"


def test_the_same_form_twice_posts_once(ticket, anna):
    for _ in range(2):
        assert anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket)).status_code == 200
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 1
    assert PostedForm.objects.count() == 1


def test_two_forms_with_long_keys_are_two(ticket, anna):
    """Found by killing processes: keys were cut to 64 characters, and the second reply was lost."""
    for number in range(2):
        key = f"{'a' * 100}-{number}"
        for _ in range(2):
            anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, key=key, force="on"))
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 2


def test_scripts_and_styles_do_not_get_in(ticket, anna):
    html = '<div onclick="x()" style="position:fixed">a<script>x()</script><img src=x onerror=x()></div>'
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, html))
    assert Message.objects.get(kind=MessageKind.REPLY).html == "<div>a</div>"


def test_a_note_stays_inside(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/messages/", {"kind": "note", "html": "<div>тихо</div>"})
    assert Message.objects.get(kind=MessageKind.NOTE).to == []


def test_an_expert_cannot_reply(world, egor):
    ticket = world.ticket(team=world.second_line)
    answer = egor.send(f"/tickets/{ticket.pk}/messages/", reply(ticket))
    assert answer.status_code == 422
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
    assert egor.send(f"/tickets/{ticket.pk}/messages/", {"kind": "note", "html": "ок"}).status_code == 200


def test_an_expert_moves_no_status_with_a_note(world, egor):
    ticket = world.ticket(team=world.second_line)
    data = {"kind": "note", "html": "ок", "status": world.status(Category.CLOSED).pk}
    egor.send(f"/tickets/{ticket.pk}/messages/", data)
    ticket.refresh_from_db()
    assert ticket.category == Category.NEW


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"html": ""}, "Write something"),
        ({"to": ""}, "Say who the reply goes to"),
        ({"to": "not an address"}, "is not an e-mail address"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(ticket, anna, given, words):
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, **given))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
    assert not PostedForm.objects.exists()


def test_somebody_was_faster(world, ticket, anna):
    seen = ticket.last_public_id
    world.receive(ticket, "И ещё одно!")
    data = reply(ticket, based_on=seen)
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", data)
    assert answer.status_code == 422
    assert "И ещё одно!" in answer.content.decode()
    assert "Send anyway" in answer.content.decode()
    assert anna.send(f"/tickets/{ticket.pk}/messages/", {**data, "force": "on"}).status_code == 200
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 1


def test_somebody_was_faster_without_javascript(world, ticket, anna):
    seen = ticket.last_public_id
    world.receive(ticket, "И ещё одно!")
    data = {"kind": "reply", "text": "Мой ответ", "to": "vera@severgrad.example", "based_on": seen}
    answer = anna.post(f"/tickets/{ticket.pk}/messages/", data)
    assert answer.status_code == 409
    assert "Мой ответ" in answer.content.decode()


def test_send_and_set_the_status_in_one(world, ticket, anna):
    solved = world.status(Category.RESOLVED)
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, status=solved.pk))
    ticket.refresh_from_db()
    assert ticket.category == Category.RESOLVED


def test_whoever_is_in_copy_may_answer(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, cc="Иван <ivan@severgrad.example>"))
    assert ticket.participants.get().contact.address == "ivan@severgrad.example"


def test_undo_brings_the_text_back(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket))
    message = Message.objects.get(kind=MessageKind.REPLY)
    answer = anna.send(f"/messages/{message.pk}/withdrawal/")
    assert "It is in your draft again" in answer.content.decode()
    message.refresh_from_db()
    assert message.withdrawn_at is not None
    assert Draft.objects.get(ticket=ticket).html == "<div>Уже <b>едем</b></div>"


def test_undo_takes_the_status_back_too(world, ticket, anna):
    resolved = Status.objects.get(category=Category.RESOLVED, is_default=True)
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, status=resolved.pk))
    assert "Reply sent." in answer.content.decode()
    message = Message.objects.get(kind=MessageKind.REPLY)
    anna.send(f"/messages/{message.pk}/withdrawal/")
    ticket.refresh_from_db()
    assert ticket.category == Category.NEW


def test_only_the_author_takes_a_reply_back(world, ticket, anna, by):
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket))
    message = Message.objects.get(kind=MessageKind.REPLY)
    assert by(world.maria).send(f"/messages/{message.pk}/withdrawal/").status_code == 422


def test_a_draft_is_kept_as_one_types_and_gone_when_sent(ticket, anna):
    data = {
        "kind": "reply",
        "html": "<div>Почти</div>",
        "to": '[{"name": "В", "address": "v@x.ru"}]',
        "cc": "[]",
    }
    assert anna.send(f"/tickets/{ticket.pk}/draft/", data).status_code == 204
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Почти" in page
    assert "v@x.ru" in page
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket))
    assert not Draft.objects.exists()


def test_a_draft_that_goes_on_in_another_window_is_not_overwritten(ticket, anna):
    """A window goes on from what it has written itself; another one must have seen it."""
    path = f"/tickets/{ticket.pk}/draft/"

    def save(html, window, seen="", **more):
        data = {"kind": "reply", "html": html, "window": window, "seen": seen, **more}
        return anna.send(path, data)

    first = save("<div>Раз</div>", "one")
    assert first["X-Draft"].partition("+")[0] in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert save("<div>Раз два</div>", "one").status_code == 204
    for seen in ("", first["X-Draft"], "nonsense"):
        assert save("<div>x</div>", "two", seen).status_code == 409
        assert save("", "two", seen).status_code == 409
    assert Draft.objects.get().html == "<div>Раз два</div>"
    latest = Draft.objects.get().updated_at.isoformat()
    assert save("<div>Раз два три</div>", "two", latest).status_code == 204
    assert save("<div>y</div>", "one", latest).status_code == 409
    assert save("<div>Моё</div>", "one", latest, over="on").status_code == 204
    assert Draft.objects.get().html == "<div>Моё</div>"
    assert save("", "two", Draft.objects.get().updated_at.isoformat()).status_code == 204
    assert not Draft.objects.exists()


def test_without_javascript_what_is_typed_counts_and_not_the_draft(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/draft/", {"kind": "reply", "html": "<div>Старый черновик</div>"})
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'name="html" id="composer-html" value=""' in page
    assert ">Старый черновик</textarea>" in page


def test_an_emptied_draft_is_none(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/draft/", {"kind": "note", "html": "<div>x</div>"})
    anna.send(f"/tickets/{ticket.pk}/draft/", {"kind": "note", "html": ""})
    assert not Draft.objects.exists()


def test_a_file_goes_along(ticket, anna):
    file = SimpleUploadedFile("лог.txt", "содержимое".encode(), "text/plain")
    chip = anna.send(f"/tickets/{ticket.pk}/attachments/", {"file": file})
    assert "лог.txt" in chip.content.decode()
    row = Attachment.objects.get()
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, attachments=str(row.pk)))
    row.refresh_from_db()
    assert row.message.kind == MessageKind.REPLY


def test_anothers_upload_is_not_ones_own(world, ticket, anna, by):
    file = SimpleUploadedFile("a.txt", b"x", "text/plain")
    by(world.maria).send(f"/tickets/{ticket.pk}/attachments/", {"file": file})
    row = Attachment.objects.get()
    assert anna.send(f"/attachments/{row.pk}/removal/").status_code == 404
    anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, attachments=str(row.pk)))
    row.refresh_from_db()
    assert row.message is None


def test_a_file_too_large_is_refused_in_words(ticket, anna, settings):
    settings.MAX_UPLOAD_BYTES = 10
    file = SimpleUploadedFile("big.bin", b"x" * 11, "application/octet-stream")
    assert anna.send(f"/tickets/{ticket.pk}/attachments/", {"file": file}).status_code == 422
    assert not Attachment.objects.exists()


def test_asking_somebody_outside(ticket, anna):
    data = {"to": "supplier@parts.example", "subject": "Деталь", "text": "Есть на складе?", "key": "out-1"}
    for _ in range(2):
        anna.send(f"/tickets/{ticket.pk}/side-threads/", data)
    message = Message.objects.get(kind=MessageKind.REPLY)
    assert message.side_thread.contact.address == "supplier@parts.example"
    assert message.to == [{"name": "", "address": "supplier@parts.example"}]
    ticket.refresh_from_db()
    assert ticket.last_public_id != message.pk


def test_a_full_disk_is_said_in_words_and_changes_nothing(ticket, anna, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    data = reply(ticket, uploads=SimpleUploadedFile("scan.png", b"\x89PNG"))
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", data)
    assert answer.status_code == 422
    assert "no room left" in answer.content.decode()

    data = reply(ticket, uploads=SimpleUploadedFile("scan.png", b"\x89PNG"))
    answer = anna.post(f"/tickets/{ticket.pk}/messages/", data)
    assert answer.status_code == 507
    assert "no room left" in answer.content.decode()
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_taking_back_twice_spoils_no_draft(world, by, ticket):
    """Found in review: a second click put an empty list of files into the draft, and the old words."""
    message = world.reply(ticket, "1 < 2")
    files.attach(message, [FileContent("scan.pdf", "application/pdf", b"x")])
    oleg = by(world.oleg)  # an administrator, not who had attached the file
    for _ in range(2):
        assert oleg.send(f"/messages/{message.pk}/withdrawal/").status_code == 200
    draft = Draft.objects.get(ticket=ticket, user=world.oleg)
    assert draft.html == "1 &lt; 2"
    assert draft.attachments == list(Attachment.objects.values_list("pk", flat=True))
    assert "scan.pdf" in oleg.get(f"/tickets/{ticket.pk}/").content.decode()


def test_the_last_message_is_offered_as_a_quotation(world, anna, egor):
    ticket = world.ticket("Первая\n\n<b>строка</b>", team=world.first_line)
    world.reply(ticket, "Наш ответ")
    page = anna.part(f"/tickets/{ticket.pk}/quotation/").content.decode()
    assert "Вера Ёлкина пишет:" in page  # in the customer's language, whoever reads
    assert "<blockquote>Первая<br><br>&lt;b&gt;строка&lt;/b&gt;</blockquote>" in page
    assert "Наш ответ" not in page
    assert egor.part(f"/tickets/{ticket.pk}/quotation/").status_code == 403
    assert "data-quote-insert" not in anna.get(f"/tickets/{ticket.pk}/quotation/").content.decode()
