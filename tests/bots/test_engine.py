"""What a visitor lives through with a bot."""

import pytest

from channels_in.bots import engine
from channels_in.bots.flow import problems, shaped
from channels_in.bots.phrases import standard
from channels_in.bots.types import (
    PERSON,
    SKIP,
    Collected,
    Facts,
    PersonWanted,
    Said,
    TicketWanted,
)

RU, EN = Facts("ru"), Facts("en")


def texts(ru: str, en: str = "") -> dict[str, str]:
    return {"ru": ru, "en": en or ru}


def flow_of(*steps, **more):
    return shaped({"language": "ru", "phrases": standard(), "steps": list(steps), **more})


def menu(step_id="m", *choices, text="Чем помочь?"):
    return {
        "id": step_id,
        "kind": "menu",
        "texts": texts(text, "How can we help?"),
        "choices": [
            {"id": f"c{place}", "texts": texts(*words), "next": to, "words": more}
            for place, (words, to, *more) in enumerate(choices, 1)
        ],
    }


DELIVERY = flow_of(
    {"id": "hello", "kind": "say", "texts": texts("Здравствуйте!", "Hello!"), "next": "m"},
    menu("m", (("Доставка", "Delivery"), "order", "где заказ"), (("Другое", "Something else"), "bye")),
    {
        "id": "order",
        "kind": "ask",
        "field": "order",
        "type": "number",
        "least": 100,
        "texts": texts("Номер заказа?", "Order number?"),
        "next": "make",
        "otherwise": "bye",
    },
    {
        "id": "make",
        "kind": "ticket",
        "texts": texts(
            "Обращение {{ticket}} о заказе {{order}} открыто.", "Ticket {{ticket}} about {{order}}."
        ),
        "subjects": texts("Доставка заказа {{order}}"),
        "topic": 7,
        "team": 3,
        "priority": 3,
        "tags": ["доставка"],
    },
    {"id": "bye", "kind": "person", "texts": texts("Зову коллегу.", "I am calling a colleague."), "team": 3},
)


class Talk:
    """A conversation, its state going through JSON as in a session."""

    def __init__(self, flow, facts=RU):
        import json

        self.json, self.flow, self.facts, self.acts = json, flow, facts, []
        self.turn = self.note(engine.begin(flow, facts))

    def note(self, turn):
        self.state = self.json.loads(self.json.dumps(turn.state))
        self.acts += turn.acts
        return turn

    def say(self, text="", choice=""):
        self.turn = self.note(engine.take(self.flow, self.state, Said(text, choice), self.facts))
        return [line.text for line in self.turn.lines]

    @property
    def buttons(self):
        return [button.words for button in self.turn.lines[-1].buttons]


def test_greets_and_offers_the_menu_with_a_person():
    talk = Talk(DELIVERY)
    assert [line.text for line in talk.turn.lines] == ["Здравствуйте!", "Чем помочь?"]
    assert talk.buttons == ["Доставка", "Другое", "Позвать человека"]


def test_speaks_the_visitors_language():
    talk = Talk(DELIVERY, EN)
    assert [line.text for line in talk.turn.lines] == ["Hello!", "How can we help?"]
    assert talk.buttons[-1] == "Talk to a person"


def test_a_language_without_texts_falls_back_to_the_flows_own():
    assert Talk(DELIVERY, Facts("de")).turn.lines[0].text == "Здравствуйте!"


@pytest.mark.parametrize("said", ["Доставка", " доставка. ", "delivery", "1", "Подскажите, где заказ?"])
def test_a_choice_can_be_typed(said):
    assert Talk(DELIVERY).say(said) == ["Номер заказа?"]


def test_from_the_menu_to_a_ticket():
    talk = Talk(DELIVERY)
    talk.say(choice="c1")
    assert talk.say("12 345") == ["Обращение {{ticket}} о заказе 12345 открыто."]
    assert talk.acts == [
        Collected("order", "12345"),
        TicketWanted("Доставка заказа 12345", topic=7, team=3, priority=3, tags=("доставка",)),
    ]
    assert talk.state["over"] == "end"


