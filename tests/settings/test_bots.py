"""A manager builds a bot by clicks."""

import json
import re

import pytest

from channels_in.models import BotFlow
from desk.settings.bot_page import editor

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def maria(world, by):
    return by(world.maria)


@pytest.fixture
def bot(maria):
    maria.post("/settings/bots/new/", {"name": "Помощник", "start": "example"})
    return BotFlow.objects.get()


@pytest.fixture
def empty(maria):
    maria.post("/settings/bots/new/", {"name": "Пустой", "start": "empty"})
    return BotFlow.objects.get()


def at(bot, path=""):
    return f"/settings/bots/{bot.pk}/{path}"


def steps_of(bot):
    bot.refresh_from_db()
    return bot.draft["steps"]


def talk_of(html):
    return json.loads(re.search(r'name="try-talk" value="([^"]*)"', html)[1].replace("&#34;", '"'))


def test_the_list_says_what_to_do_when_there_is_none(maria):
    html = maria.get("/settings/bots/").content.decode()
    assert "No bot yet" in html


def test_a_bot_needs_a_name(maria):
    answer = maria.post("/settings/bots/new/", {"name": "  "})
    assert answer.status_code == 422
    assert "Give the bot a name." in answer.content.decode()
    assert not BotFlow.objects.exists()


def test_an_example_opens_in_the_editor_and_talks(maria, bot):
    html = maria.get(at(bot)).content.decode()
    assert "Здравствуйте! Я помощник" in html
    assert "Not published yet" in html
    assert "Hello! I am the assistant" in html  # the conversation beside it, in the manager's language
    assert steps_of(bot)[0]["kind"] == "menu"


def test_steps_are_added_led_to_and_changed_by_clicks(maria, empty):
    answer = maria.post(at(empty, "steps/"), {"kind": "menu"}, **HX)
    assert answer["HX-Retarget"] == "#bot-steps"
    maria.post(
        at(empty, "steps/s1/"),
        {"texts.ru": "Чем помочь?", "texts.en": "How can we help?", "do": "add"},
        **HX,
    )
    maria.post(
        at(empty, "steps/s1/"),
        {
            "texts.ru": "Чем помочь?",
            "texts.en": "How can we help?",
            "row": "c1",
            "c1-texts.ru": "Доставка",
            "c1-texts.en": "Delivery",
            "c1-words": "посылка, где заказ",
            "c1-next": "new:ask",
        },
        **HX,
    )
    menu, ask = steps_of(empty)
    assert menu["choices"] == [
        {
            "id": "c1",
            "texts": {"ru": "Доставка", "en": "Delivery"},
            "words": ["посылка", "где заказ"],
            "next": "s2",
        }
    ]
    assert ask["kind"] == "ask"


def test_typing_draws_no_card_anew(maria, bot):
    data = {
        "texts.ru": "Другие слова",
        "texts.en": "Other words",
        "field": "what",
        "type": "text",
        "next": "s4",
    }
    answer = maria.post(at(bot, "steps/s3/"), data, **HX)
    assert "HX-Retarget" not in answer
    assert 'id="step-s3-head" hx-swap-oob="true"' in answer.content.decode()
    assert steps_of(bot)[2]["texts"]["ru"] == "Другие слова"


def test_another_kind_of_answer_brings_its_controls(maria, bot):
    data = {"texts.ru": "Сколько?", "field": "n", "type": "number", "next": "s4", "least": "1,5"}
    answer = maria.post(at(bot, "steps/s3/"), data | {"open": "s3"}, **HX)
    assert answer["HX-Retarget"] == "#bot-steps"
    assert 'name="least"' in answer.content.decode()
    assert not steps_of(bot)[2]["may_skip"]


