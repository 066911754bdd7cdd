"""A bot receives Katya: what she chooses and answers goes with her to a person, or becomes a ticket."""

import pytest

from channels_in.bots import commands as bots
from channels_in.bots import editing
from channels_in.bots.starter import example
from channels_in.kinds.chat import sessions, talking
from channels_in.kinds.chat.hearing import Refused
from channels_in.models import ChatLine, ChatSession
from journal.actor import Actor
from journal.models import Entry
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(world, widget):
    maria = Actor.user(world.maria)
    flow = bots.make_flow(name="Помощник", definition=example(), actor=maria)
    bots.publish(flow.pk, actor=maria)
    widget.bot = flow
    widget.save()
    return flow


def opens(visitor):
    talking.greet(visitor.session.key)
    return visitor


def buttons(visitor):
    last = [line for line in visitor.sees() if line.get("choices")][-1]
    return last["seq"], {one["label"]: one["id"] for one in last["choices"]}


def press(visitor, label):
    line, choices = buttons(visitor)
    return visitor.do("choose", choice=choices[label], line=line)


def kinds(ticket):
    return list(
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def test_the_bot_speaks_first_and_no_ticket_comes_of_that(katya, bot):
    opens(katya)
    assert katya.reads() == ["Здравствуйте! Я помощник нашей поддержки. О чём речь?"]
    assert list(buttons(katya)[1]) == ["Мой заказ", "Что-то не работает", "Другое", "Позвать человека"]
    assert not Ticket.objects.exists()
    assert katya.fresh().stage == ChatSession.Stage.BOT


def test_from_the_menu_to_a_person_who_sees_what_was_collected(katya, bot):
    opens(katya)
    press(katya, "Мой заказ")
    katya.say("A-17")
    ticket = katya.ticket
    assert katya.session.stage == ChatSession.Stage.WAITING
    assert katya.session.answers["order"] == "A-17"
    assert [
        message.text.split("\n")[0] for message in Message.objects.filter(ticket=ticket).order_by("pk")
    ] == [
        "Здравствуйте! Я помощник нашей поддержки. О чём речь?",
        "Мой заказ",
        "Какой номер у вашего заказа? Если не знаете, нажмите «Пропустить».",
        "A-17",
        "Спасибо! Зову коллегу: он видит всё, что вы написали.",
    ]
    assert {"bot_spoke", "handed_to_person"} <= set(kinds(ticket))


@pytest.mark.parametrize("said", ["оператор", "Позовите, пожалуйста, человека", "human"])
def test_a_person_in_words(katya, bot, said):
    opens(katya)
    katya.say(said)
    assert katya.fresh().stage == ChatSession.Stage.WAITING
    assert Entry.objects.get(kind="handed_to_person").data["reason"] == "asked"


def test_a_person_by_button(katya, bot):
    opens(katya)
    press(katya, "Позвать человека")
    assert katya.fresh().stage == ChatSession.Stage.WAITING


def test_not_understood_three_times_brings_a_person(katya, bot):
    opens(katya)
    for said in ("абра", "кадабра"):
        katya.say(said)
        assert katya.fresh().stage == ChatSession.Stage.BOT
    katya.say("сим-салабим")
    assert katya.fresh().stage == ChatSession.Stage.WAITING
    assert Entry.objects.get(kind="handed_to_person").data["reason"] == "no-answer"


def test_who_speaks_before_the_bot_is_understood_at_once(katya, bot):
    katya.say("Где моя посылка?")
    assert katya.reads()[-1].startswith("Какой номер у вашего заказа?")


def test_nobody_there_the_bot_opens_a_ticket(katya, bot, world):
    for user in (world.anna, world.boris, world.maria, world.oleg):
        user.is_available = False
        user.save()
    opens(katya)
    press(katya, "Что-то не работает")
    katya.say("Кофемашина не греет")
    ticket = katya.ticket
    assert katya.reads()[-1].startswith("Сейчас никого нет.")
    assert "handed_to_person" not in kinds(ticket)


def test_a_ticket_step_sets_what_it_says_and_tells_the_number(katya, bot, world):
    maria = Actor.user(world.maria)
    step = {
        "texts": {"ru": "Обращение {{ticket}} открыто."},
        "subjects": {"ru": "Заказ {{order}}"},
        "team": world.second_line.pk,
        "priority": 4,
        "tags": ["доставка"],
    }
    bots.edit_draft(bot.pk, edit=lambda draft: editing.change_step(draft, "s6", step), actor=maria)
    branch = {"branches": [], "next": "s6"}
    bots.edit_draft(bot.pk, edit=lambda draft: editing.change_step(draft, "s4", branch), actor=maria)
    bots.edit_draft(bot.pk, edit=lambda draft: editing.remove_step(draft, "s4"), actor=maria)
    bots.publish(bot.pk, actor=maria)
    opens(katya)
    press(katya, "Мой заказ")
    katya.say("A-17")
    ticket = katya.ticket
    assert (ticket.subject, ticket.team, ticket.priority) == ("Заказ A-17", world.second_line, 4)
    assert [tag.name for tag in ticket.tags.all()] == ["доставка"]
    assert katya.reads()[-1] == f"Обращение #{ticket.pk} открыто."


def test_a_talk_keeps_the_version_it_began_with(katya, bot, world, visit):
    opens(katya)
    maria = Actor.user(world.maria)
    new = {"texts": {"ru": "Совсем другой вопрос?"}, "field": "what", "next": "s4"}
    bots.edit_draft(bot.pk, edit=lambda draft: editing.change_step(draft, "s3", new), actor=maria)
    bots.publish(bot.pk, actor=maria)
    press(katya, "Что-то не работает")
    assert katya.reads()[-1] == "Опишите, пожалуйста, в нескольких словах, что происходит."
    later = opens(visit())
    press(later, "Что-то не работает")
    assert later.reads()[-1] == "Совсем другой вопрос?"


def test_a_button_of_an_earlier_question_answers_that_one(katya, bot):
    opens(katya)
    line, choices = buttons(katya)
    press(katya, "Мой заказ")
    katya.do("choose", choice=choices["Что-то не работает"], line=line)
    assert katya.reads()[-1] == "Опишите, пожалуйста, в нескольких словах, что происходит."


def test_a_bot_that_is_deleted_receives_nobody_new(katya, bot, world, visit):
    opens(katya)
    bots.delete_flow(bot.pk, actor=Actor.user(world.maria))
    press(katya, "Мой заказ")  # whose talk it has begun goes on with it
    assert katya.reads()[-1].startswith("Какой номер")
    new = visit()
    assert not talking.greet(new.session.key)
    new.say("Здравствуйте")
    assert new.fresh().stage == ChatSession.Stage.WAITING


def test_a_flow_that_begins_with_a_person_waits_for_the_first_words(katya, bot, world):
    maria = Actor.user(world.maria)
    bots.edit_draft(bot.pk, edit=lambda draft: editing.begin_with(draft, "s5"), actor=maria)
    bots.publish(bot.pk, actor=maria)
    opens(katya)
    assert katya.reads() == ["Спасибо! Зову коллегу: он видит всё, что вы написали."]
    katya.say("Спасибо, жду")
    assert katya.fresh().stage == ChatSession.Stage.WAITING


def test_the_end_of_a_flow_without_a_ticket_ends_the_talk(katya, bot, world):
    maria = Actor.user(world.maria)
    bye = {"texts": {"ru": "Рады помочь!"}, "next": ""}
    bots.edit_draft(bot.pk, edit=lambda draft: editing.add_step(draft, "say"), actor=maria)
    bots.edit_draft(bot.pk, edit=lambda draft: editing.change_step(draft, "s7", bye), actor=maria)
    bots.edit_draft(bot.pk, edit=lambda draft: editing.begin_with(draft, "s7"), actor=maria)
    bots.publish(bot.pk, actor=maria)
    katya.say("Привет")
    assert katya.fresh().stage == ChatSession.Stage.ENDED
    assert not Ticket.objects.exists()
    assert ChatLine.objects.filter(by=ChatLine.By.BOT).get().text == "Рады помочь!"


def test_a_bot_too_waits_for_consent(katya, bot, widget):
    widget.texts = {"ru": {"consent": "Согласен на обработку"}}
    widget.save()
    opens(katya)
    assert katya.fresh().stage == ChatSession.Stage.BOT
    for tries in (lambda: press(katya, "Мой заказ"), katya.say):
        with pytest.raises(Refused) as refused:
            tries()
        assert refused.value.code == "introduce"
    sessions.introduce(katya.fresh(), {}, consents=True)
    press(katya, "Мой заказ")
    assert katya.reads()[-1] != "Здравствуйте! Я помощник нашей поддержки. О чём речь?"