def test_a_second_chance_and_then_the_other_way():
    talk = Talk(DELIVERY)
    talk.say(choice="c1")
    assert talk.say("не помню") == ["Пожалуйста, напишите число цифрами."]
    assert talk.say("12") == ["Зову коллегу."]  # below what an order can be
    assert talk.acts == [PersonWanted("flow", 3)]


def test_a_wrong_answer_with_no_other_way_brings_a_person():
    talk = Talk(
        flow_of({"id": "a", "kind": "ask", "field": "mail", "type": "email", "texts": texts("Почта?")})
    )
    talk.say("собака")
    talk.say("опять собака")
    assert talk.acts == [PersonWanted("lost")]
    assert talk.state["over"] == "person"


@pytest.mark.parametrize(
    "said", ["Оператор", "позовите, пожалуйста, живого человека!", "human", "Talk to an agent"]
)
def test_a_person_in_words_at_any_moment(said):
    for steps in ((), ("c1",)):
        talk = Talk(DELIVERY)
        for choice in steps:
            talk.say(choice=choice)
        talk.say(said)
        assert talk.acts == [PersonWanted("asked")]
        assert talk.say("Алло?") == []  # a person is coming, the bot keeps quiet


@pytest.mark.parametrize(
    "said",
    [
        "Не нужен оператор",
        "агент 007",
        "the agent sold me the wrong flat",
        "no human",
        "Человек упал с лестницы",
    ],
)
def test_what_only_mentions_a_person_asks_for_none(said):
    talk = Talk(flow_of({"id": "a", "kind": "ask", "field": "what", "texts": texts("Что случилось?")}))
    talk.say(said)
    assert talk.acts == [Collected("what", said)]


def test_a_person_by_button():
    talk = Talk(DELIVERY)
    assert talk.say(choice=PERSON) == ["Передаю вас коллеге."]
    assert talk.acts == [PersonWanted("asked")]


def test_says_when_it_does_not_understand_and_gives_up_after_three():
    talk = Talk(DELIVERY)
    first = talk.say("абракадабра")
    assert first[0].startswith("Извините, я не понял")
    assert first[1] == "Чем помочь?"
    talk.say("шурум")
    talk.say("бурум")
    assert talk.acts == [PersonWanted("lost")]


def test_understanding_once_starts_the_count_again():
    flow = flow_of(menu("m", (("Ещё",), "m")))
    talk = Talk(flow)
    for said in ("а", "б", "Ещё", "в", "г"):
        talk.say(said)
    assert talk.acts == []


def test_skip_and_what_is_known_already():
    ask = {"id": "a", "kind": "ask", "field": "name", "texts": texts("Имя?"), "next": "b", "may_skip": True}
    flow = flow_of(
        ask | {"skip_known": True}, {"id": "b", "kind": "say", "texts": texts("Спасибо, {{name}}!")}
    )
    talk = Talk(flow)
    assert talk.say(choice=SKIP) == ["Спасибо, !"]
    assert Talk(flow, Facts("ru", fields={"name": "Вера"})).turn.lines[0].text == "Спасибо, Вера!"


@pytest.mark.parametrize(
    ("facts", "branch", "expected"),
    [
        (Facts("ru", working_time=False), {"fact": "working_time", "value": False}, "да"),
        (Facts("ru", working_time=True), {"fact": "working_time", "value": False}, "нет"),
        (Facts("en-GB"), {"fact": "language", "value": "en"}, "да"),
        (Facts("ru", known=True), {"fact": "known", "value": True}, "да"),
        (Facts("ru", people=False), {"fact": "people", "value": True}, "нет"),
        (
            Facts("ru", fields={"plan": "Gold"}),
            {"fact": "field", "field": "plan", "op": "is", "value": "gold"},
            "да",
        ),
        (
            Facts("ru", fields={"plan": "Gold"}),
            {"fact": "field", "field": "plan", "op": "contains", "value": "ol"},
            "да",
        ),
        (Facts("ru"), {"fact": "field", "field": "plan", "op": "filled"}, "нет"),
        (Facts("ru"), {"fact": "field", "field": "plan", "op": "empty"}, "да"),
    ],
)
def test_branches_on_what_is_known(facts, branch, expected):
    flow = flow_of(
        {"id": "k", "kind": "check", "branches": [branch | {"next": "y"}], "next": "n"},
        {"id": "y", "kind": "say", "texts": texts("да")},
        {"id": "n", "kind": "say", "texts": texts("нет")},
    )
    assert Talk(flow, facts).turn.lines[0].text == expected


