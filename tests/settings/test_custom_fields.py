"""Settings: what a company asks of its tickets besides."""

from __future__ import annotations

import pytest

from journal.models import Entry
from tickets.conditions import dynamic
from tickets.models import CustomField


@pytest.fixture
def maria(world, by):
    """A manager, who has these pages, too."""
    return by(world.maria)


def given(**more):
    return {
        "label_en": "Model",
        "label_ru": "Модель",
        "kind": "choice",
        "key": "",
        "brand": "",
        "choice": ["", "", ""],
        "choice_en": ["X5", "", "X6"],
        "choice_ru": ["", "", "Икс 6"],
        **more,
    }


def only():
    return CustomField.objects.get()


def test_a_field_with_choices_in_both_languages(maria):
    answer = maria.post("/settings/fields/new/", given())
    assert answer["Location"] == "/settings/fields/"
    field = only()
    assert (field.key, field.kind, field.labels) == ("model", "choice", {"en": "Model", "ru": "Модель"})
    assert field.choices == [
        {"value": "X5", "labels": {"en": "X5"}},
        {"value": "X6", "labels": {"en": "X6", "ru": "Икс 6"}},
    ]
    assert Entry.objects.get(stream_type="custom_field").kind == "custom_field_created"
    dynamic.forget()
    assert "Model" in maria.get("/settings/fields/").content.decode()


def test_its_choices_keep_their_values_when_renamed(maria):
    maria.post("/settings/fields/new/", given())
    path = f"/settings/fields/{only().pk}/"
    page = maria.get(path).content.decode()
    assert 'name="choice" value="X6"' in page
    maria.post(
        path,
        {
            "label_en": "Machine",
            "label_ru": "",
            "is_active": "on",
            "brand": "",
            "choice": ["X6", ""],
            "choice_en": ["X6 Pro", "X7"],
            "choice_ru": ["", ""],
        },
    )
    field = only()
    assert field.labels == {"en": "Machine"}
    assert [(row["value"], row["labels"]["en"]) for row in field.choices] == [("X6", "X6 Pro"), ("X7", "X7")]
    assert Entry.objects.filter(kind="custom_field_changed").count() == 1
    maria.post(
        path,
        {
            "label_en": "Machine",
            "is_active": "on",
            "choice": ["X6", "X7"],
            "choice_en": ["X6 Pro", "X7"],
            "choice_ru": ["", ""],
        },
    )
    assert Entry.objects.filter(kind="custom_field_changed").count() == 1, "nothing changed"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"label_en": "", "label_ru": " "}, "at least one language"),
        ({"kind": "poem"}, "Select a valid choice"),
        ({"choice_en": ["", "", ""], "choice_ru": ["", "", ""]}, "at least one choice"),
        ({"choice_en": ["X5", "", "x5"]}, "there twice"),
        ({"choice": ["a", "", "a"]}, "there twice"),
        ({"choice": [""] * 201, "choice_en": [f"c{n}" for n in range(201)]}, "At most 200"),
        ({"choice_en": ["x" * 81]}, "80 characters"),
        ({"label_en": "x" * 81}, "80 characters"),
        ({"key": "по-русски"}, "Latin letters"),
        ({"brand": "0"}, "Select a valid choice"),
    ],
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(maria, more, words):
    answer = maria.post("/settings/fields/new/", given(**more))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "Модель" in page or "label_ru" in more
    assert not CustomField.objects.exists()
    assert not Entry.objects.filter(stream_type="custom_field").exists()


def test_a_key_is_taken_once_and_made_of_the_name(maria):
    maria.post("/settings/fields/new/", given(key="model"))
    answer = maria.post("/settings/fields/new/", given(key="model"))
    assert "of this key already" in answer.content.decode()
    maria.post("/settings/fields/new/", given())
    maria.post("/settings/fields/new/", given(label_en="", kind="text"))
    assert sorted(CustomField.objects.values_list("key", flat=True)) == ["field-1", "model", "model-2"]


def test_lists_of_different_lengths_break_nothing(maria):
    data = given(choice=["", ""], choice_en=["A", "B", "C"], choice_ru=[])
    maria.post("/settings/fields/new/", data)
    assert [row["value"] for row in only().choices] == ["A", "B"]


def test_switching_off_and_another_brand(world, maria):
    maria.post("/settings/fields/new/", given(kind="flag"))
    path = f"/settings/fields/{only().pk}/"
    maria.post(path, {"label_en": "Model", "brand": world.other_brand.pk})
    field = only()
    assert (field.is_active, field.brand) == (False, world.other_brand)
    assert "Switched off" in maria.get("/settings/fields/").content.decode()


def test_order_by_drag_and_by_steps(maria):
    rows = [
        CustomField.objects.create(key=f"f{n}", kind="text", labels={"en": f"F{n}"}, position=n)
        for n in range(3)
    ]
    maria.post("/settings/fields/order/", {"row": [rows[2].pk, "x", rows[0].pk, 10**30]})
    assert list(CustomField.objects.order_by("position").values_list("key", flat=True)) == ["f2", "f0", "f1"]
    maria.post(f"/settings/fields/{rows[1].pk}/move/", {"to": "up"})
    assert list(CustomField.objects.order_by("position").values_list("key", flat=True)) == ["f2", "f1", "f0"]
    maria.post(f"/settings/fields/{rows[0].pk}/move/", {"to": "down"})
    assert CustomField.objects.order_by("position").last() == rows[0], "the last stays the last"


PAGES = ["/settings/fields/", "/settings/fields/new/"]
ONLY_POST = ["/settings/fields/order/", "/settings/fields/1/move/"]


@pytest.mark.parametrize("path", [*PAGES, *ONLY_POST])
def test_agents_experts_and_strangers_stay_out(world, client, by, path):
    for who in (world.anna, world.egor, world.carla):
        assert by(who).get(path).status_code in {403, 405}
        assert by(who).post(path).status_code in {403, 405}
    assert client.get(path)["Location"].startswith("/accounts/login/")


def test_what_changes_something_is_never_a_get(maria):
    for path in ONLY_POST:
        assert maria.get(path).status_code == 405
    assert maria.post("/settings/fields/").status_code == 405
    assert maria.get("/settings/fields/77/").status_code == 404
    assert maria.post("/settings/fields/77/move/", {"to": "up"}).status_code == 404
