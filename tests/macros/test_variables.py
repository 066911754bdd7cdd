"""Filling in: nothing is left unrendered, nothing becomes markup, what is missing says so."""

from html import escape, unescape

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.html import to_text
from desk.presentation import clean_rich
from tickets.macros import variables
from tickets.macros.values import first_name

NAMES = st.sampled_from(sorted(variables.VARIABLES))
BLANKS = st.sampled_from(["", " ", "  ", "&nbsp;", "\n"])
WORDS = st.sampled_from(
    ["<b>", "</b>", "<div>", "</div>", "{", "}", "{{", "}}", " ", "x", "<",
     '"', "&", "contact.name", "&#123;",
     '<a href="https://x.example/">', '<a href="{{contact.name}}">', "</a>", "<br>", "&nbsp;", "ё"]
)  # fmt: skip
VARIABLE = st.builds(lambda before, name, after: f"{{{{{before}{name}{after}}}}}", BLANKS, NAMES, BLANKS)
TEXTS = st.lists(st.one_of(WORDS, VARIABLE), max_size=10).map(lambda parts: clean_rich("".join(parts)))
# Any value but one that has braces of its own: that one stays as it is, see below.
VALUES = st.dictionaries(NAMES, st.text(max_size=12).filter(lambda text: "{" not in text and "}" not in text))

# A machine that is busy with other tests is slow, which is no fault of the texts.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(TEXTS, VALUES)
def test_no_variable_is_ever_left_in_a_text_that_could_be_saved(html, values):
    if variables.trouble(html):
        return
    filled = variables.fill(html, values).html
    assert "{{" not in filled
    assert "{{" not in unescape(clean_rich(filled))


@PATIENT
@given(st.lists(VARIABLE, min_size=1, max_size=5), VALUES)
def test_whatever_has_no_value_is_a_gap_that_is_found_again(parts, values):
    html = clean_rich(f"<div>{' <b>и</b> '.join(parts)}</div>")
    assert variables.trouble(html) is None
    filled = variables.fill(html, values)
    text = to_text(clean_rich(filled.html))
    assert {variables.gap(name) for name in filled.missing} <= set(variables.gaps_in(text))
    assert all(not values.get(name) for name in filled.missing)


@PATIENT
@given(st.text(max_size=40))
def test_a_value_is_never_markup(value):
    filled = variables.fill("<div>{{contact.name}}</div>", {"contact.name": value}).html
    assert filled.count("<") == filled.count(">") == 2
    assert unescape(filled) == unescape(f"<div>{escape(value) or variables.gap('contact.name')}</div>")


def test_a_value_cannot_name_another_variable():
    filled = variables.fill("{{contact.name}}", {"contact.name": "{{agent.name}}", "agent.name": "Анна"})
    assert filled.html == "{{agent.name}}" and not filled.missing


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<div>{{contact.salary}}</div>", "unknown"),
        ("{{}}", "unknown"),
        ("{{ Contact.Name }}", "unknown"),
        ('<a href="https://x.example/{{ticket.number}}">x</a>', "in_link"),
        ("{{<b>contact</b>.name}}", "broken"),
        ("{<i>{contact.name}</i>}", "broken"),
        ("{{contact.name", "broken"),
        ("{{{{contact.name}}", "broken"),
    ],
)
def test_what_would_not_be_filled_in_is_refused(html, kind):
    found = variables.trouble(html)
    assert found is not None and found[0] == kind


@pytest.mark.parametrize(
    "html", ["", "{ a } { b }", "if (x) { y() }", "{{ contact.name }}", "{{&nbsp;brand.name}}"]
)
def test_what_is_no_variable_is_left_alone(html):
    assert variables.trouble(html) is None


def test_a_gap_is_known_in_every_language_and_with_any_blanks():
    with translation.override("ru"):
        russian = variables.gap("contact.name")
    with translation.override("en"):
        assert russian != variables.gap("contact.name")
        assert variables.gaps_in(f"Добрый день, {russian.replace(' ', chr(0xA0))}!") == [russian]
    assert variables.gaps_in("Ошибка [0x3f] в строке [12]") == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Вера Ёлкина", "Вера"),
        ("Ёлкина Вера Павловна", "Вера"),
        ("Вера Павловна Ёлкина", "Вера"),
        ("Wells, Vera", "Vera"),
        ("Cher", "Cher"),
        ("", ""),
        (",", ""),
    ],
)
def test_a_first_name_is_the_given_one(name, first):
    assert first_name(name) == first