def test_rows_of_a_step_are_moved_and_removed(maria, bot):
    menu = {"row": ["c1", "c2", "c3"], "c1-texts.ru": "А", "c2-texts.ru": "Б", "c3-texts.ru": "В"}
    maria.post(at(bot, "steps/s1/"), menu | {"do": "up:c2"}, **HX)
    assert [one["id"] for one in steps_of(bot)[0]["choices"]] == ["c2", "c1", "c3"]
    maria.post(at(bot, "steps/s1/"), menu | {"do": "remove:c2"}, **HX)
    assert [one["id"] for one in steps_of(bot)[0]["choices"]] == ["c1", "c3"]


def test_a_tag_with_a_comma_from_before_that_was_refused_survives_its_step(maria, empty):
    maria.post(at(empty, "steps/"), {"kind": "ticket"}, **HX)
    empty.refresh_from_db()
    empty.draft["steps"][0]["tags"] = ["late, again"]
    empty.save()
    step = steps_of(empty)[0]
    maria.post(at(empty, f"steps/{step['id']}/"), {"tags": "late, again, vip\nnew"}, **HX)
    assert steps_of(empty)[0]["tags"] == ["late, again", "vip", "new"]


def test_branches_and_links(maria, bot):
    data = {
        "row": "b1",
        "b1-fact": "field",
        "b1-for": "people",
        "b1-value": "no",
        "b1-next": "s6",
        "next": "s5",
    }
    maria.post(at(bot, "steps/s4/"), data, **HX)
    branch = steps_of(bot)[3]["branches"][0]
    assert (branch["fact"], branch["value"], branch["next"]) == ("field", "", "s6")
    maria.post(at(bot, "steps/"), {"kind": "offer"}, **HX)
    maria.post(
        at(bot, "steps/s7/"),
        {
            "row": ["l1", "l2"],
            "l1-texts.ru": "Возврат",
            "l1-url": "https://z.example/r",
            "l2-url": "javascript:x",
        },
        **HX,
    )
    links = steps_of(bot)[6]["links"]
    assert [one["url"] for one in links] == ["https://z.example/r", ""]


def test_order_beginning_and_deletion_with_a_way_back(maria, bot):
    maria.post(at(bot, "steps/s2/place/"), {"to": "up"}, **HX)
    assert [one["id"] for one in steps_of(bot)][:2] == ["s2", "s1"]
    maria.post(at(bot, "steps/s3/start/"), **HX)
    answer = maria.post(at(bot, "steps/s2/removal/"), **HX)
    assert steps_of(bot)[0]["id"] == "s1"
    html = answer.content.decode()
    draft = re.search(r'name="draft" value="([^"]*)"', html)[1].replace("&#34;", '"').replace("&#39;", "'")
    maria.post(at(bot, "draft/"), {"draft": draft}, **HX)
    assert [one["id"] for one in steps_of(bot)][:2] == ["s2", "s1"]
    assert bot.draft["start"] == "s3"
    assert maria.post(at(bot, "draft/"), {"draft": "nonsense"}, **HX).status_code == 400


def test_without_scripts_the_same_forms_lead_back_to_the_editor(maria, bot):
    answer = maria.post(at(bot, "steps/"), {"kind": "say"})
    assert answer["Location"] == at(bot) + "?open=s7#step-s7"
    assert maria.post(at(bot, "trial/"), {"try-text": "1", "try-talk": ""}).status_code == 200


def test_dead_ends_and_lonely_steps_are_pointed_out(maria, bot):
    maria.post(at(bot, "steps/"), {"kind": "say"}, **HX)
    html = maria.get(at(bot)).content.decode()
    for words in (
        "No way leads here.",
        "The talk ends here, without a person or a ticket.",
        "It says nothing yet",
    ):
        assert words in html
    assert "It cannot be published yet." in html


def test_the_draft_talks_in_the_panel(maria, bot):
    html = maria.get(at(bot)).content.decode()
    talk = json.dumps(talk_of(html))
    html = maria.post(
        at(bot, "trial/"), {"try-talk": talk, "try-choice": "c2", "try-people": "yes"}, **HX
    ).content.decode()
    assert "What is the number" not in html
    talk = json.dumps(talk_of(html))
    data = {"try-talk": talk, "try-text": "Не включается", "try-language": "ru"}
    html = maria.post(at(bot, "trial/"), data, **HX).content.decode()
    assert "Kept: what = Не включается" in html
    assert "A ticket is opened" in html  # nobody is there
    assert "The bot has finished." in html


