"""Variables in texts: replaced once, left out where there is no value, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from routing.placeholders import LABELS, fill, in_language, unknown


def test_a_text_with_values():
    text = "Здравствуйте, {{contact.name}}! Обращение №{{ ticket.number }}."
    assert fill(text, {"contact.name": "Вера", "ticket.number": "12"}) == (
        "Здравствуйте, Вера! Обращение №12.",
        [],
    )


def test_what_has_no_value_is_left_out_and_named():
    assert fill("Hello {{contact.name}}!", {}) == ("Hello!", ["contact.name"])
    assert fill("Здравствуйте, {{contact.name}}!", {}) == ("Здравствуйте!", ["contact.name"])
    assert fill("Hi\n{{agent.name}}\n", {"agent.name": ""}) == ("Hi\n\n", ["agent.name"])


def test_a_value_is_no_template():
    sneaky = {"contact.name": "{{agent.name}}", "agent.name": "Anna"}
    assert fill("Dear {{contact.name}}", sneaky) == ("Dear {{agent.name}}", [])


def test_unknown_variables_are_found():
    assert unknown("{{contact.name}} {{ticket.__class__}} {{7*7}} {{}}") == ["ticket.__class__", "7*7", ""]
    assert unknown("{% if x %} {contact.name} ${x}") == []


@given(st.text(), st.dictionaries(st.sampled_from(sorted(LABELS)), st.text()))
def test_text_without_variables_is_left_alone(text, values):
    if "{{" not in text:
        assert fill(text, values) == (text, [])


def test_the_language_of_the_ticket_with_fall_back():
    texts = {"en": "Hello", "ru": "Здравствуйте"}
    assert in_language(texts, "ru-RU") == "Здравствуйте"
    assert in_language(texts, "de", "ru") == "Здравствуйте"
    assert in_language(texts, "de") == "Hello"
    assert in_language({"ru": "Привет"}, "de") == "Привет"
