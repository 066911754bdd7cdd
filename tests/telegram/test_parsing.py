"""What is read of updates: text by UTF-16 units, files, commands, edits, buttons; what is ignored."""

import json
from datetime import UTC, datetime

import pytest

from channels_in.kinds.telegram.parsing import Command, parse, read
from common.html import to_text
from tests.telegram import updates
from tests.telegram.updates import GROUP, OLGA


def said(text="", **fields):
    return read(updates.update(text=text, **fields))


def formatted(text, *entities):
    return said(
        text, entities=[dict(zip(("type", "offset", "length"), one, strict=True)) for one in entities]
    )


class TestAMessage:
    def test_says_who_where_when_and_what(self):
        found = said("Здравствуйте!", number=17, date=1_790_000_000)
        assert (found.kind, found.ignored, found.error) == ("message", "", "")
        assert found.message_id == 17
        assert found.chat.id == OLGA["id"]
        assert found.chat.is_private
        assert (found.sender.id, found.sender.name) == (OLGA["id"], "Ольга Лебедева")
        assert (found.sender.username, found.sender.language) == ("olga_leb", "ru")
        assert found.at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
        assert found.text == "Здравствуйте!"

    def test_counts_in_utf16_units(self):
        found = formatted("👩‍🔧🔥 важно: насос", ("bold", 8, 5))
        assert found.html == "👩‍🔧🔥 <b>важно</b>: насос"
        assert found.is_formatted

    def test_formats_as_telegram_does(self):
        found = formatted(
            "жирный курсив подчёркнут зачёркнут код",
            ("bold", 0, 6), ("italic", 7, 6), ("underline", 14, 10),
            ("strikethrough", 25, 9), ("code", 35, 3),
        )  # fmt: skip
        assert found.html == (
            "<b>жирный</b> <i>курсив</i> <u>подчёркнут</u> <s>зачёркнут</s> <code>код</code>"
        )

    def test_nests_and_repairs_what_overlaps(self):
        found = formatted("abcdef", ("bold", 0, 4), ("italic", 2, 4))
        assert found.html == "<b>ab<i>cd</i></b><i>ef</i>"

    def test_keeps_line_ends_but_in_code(self):
        found = formatted("a\nb\nx = 1\ny = 2\nc", ("pre", 4, 11))
        assert found.html == "a<br>b<br><pre>x = 1\ny = 2</pre>c"

    def test_makes_links_of_web_addresses_only(self):
        text = "зовут тут"
        for url, linked in (
            ("https://example.com/a?b=1&c", True),
            ("javascript:alert(1)", False),
            ("tg://user?id=1", False),
            ('https://x/"onclick="alert(1)', True),
        ):
            found = said(text, entities=[{"type": "text_link", "offset": 6, "length": 3, "url": url}])
            assert ("<a " in found.html) is linked
            assert to_text(found.html, links=False) == text
            assert ' onclick="' not in found.html

    def test_shows_hostile_text_as_text(self):
        found = said("<script>alert(1)</script><img src=x onerror=alert(1)>")
        assert "<script" not in found.html
        assert "<img" not in found.html
        assert found.text == to_text(found.html)

    @pytest.mark.parametrize(
        "entity",
        [
            {"type": "bold", "offset": -5, "length": 99999},
            {"type": "bold", "offset": 3, "length": 0},
            {"type": "bold", "offset": "0", "length": 2},
            {"type": "bold", "offset": 2**70, "length": 2},
            {"type": "bold", "offset": 1, "length": 1},  # half of an emoji
            {"type": "text_link", "offset": 0, "length": 2},
            {"type": "nonsense", "offset": 0, "length": 2},
            {},
        ],
    )
    def test_survives_any_entity(self, entity):
        found = said("😀да", entities=[entity])
        assert found.text == "😀да"
        assert to_text(found.html) == "😀да"

    def test_answers_another(self):
        before = updates.message("Когда приедет мастер?", number=5)
        found = said("Сегодня?", reply_to_message=before)
        assert found.reply_to == 5
        assert found.quote == "Когда приедет мастер?"
        quoted = said("Да", reply_to_message=before, quote={"text": "мастер", "position": 14})
        assert quoted.quote == "мастер"

    def test_was_forwarded(self):
        hidden = said("а", forward_origin={"type": "hidden_user", "sender_user_name": "Павел", "date": 1})
        user = said("а", forward_origin={"type": "user", "sender_user": updates.JOHN, "date": 1})
        old = said("а", forward_from=updates.JOHN, forward_date=1)
        assert [one.forwarded_from for one in (hidden, user, old, said("а"))] == [
            "Павел",
            "John",
            "John",
            None,
        ]


class TestFiles:
    def test_a_photo_in_its_largest_size_with_its_caption(self):
        bold = [{"type": "bold", "offset": 0, "length": 3}]
        found = said(**updates.photo("p1", size=99_000, caption="Вот он", caption_entities=bold))
        assert [(one.kind, one.file_id, one.size) for one in found.files] == [("photo", "p1", 99_000)]
        assert found.text == "Вот он"
        assert found.html == "<b>Вот</b> он"

    def test_an_album_names_itself(self):
        assert said(**updates.photo(media_group_id="13300")).album == "13300"

    def test_documents_recordings_and_stickers(self):
        sound = {"file_id": "v", "file_unique_id": "vu", "duration": 4, "mime_type": "audio/ogg"}
        sticker = {
            "file_id": "s",
            "file_unique_id": "su",
            "emoji": "👍",
            "is_animated": True,
            "is_video": False,
        }
        cases = [
            (updates.document(name="../../etc/passwd"), ("document", ".._.._etc_passwd", "application/pdf")),
            ({"voice": sound}, ("voice", "voice.ogg", "audio/ogg")),
            ({"video_note": {"file_id": "n"}}, ("video_note", "video_message.mp4", "video/mp4")),
            ({"sticker": sticker}, ("sticker", "sticker.tgs", "application/x-tgsticker")),
        ]
        for fields, expected in cases:
            [file] = said(**fields).files
            assert (file.kind, file.name, file.content_type) == expected

    def test_an_animation_once_though_it_comes_as_a_document_too(self):
        fields = updates.document("a") | {"animation": {"file_id": "a", "file_name": "cat.mp4"}}
        assert [one.kind for one in said(**fields).files] == ["animation"]


