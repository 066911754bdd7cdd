"""From a customer's first message in Telegram to the agent's answer and back."""

import pytest

from channels_in.models import Inbound, Outbound, Thread
from channels_in.redaction import redact_raw
from people.models import Contact, Identity
from tests.telegram.conftest import arrive, last_outbound, said, work
from tests.telegram.updates import OLGA
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Attachment, Category, Channel, Message, Ticket
from tickets.status import default_status

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def test_a_message_becomes_a_ticket_and_is_acknowledged(live, olga, world):
    olga.say("Здравствуйте! Кофемашина течёт.")
    live()
    ticket = Ticket.objects.get()
    assert ticket.channel == Channel.TELEGRAM
    assert ticket.subject == "Здравствуйте! Кофемашина течёт."
    assert ticket.team == world.first_line
    assert ticket.language == "ru"
    contact = ticket.requester
    assert (contact.name, contact.language) == ("Ольга Лебедева", "ru")
    identity = contact.identities.get()
    assert (identity.kind, identity.value, identity.is_verified) == ("telegram", str(OLGA["id"]), True)
    thread = Thread.objects.get()
    assert (thread.ticket, thread.contact) == (ticket, contact)
    assert thread.state["username"] == "olga_leb"
    [answer] = olga.heard
    assert answer["text"] == f"Спасибо, получили: ваше обращение #{ticket.pk}. Ответит человек, прямо здесь."
    assert answer["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "new"


def test_the_same_update_twice_is_one_message(live, olga, bot, server):
    olga.say("Раз")
    update = dict(server.state.bots[olga.bot.token].updates[0])
    live()
    olga.bot.updates.append(update)
    live()
    assert Message.objects.filter(direction="in").count() == 1
    assert Inbound.objects.count() == 1


def test_what_follows_joins_the_ticket_in_order(live, olga):
    for number in range(6):
        olga.say(f"Строка {number}")
    live()
    [ticket] = Ticket.objects.all()
    incoming = [text for direction, text in said(ticket) if direction == "in"]
    assert incoming == [f"Строка {number}" for number in range(6)]


def test_the_agents_answer_reaches_the_chat(live, olga, world):
    olga.say("Когда приедет мастер?")
    live()
    ticket = Ticket.objects.get()
    html = "<div>Завтра в <strong>10:00</strong>, <a href='https://example.com/m'>его маршрут</a>.</div>"
    commands.post_reply(
        ticket.pk, user=world.anna, content=Content(text="Завтра в 10:00, его маршрут.", html=html)
    )
    work()
    answer = olga.heard[-1]
    assert answer["text"] == "Завтра в 10:00, его маршрут."
    assert answer["entities"] == [
        {"type": "bold", "offset": 9, "length": 5},
        {"type": "text_link", "offset": 16, "length": 11, "url": "https://example.com/m"},
    ]
    outbound = last_outbound()
    assert outbound.status == Outbound.Status.SENT
    assert outbound.taken == [[str(answer["message_id"])]]
    assert not outbound.maybe_twice


def test_an_answer_to_our_message_finds_it_and_quotes_it(live, olga, world):
    olga.say("Привет")
    live()
    commands.post_reply(Ticket.objects.get().pk, user=world.anna, content=Content(text="Какая модель?"))
    work()
    asked = olga.heard[-1]
    olga.say("Вот эта", reply_to_message=asked)
    live()
    message = Message.objects.filter(direction="in").latest("pk")
    assert (message.text, message.quoted_text) == ("Вот эта", "Какая модель?")


def test_formatting_of_the_customer_is_shown(live, olga):
    olga.say("Очень 🔥 важно", entities=[{"type": "bold", "offset": 9, "length": 5}])
    live()
    message = Message.objects.get(direction="in")
    assert message.text == "Очень 🔥 важно"
    assert message.html == "Очень 🔥 <b>важно</b>"


class TestFiles:
    def test_an_album_is_one_message(self, live, olga):
        olga.album([("a.jpg", "image/jpeg", PNG + bytes([n])) for n in range(3)], caption="Вот следы воды")
        olga.say("И ещё слышен шум")
        live()
        album, text = Message.objects.filter(direction="in").order_by("pk")
        assert album.text == "Вот следы воды"
        files = list(album.attachments.order_by("pk"))
        assert [file.size for file in files] == [109, 109, 109]
        assert {file.content_type for file in files} == {"image/jpeg"}
        assert text.text == "И ещё слышен шум"
        assert Ticket.objects.count() == 1
        assert set(Inbound.objects.values_list("status", flat=True)) == {Inbound.Status.DONE}

    def test_an_album_survives_a_restart_in_the_middle(self, live, olga, bot):
        """Nothing is remembered but rows: a worker that died after the first piece changes nothing."""
        from channels_in import draining

        photos = [("a.jpg", "image/jpeg", PNG + bytes([n])) for n in range(2)]
        olga.album(photos, caption="Две")
        arrive(bot)
        draining.sweep_inbound()  # the first piece is looked at, and waits
        assert set(Inbound.objects.values_list("status", flat=True)) == {Inbound.Status.PENDING}
        work()
        assert Message.objects.get(direction="in").attachments.count() == 2

    def test_a_voice_message_and_its_subject(self, live, olga):
        olga.send("voice", ("voice.ogg", "audio/ogg", b"OggS" + b"1" * 50))
        live()
        ticket = Ticket.objects.get()
        assert ticket.subject == "Голосовое сообщение"
        assert Attachment.objects.get().content_type == "audio/ogg"

    def test_what_is_too_large_is_told(self, live, olga, server):
        olga.say("", video={"file_id": "big", "file_unique_id": "b", "file_size": 40 * 1024 * 1024})
        live()
        message = Message.objects.get(direction="in")
        assert message.text == (
            "[Файл не получен: video.mp4, 40,0\xa0МБ. Telegram отдаёт ботам файлы до 20 МБ.]"
        )
        assert not message.attachments.exists()

    def test_a_file_that_telegram_does_not_give_is_told(self, live, olga):
        olga.say("Вот акт", document={"file_id": "gone", "file_name": "акт.pdf", "file_size": 1024})
        live()
        message = Message.objects.get(direction="in")
        assert message.text.startswith("Вот акт\n\n[Файл не получен: акт.pdf")

    def test_files_leave_as_pictures_and_documents(self, live, olga, world):
        olga.say("Пришлите инструкцию")
        live()
        files = [
            FileContent("схема.png", "image/png", PNG),
            FileContent("фото.png", "image/png", PNG + b"2"),
            FileContent("инструкция.pdf", "application/pdf", b"%PDF" + b"0" * 50),
        ]
        commands.post_reply(
            Ticket.objects.get().pk, user=world.anna, content=Content(text="Держите", files=files)
        )
        work()
        text, first, second, document = olga.heard[-4:]
        assert text["text"] == "Держите"
        assert first["media_group_id"] == second["media_group_id"]
        assert document["document"]["file_name"] == "инструкция.pdf"
        assert len(last_outbound().taken) == 3

    def test_one_file_with_few_words_is_one_message(self, live, olga, world):
        olga.say("Фото?")
        live()
        files = [FileContent("схема.png", "image/png", PNG)]
        commands.post_reply(
            Ticket.objects.get().pk,
            user=world.anna,
            content=Content(text="Вот", html="<b>Вот</b>", files=files),
        )
        work()
        answer = olga.heard[-1]
        assert answer["caption"] == "Вот"
        assert answer["caption_entities"] == [{"type": "bold", "offset": 0, "length": 3}]

    def test_a_picture_that_telegram_takes_for_none_leaves_as_a_document(self, live, olga, world):
        olga.say("Фото?")
        live()
        files = [FileContent("битая.png", "image/png", b"not a picture")]
        commands.post_reply(
            Ticket.objects.get().pk, user=world.anna, content=Content(text="Вот", files=files)
        )
        work()
        assert olga.heard[-1]["document"]["file_name"] == "битая.png"
        assert last_outbound().status == Outbound.Status.SENT


class TestEdits:
    def test_an_edit_changes_the_message_and_keeps_what_it_said(self, live, olga):
        message = olga.say("Приезжайте в пятницу")
        live()
        olga.edit(message["message_id"], "Приезжайте в субботу")
        live()
        kept = Message.objects.get(direction="in")
        assert kept.text == "Приезжайте в субботу"
        assert kept.edited_at is not None
        assert [version.text for version in kept.versions.all()] == ["Приезжайте в пятницу"]
        assert Ticket.objects.get().snippet == "Приезжайте в субботу"

    def test_an_edit_of_what_was_never_ours_is_discarded(self, live, olga, server):
        message = olga.say("До бота")
        server.state.bots[olga.bot.token].updates.clear()
        olga.edit(message["message_id"], "После")
        live()
        assert Inbound.objects.get().cause == "edit-of-unknown"
        assert not Ticket.objects.exists()

    def test_an_edit_does_not_bring_back_what_was_blacked_out(self, live, olga, world):
        message = olga.say("Карта 4111 1111 1111 1111")
        live()
        kept = Message.objects.get(direction="in")
        commands.redact(kept.pk, text="4111 1111 1111 1111", actor=world.as_anna)
        olga.edit(message["message_id"], "Карта 4111 1111 1111 1111!")
        live()
        kept.refresh_from_db()
        assert "4111" not in kept.text
        assert not kept.versions.exists()

    def test_blacking_out_reaches_what_telegram_sent(self, live, olga, world):
        olga.say("Пароль: сезам99")
        live()
        kept = Message.objects.get(direction="in")
        commands.redact(kept.pk, text="сезам99", actor=world.as_anna)
        assert redact_raw(kept.pk, text="сезам99") == 1
        assert bytes(Inbound.objects.get(message=kept).raw) == b"[blacked out]"

    def test_blacking_out_reaches_earlier_versions(self, live, olga, world):
        message = olga.say("Пароль hunter22")
        live()
        olga.edit(message["message_id"], "Забудьте")
        live()
        kept = Message.objects.get(direction="in")
        commands.redact(kept.pk, text="hunter22", actor=world.as_anna)
        assert kept.versions.get().text == "Пароль █████"


class TestAfterwards:
    def test_a_solved_ticket_asks_and_is_opened_again_by_a_button(self, live, olga, world):
        olga.say("Не греет")
        live()
        ticket = Ticket.objects.get()
        resolved = default_status(Category.RESOLVED)
        commands.post_reply(ticket.pk, user=world.anna, content=Content(text="Починили"), status=resolved)
        work()
        answer = olga.heard[-1]
        labels = [button["text"] for button in answer["reply_markup"]["inline_keyboard"][0]]
        assert labels == ["Решено, спасибо", "Не помогло"]
        olga.press(answer["message_id"], f"open:{ticket.pk}")
        live()
        ticket.refresh_from_db()
        assert ticket.category == Category.OPEN
        assert "Напишите" in olga.heard[-1]["text"]

    def test_nobody_opens_another_persons_ticket(self, live, olga, john, world):
        olga.say("Не греет")
        live()
        ticket = Ticket.objects.get()
        commands.set_status(ticket.pk, status=default_status(Category.RESOLVED), actor=world.as_anna)
        message = john.say("Hello")
        live()
        john.press(message["message_id"], f"open:{ticket.pk}")
        live()
        ticket.refresh_from_db()
        assert ticket.category == Category.RESOLVED
        assert john.heard[-1]["text"] == "This button belongs to a request that is not yours."

    def test_a_ticket_solved_long_ago_is_followed_by_a_new_one(self, live, olga, world, monkeypatch):
        from datetime import timedelta

        from channels_in import threading

        olga.say("Первое")
        live()
        commands.set_status(
            Ticket.objects.get().pk, status=default_status(Category.RESOLVED), actor=world.as_anna
        )
        monkeypatch.setattr(threading, "REOPEN_FOR", timedelta(0))
        olga.say("Второе")
        live()
        assert Ticket.objects.count() == 2


def test_a_person_is_one_contact_whatever_they_are_called(live, olga, server):
    olga.say("Раз")
    live()
    olga.user = {**olga.user, "first_name": "Оля"}
    olga.say("Два")
    live()
    assert Identity.objects.filter(kind="telegram").count() == 1
    assert Contact.objects.filter(identities__kind="telegram").count() == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\x00b"])
def test_hostile_text_is_text(live, olga, text):
    olga.say(text, entities=[{"type": "bold", "offset": 0, "length": 2}])
    live()
    message = Message.objects.get(direction="in")
    assert message.text == text.replace("\x00", "")
    assert "<script" not in message.html
    assert "<img" not in message.html