@pytest.mark.parametrize(
    "talk",
    [
        "",
        "{",
        "[]",
        '{"lines": 3}',
        '{"lines": [{"by": "bot", "buttons": [{"url": "javascript:x"}]}]}',
        "x" * 70_000,
    ],
)
def test_a_talk_that_is_broken_begins_anew(maria, bot, talk):
    answer = maria.post(at(bot, "trial/"), {"try-talk": talk, "try-text": "1"}, **HX)
    assert answer.status_code == 200
    assert "javascript:" not in answer.content.decode()


def test_publishing_restoring_and_what_changed(maria, bot):
    maria.post(at(bot, "publication/"))
    maria.post(at(bot, "steps/s2/removal/"))
    maria.post(at(bot, "publication/"))
    html = maria.get(at(bot)).content.decode()
    assert "Version 2" in html
    assert "What is the number of your order?" in html  # what was removed
    maria.post(at(bot, "versions/1/"))
    bot.refresh_from_db()
    assert len(bot.draft["steps"]) == 6
    assert bot.current.number == 2
    assert maria.post(at(bot, "versions/9/")).status_code == 404


def test_what_is_unfinished_is_refused_in_words(maria, empty):
    maria.post(at(empty, "steps/"), {"kind": "menu"}, **HX)
    html = maria.post(at(empty, "publication/"), follow=True).content.decode()
    assert "Not everything is right yet" in html
    assert empty.current is None


def test_own_sentences(maria, bot):
    data = {"handing_over.ru": "Минуточку!", "person.en": "Human, please"}
    maria.post(at(bot, "sentences/"), data, **HX)
    bot.refresh_from_db()
    assert bot.draft["phrases"] == {"handing_over": {"ru": "Минуточку!"}, "person": {"en": "Human, please"}}
    assert bot.draft["person_button"] is False


def test_renaming_and_deleting(maria, bot):
    maria.post(at(bot, "name/"), {"name": "Новое имя"}, **HX)
    answer = maria.post(at(bot, "name/"), {"name": ""}, **HX)
    assert answer.status_code == 422
    answer = maria.post(at(bot, "removal/"), follow=True)
    assert "“Новое имя” was deleted." in answer.content.decode()
    assert maria.get(at(bot)).status_code == 404
    maria.post(at(bot, "removal/undo/"))
    assert maria.get(at(bot)).status_code == 200


def test_hostile_words_stay_words(maria, bot):
    data = {
        "texts.ru": "<script>alert(1)</script>",
        "texts.en": '"><img src=x onerror=alert(1)>',
        "field": "what",
        "next": "s4",
    }
    maria.post(at(bot, "steps/s3/"), data, **HX)
    html = maria.get(at(bot)).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_what_is_no_step_changes_nothing(maria, bot):
    before = steps_of(bot)
    maria.post(at(bot, "steps/s99/"), {"texts.ru": "x"}, **HX)
    maria.post(at(bot, "steps/"), {"kind": "rocket"}, **HX)
    maria.post(at(bot, "steps/s99/removal/"), **HX)
    assert steps_of(bot) == before


def test_agents_have_no_bots(world, by, bot):
    anna = by(world.anna)
    assert anna.get("/settings/bots/").status_code == 403
    assert anna.post(at(bot, "steps/"), {"kind": "say"}).status_code == 403


def test_the_editor_costs_the_same_for_any_number_of_steps(maria, bot, django_assert_num_queries):
    with django_assert_num_queries(4):
        editor(BotFlow.objects.get(pk=bot.pk))
    for _step in range(20):
        maria.post(at(bot, "steps/"), {"kind": "menu"}, **HX)
    with django_assert_num_queries(4):
        editor(BotFlow.objects.get(pk=bot.pk))
