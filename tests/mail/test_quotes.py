"""What is folded of a plain text, by mail program and language."""

import pytest

from channels_in.kinds.email.parsing.quotes import fold

INTRODUCTIONS = {
    "gmail": "On Tue, Jun 3, 2025 at 10:00 AM Otklik <help@desk.example> wrote:",
    "gmail wrapped": "On Tue, Jun 3, 2025 at 10:00 AM Otklik <\nhelp@desk.example> wrote:",
    "gmail ru": "вт, 3 июн. 2025 г. в 10:00, Отклик <help@desk.example>:",
    "mail.ru": "Вторник, 3 июня 2025, 10:00 +03:00 от Отклик <help@desk.example>:",
    "yandex": '03.06.2025, 10:00, "Отклик" <help@desk.example>:',
    "thunderbird ru": "03.06.2025 10:00, Отклик пишет:",
    "apple ru": "3 июня 2025 г., в 10:00, Отклик <help@desk.example> написал(а):",
    "thunderbird de": "Am 03.06.25 um 10:00 schrieb Otklik:",
    "french": "Le 3 juin 2025 à 10:00, Otklik <help@desk.example> a écrit :",
}
BLOCKS = {
    "outlook": "From: Otklik <help@desk.example>\nSent: Tuesday, June "
    "3, 2025 10:00 AM\nTo: Vera\nSubject: A question",
    "outlook ru": "От: Отклик <help@desk.example>\nОтправлено: 3 "
    "июня 2025 г. 10:00\nКому: Вера\nТема: Вопрос",
    "outlook bold": "*From:* Otklik\n*Sent:* Tuesday\n*To:* Vera\n*Subject:* A question",
    "original": "-----Original Message-----\nFrom: Otklik",
    "forwarded ru": "-------- Пересылаемое сообщение --------\n03.06.2025, 10:00, Отклик:",
    "ruler": "________________________________\nFrom: Otklik\nSent: Tuesday\nSubject: A question",
    "ios": "Начало переадресованного сообщения:\n\nОт: Отклик",
}


@pytest.mark.parametrize("words", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
def test_introduced_quotes_are_folded(words: str) -> None:
    folded = fold(f"Спасибо!\n\n{words}\n\n> old\n>\n> older\n")
    assert folded.visible == "Спасибо!"
    assert "older" in folded.quoted


@pytest.mark.parametrize("words", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
def test_an_introduction_without_marks_folds_all_that_follows(words: str) -> None:
    assert fold(f"Thanks!\n\n{words}\n\nold words\nmore").visible == "Thanks!"


@pytest.mark.parametrize("words", BLOCKS.values(), ids=BLOCKS)
def test_header_blocks_fold_all_that_follows(words: str) -> None:
    folded = fold(f"Ответ\n\n{words}\n\nold words")
    assert folded.visible == "Ответ"
    assert folded.quoted.endswith("old words")


def test_an_answer_below_the_quote_stays() -> None:
    assert fold("On 3 Jun 2025 Otklik <a@b.c> wrote:\n> Which one?\n\nThe red one").visible == "The red one"


def test_answers_between_quotes_keep_the_questions() -> None:
    text = "> Which one?\nThe red one\n\n> How many?\nTwo"
    assert fold(text).visible == text


def test_a_quote_at_the_end_is_folded_even_then() -> None:
    folded = fold("> Which one?\nThe red one\n\n> the rest")
    assert folded.visible == "> Which one?\nThe red one"
    assert folded.quoted == "> the rest"


def test_nothing_left_shows_all() -> None:
    text = "> only\n> a quote"
    assert fold(text).visible == text
    assert fold(text).quoted == ""


@pytest.mark.parametrize(
    "text",
    [
        "On this day\n\nI wrote something\n\nvery interesting.",
        "I wrote to you yesterday: no answer.",
        "From: me\nwith love",
        "Тема: не работает вход\n\nЗдравствуйте",
        "Дата заказа: 3 июня\nСумма: 100",
        "-----\nmy list\n-----",
        "see > this",
    ],
)
def test_words_that_only_look_like_quotes_stay(text: str) -> None:
    assert fold(text).visible == text


@pytest.mark.parametrize(
    ("text", "unsigned"),
    [
        ("Hi\n-- \nVera\nAcme", "Hi"),
        ("Hi\n\nSent from my iPhone", "Hi"),
        ("Привет\n\nОтправлено с iPhone", "Привет"),
        ("Привет\n\nОтправлено из мобильной Почты Mail.ru", "Привет"),
        ("Не работает.\n\nС уважением,\nВера Петрова", "Не работает."),
        ("Thanks,\n\nit works\n\nBest regards\nVera", "Thanks,\n\nit works"),
        ("-- \nVera", "-- \nVera"),
        ("a -- b\nc", "a -- b\nc"),
    ],
)
def test_signatures(text: str, unsigned: str) -> None:
    folded = fold(text)
    assert folded.unsigned == unsigned
    assert folded.visible == text.strip("\n")


def test_an_introduction_stuck_to_the_text_is_cut_off() -> None:
    assert fold("yes--- On Wed, Apr 4, 2025 at 3:59 PM, me@x.ru wrote:\n> Hi").visible == "yes"