def test_offers_links_and_asks_whether_they_helped():
    offer = {
        "id": "o",
        "kind": "offer",
        "texts": texts("Может быть, это поможет:"),
        "links": [
            {"texts": texts("Как вернуть"), "url": "https://zerno.example/returns"},
            {"url": "javascript:x"},
        ],
        "otherwise": "p",
    }
    flow = flow_of(offer, {"id": "p", "kind": "person"})
    talk = Talk(flow)
    assert [button.url for button in talk.turn.lines[0].buttons] == ["https://zerno.example/returns"]
    assert talk.buttons == ["Да, спасибо", "Нет", "Позвать человека"]
    talk.say("не помогло")
    assert talk.acts == [PersonWanted("flow", None)]
    other = Talk(flow)
    other.say("да")
    assert other.state["over"] == "end"


def test_only_one_ticket_a_conversation():
    flow = flow_of({"id": "t", "kind": "ticket", "next": "m"}, menu("m", (("Снова",), "t")))
    talk = Talk(flow)
    talk.say("Снова")
    talk.say("Снова")
    assert len([act for act in talk.acts if isinstance(act, TicketWanted)]) == 1


def test_a_flow_that_goes_round_ends_with_a_person_and_is_reported():
    flow = flow_of(
        {"id": "a", "kind": "say", "texts": texts("раз"), "next": "b"},
        {"id": "b", "kind": "say", "texts": texts("два"), "next": "a"},
    )
    talk = Talk(flow)
    assert talk.acts == [PersonWanted("budget")]
    assert len(talk.turn.lines) <= engine.MOST_STEPS_A_TURN + 1
    assert {one.step for one in problems(flow, ["ru"]) if one.code == "ring"} == {"a", "b"}


def test_whoever_writes_after_the_end_begins_again():
    talk = Talk(DELIVERY)
    talk.say("1")
    talk.say("12345")
    assert talk.say("Ещё вопрос")[0] == "Здравствуйте!"


def test_an_endless_conversation_comes_to_a_person():
    talk = Talk(flow_of(menu("m", (("Ещё",), "m"))))
    for _turn in range(engine.MOST_TURNS + 1):
        talk.say("Ещё")
    assert talk.acts == [PersonWanted("budget")]


def test_an_empty_flow_is_over_at_once():
    assert Talk(flow_of()).state["over"] == "end"


def test_what_is_wrong_with_a_flow_is_said():
    flow = flow_of(
        menu("m", (("Доставка",), "gone"), (("Другое",), "")),
        {"id": "lone", "kind": "say", "texts": {"ru": "Никто сюда не придёт"}},
        {"id": "q", "kind": "ask", "type": "choice"},
    )
    found = {(one.code, one.step) for one in problems(flow, ["ru", "en"])}
    assert {
        ("leads_nowhere", "m"),
        ("dead_end", "m"),
        ("unreachable", "lone"),
        ("language_missing", "lone"),
        ("no_text", "q"),
        ("no_field", "q"),
        ("no_choices", "q"),
    } <= found
    assert [one.code for one in problems(flow_of(), ["ru"])] == ["no_steps"]


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("email", " Vera@Severgrad.Example ", "vera@severgrad.example"),
        ("email", "вера@зерно.рф", None),
        ("email", "vera@зерно.рф", "vera@зерно.рф"),
        ("email", "vera@", None),
        ("email", "a..b@c.example", None),
        ("phone", "8 (912) 345-67-89", "+79123456789"),
        ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "12", None),
        ("phone", "позвоните мне 89123456789", None),
        ("number", "1 234,5", "1234.5"),
        ("number", "семь", None),
        ("text", "   ", None),
        ("text", "x" * 1001, None),
    ],
)
def test_answers_are_checked(kind, said, kept):
    talk = Talk(flow_of({"id": "a", "kind": "ask", "field": "f", "type": kind, "texts": texts("?")}))
    talk.say(said)
    assert talk.acts == ([Collected("f", kept)] if kept is not None else [])
