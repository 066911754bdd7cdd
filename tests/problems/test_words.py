"""What a message says to one person: their language, their name, nobody's links."""

from __future__ import annotations

import pytest

from channels_in.broadcasts import words

TEXT = "Hello, {{contact.first_name}}!\n\nIt is fixed: #{{ticket.number}} {{ticket.subject}}"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Вера Ёлкина", "Вера"),
        ("Anna-Maria O'Neil", "Anna-Maria"),
        ("D'Artagnan", "D'Artagnan"),
        ("ООО Ромашка", ""),
        ("v.elkina", ""),
        ("vera@severgrad.example", ""),
        ("www.casino.example win", ""),
        ("X", ""),
        ("", ""),
        ("გიორგი", "გიორგი"),
    ],
)
def test_whom_we_call_by_name(name, called):
    assert words.first_name(name) == called


def filled(world, text, *, name="Вера Ёлкина", language="en", subject="Котёл"):
    ticket = world.ticket(subject=subject)
    ticket.requester.name = name
    return words.filled(text, ticket, language).replace(str(ticket.pk), "N")


def test_variables_are_filled_in(world):
    assert filled(world, TEXT) == "Hello, Вера!\n\nIt is fixed: #N Котёл"


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Hello, {{contact.first_name}}!\nIt works.", "en", "Hello!\nIt works."),
        ("Dear {{ contact.first_name }},\n\nIt works.", "en", "Hello,\n\nIt works."),
        ("Уважаемая {{contact.first_name}}!\nРаботает.", "ru", "Здравствуйте!\nРаботает."),
        ("{{contact.first_name}}, добрый день!", "ru", "Добрый день!"),
        ("It works.\nBye, {{contact.first_name}}!", "en", "It works.\nBye!"),
    ],
)
def test_without_a_name_the_greeting_is_a_neutral_one(world, text, language, said):
    assert filled(world, text, name="", language=language) == said


def test_no_strangers_links_leave_in_our_name_and_no_value_is_looked_at_again(world):
    said = filled(world, TEXT, name="{{brand.name}}", subject="win at https://casino.example")
    assert said == "Hello!\n\nIt is fixed: #N"


def test_there_are_no_other_variables():
    assert words.unknown("{{contact.first_name}} {{ agent.name }} {{contact.__class__}}") == [
        "agent.name",
        "contact.__class__",
    ]


@pytest.mark.parametrize(
    ("theirs", "wrote", "written", "gets"),
    [
        ("ru", "en", {"en", "ru"}, "ru"),
        ("en-GB", "", {"en", "ru"}, "en"),
        ("", "en", {"en", "ru"}, "en"),
        ("", "", {"en", "ru"}, "ru"),  # the brand's
        ("de", "", {"en", "ru"}, "ru"),
        ("ru", "", {"en"}, "en"),
        ("", "", {"en"}, "en"),
        ("en", "", {"ru"}, "ru"),
    ],
)
def test_each_gets_their_language_else_their_brands(world, theirs, wrote, written, gets):
    ticket = world.ticket(language=wrote)
    ticket.requester.language = theirs
    assert words.language_for(ticket, written) == gets