class TestThings:
    def test_a_place_a_contact_a_poll(self):
        place = {"latitude": 55.7539, "longitude": 37.6208}
        venue = {"location": place, "title": "Склад 4", "address": "Южная, 7"}
        contact = {"phone_number": "+79990001122", "first_name": "Пётр"}
        poll = {"question": "Когда?", "options": [{"text": "Утром"}, {"text": "Вечером"}]}
        assert said(location=place).text.startswith("55.753900, 37.620800\nhttps://www.openstreetmap.org/")
        assert said(venue=venue, location=place).text.startswith("Склад 4\nЮжная, 7\n55.7539")
        assert said(contact=contact).text == "Пётр\n+79990001122"
        assert said(poll=poll).text == "Когда?\n• Утром\n• Вечером"

    def test_what_telegram_invents_next_is_still_a_message(self):
        found = said(hologram={"file_id": "h1", "depth": 3})
        assert found.kind == "message"
        assert found.unsupported == ["hologram"]
        assert [one.file_id for one in found.files] == ["h1"]


class TestCommands:
    def test_with_and_without_argument(self):
        assert read(updates.command("/start aB-_9")).command == Command("start", "aB-_9")
        assert read(updates.command("/Help@Zerno_Bot")).command == Command("help", "", "zerno_bot")

    def test_only_where_telegram_says_so_and_only_at_the_beginning(self):
        assert said("/status").command is None
        late = [{"type": "bot_command", "offset": 8, "length": 5}]
        assert said("Пишите: /new", entities=late).command is None


class TestEverythingElse:
    def test_an_edit_has_the_number_of_what_it_changes(self):
        before = updates.update(text="Завтра", number=71)
        found = read(updates.edited(before, "Послезавтра"))
        assert (found.kind, found.message_id, found.text) == ("edit", 71, "Послезавтра")

    def test_a_button_says_what_stood_on_it(self):
        found = read(updates.press("t:12:solved", label="Решено, спасибо"))
        assert (found.kind, found.data, found.text) == ("callback", "t:12:solved", "Решено, спасибо")
        assert found.callback_id == "9911"
        assert found.chat.id == OLGA["id"]

    @pytest.mark.parametrize(
        ("status", "state"), [("kicked", "gone"), ("member", "member"), ("left", "gone")]
    )
    def test_block_and_unblock(self, status, state):
        found = read(updates.membership(status))
        assert (found.kind, found.membership, found.chat.id) == ("membership", state, OLGA["id"])

    def test_a_group_that_becomes_a_supergroup(self):
        group = {"id": -4_001, "type": "group", "title": "Склад"}
        found = read(updates.update(chat=group, migrate_to_chat_id=-1_001_234))
        assert (found.kind, found.chat.id, found.moved_to) == ("migration", -4_001, -1_001_234)

    def test_somebody_who_speaks_as_the_group_is_the_group(self):
        stand_in = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
        found = said("Внимание", person=stand_in, chat=GROUP, sender_chat=GROUP)
        assert (found.sender.id, found.sender.name) == (GROUP["id"], GROUP["title"])

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (updates.update("channel_post", updates.message("новость")), "channel"),
            (updates.update("message_reaction", {"chat": GROUP, "message_id": 3}), "reaction"),
            (updates.update("inline_query", {"id": "1", "from": OLGA, "query": "q"}), "inline"),
            (updates.update("chat_member", {"chat": GROUP, "from": OLGA}), "others-membership"),
            (updates.update("business_message", updates.message("x")), "business"),
            (updates.update(new_chat_members=[OLGA], chat=GROUP), "service:new_chat_members"),
            (updates.update(pinned_message=updates.message("x")), "service:pinned_message"),
            (updates.update("dream", {"depth": 3}), "update:dream"),
            (updates.update(text=""), "no-content"),
            ({"update_id": 4}, "no-content"),
            ({"id": 17}, "not-an-update"),
        ],
    )
    def test_is_ignored_for_a_reason(self, payload, reason):
        assert read(payload).ignored == reason

    def test_what_is_ignored_still_says_what_it_said(self):
        found = read(updates.update("channel_post", updates.message("Мы закрыты в праздники")))
        assert found.text == "Мы закрыты в праздники"

    @pytest.mark.parametrize(
        "raw",
        [
            b"", b"\xff\xfe", b"[]", b"null", b"42", b"[" * 100_000, b'{"update_id": "7", "message": {}}',
            b'{"update_id": 7, "message": []}', b'{"update_id": 7, "message": {"text": "x"}}',
            b'{"update_id": 7, "callback_query": {"id": "1"}}',
            b'{"update_id": 7, "my_chat_member": {"chat": 3}}',
        ],
    )  # fmt: skip
    def test_nonsense_is_said_to_be_nonsense(self, raw):
        assert parse(raw).error.startswith("malformed")

    def test_json_may_hold_half_a_character(self):
        found = parse(json.dumps(updates.update(text="a\ud83d")).encode())
        assert found.text == "a\ud83d"
        assert found.html
