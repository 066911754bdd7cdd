"""When something is said unasked."""

import json

from hypothesis import given
from hypothesis import strategies as st

from channels_in.kinds.chat.triggers import Visit, due, next_look, public, shaped

CART = {
    "contains": "/cart",
    "seconds": 30,
    "texts": {"ru": "Помочь с заказом?", "en": "Help with the order?"},
}
BACK = {"contains": "", "seconds": 5, "returning": True, "texts": {"ru": "С возвращением!"}}
BOTH = shaped([CART, BACK])


def test_time_on_a_page_that_is_meant():
    assert due(BOTH, Visit("https://shop.example/cart", 29)) is None
    assert due(BOTH, Visit("https://shop.example/CART?x=1", 30))["id"] == "t1"
    assert due(BOTH, Visit("https://shop.example/about", 300)) is None


def test_who_comes_back():
    assert due(BOTH, Visit("https://shop.example/", 5, visits=2))["id"] == "t2"
    assert due(BOTH, Visit("https://shop.example/", 5, visits=1)) is None


def test_at_most_one_a_visit_and_none_to_who_talks():
    assert due(BOTH, Visit("https://shop.example/cart", 99, was_told=True)) is None
    assert due(BOTH, Visit("https://shop.example/cart", 99, is_talking=True)) is None
    assert next_look(BOTH, Visit("https://shop.example/cart", 99, was_told=True)) is None


def test_what_is_switched_off_is_not_said():
    assert due(shaped([CART | {"on": False}]), Visit("https://shop.example/cart", 99)) is None


def test_the_browser_gets_its_language_alone():
    assert public(BOTH, "en", "ru") == [
        {"id": "t1", "contains": "/cart", "seconds": 30, "returning": False, "text": "Help with the order?"},
        {"id": "t2", "contains": "", "seconds": 5, "returning": True, "text": "С возвращением!"},
    ]


triggers = st.lists(
    st.fixed_dictionaries(
        {
            "contains": st.sampled_from(["", "/cart", "price"]),
            "seconds": st.integers(-5, 5000) | st.none(),
            "returning": st.booleans(),
            "on": st.booleans(),
            "texts": st.dictionaries(st.sampled_from(["ru", "en"]), st.text(max_size=5)),
        }
    ),
    max_size=12,
).map(shaped)
visits = st.builds(
    Visit,
    page=st.sampled_from(["https://a.example/", "https://a.example/cart", "https://a.example/Price"]),
    seconds=st.floats(0, 4000),
    visits=st.integers(1, 3),
    is_talking=st.booleans(),
    was_told=st.booleans(),
)


@given(triggers, visits)
def test_looking_at_the_right_time_misses_nothing(found, visit):
    assert shaped(json.loads(json.dumps(found))) == found
    wait = next_look(found, visit)
    if due(found, visit) is not None:
        assert wait == 0
    if wait is not None:
        later = Visit(visit.page, visit.seconds + wait + 1e-6, visit.visits)
        assert due(found, later) is not None
    else:
        assert due(found, Visit(visit.page, 4000, visit.visits, visit.is_talking, visit.was_told)) is None
