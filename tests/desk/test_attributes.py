"""A company's own fields on the ticket."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tickets.conditions import dynamic
from tickets.models import CustomField


@pytest.fixture
def ticket(world):
    return world.ticket(team=world.first_line)


@pytest.fixture(autouse=True)
def fields(world):
    made = [
        CustomField.objects.create(
            key=key, kind=kind, labels={"en": key.title()}, choices=choices, position=n
        )
        for n, (key, kind, choices) in enumerate(
            [
                ("model", "choice", [{"value": "x5", "labels": {"en": "Model X5", "ru": "Модель X5"}}]),
                ("contract", "text", []),
                ("cups", "number", []),
                ("bought", "date", []),
                ("warranty", "flag", []),
            ]
        )
    ]
    dynamic.forget()
    return made


@pytest.mark.parametrize(
    ("key", "posted", "stored", "words"),
    [
        ("model", "x5", "x5", "Model X5"),
        ("contract", " A-17 ", "A-17", "A-17"),
        ("cups", "12000,5", 12000.5, "12,000.5"),
        ("cups", "-2\xa0000\xa0000\xa0000", -2_000_000_000, "-2,000,000,000"),
        ("bought", "2026-02-03", "2026-02-03", "Feb. 3, 2026"),
        ("warranty", "true", True, "yes"),
        ("warranty", "false", False, "no"),
    ],
)
def test_each_kind_is_set_shown_and_cleared(ticket, anna, key, posted, stored, words):
    assert f'id="side-field-{key}"' in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    answer = anna.send(f"/tickets/{ticket.pk}/fields/{key}/", {"value": posted})
    assert answer.status_code == 200
    ticket.refresh_from_db()
    assert ticket.attributes == {key: stored}
    assert words in anna.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Clear" in anna.part(f"/tickets/{ticket.pk}/fields/{key}/").content.decode()
    anna.send(f"/tickets/{ticket.pk}/fields/{key}/", {"value": ""})
    ticket.refresh_from_db()
    assert ticket.attributes == {}


@pytest.mark.parametrize(
    ("key", "posted", "words"),
    [
        ("model", "x6", "“Model” does not fit"),
        ("cups", "many", "“Cups” takes a number from −2\xa0000\xa0000\xa0000 to"),
        ("cups", "nan", "“Cups” takes a number"),
        ("cups", "1e400", "“Cups” takes a number"),
        ("cups", "2000000001", "“Cups” takes a number"),
        ("bought", "31.02", "“Bought” takes a date of the years 1 to 9999"),
        ("bought", "99999-01-01", "“Bought” takes a date"),
        ("warranty", "maybe", "“Warranty” does not fit"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(ticket, anna, key, posted, words):
    answer = anna.send(f"/tickets/{ticket.pk}/fields/{key}/", {"value": posted})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.attributes == {}


def test_undo_puts_the_old_value_back(ticket, anna):
    anna.send(f"/tickets/{ticket.pk}/fields/warranty/", {"value": "true"})
    answer = anna.send(f"/tickets/{ticket.pk}/fields/warranty/", {"value": "false"})
    assert 'name="value" value="true"' in answer.content.decode()


def test_a_field_of_another_brand_or_switched_off_is_not_there(world, ticket, anna, fields):
    CustomField.objects.filter(key="model").update(brand=world.other_brand)
    CustomField.objects.filter(key="cups").update(is_active=False)
    page = anna.get(f"/tickets/{ticket.pk}/").content.decode()
    for key in ("model", "cups"):
        assert f'id="side-field-{key}"' not in page
        assert anna.part(f"/tickets/{ticket.pk}/fields/{key}/").status_code == 404
        assert anna.send(f"/tickets/{ticket.pk}/fields/{key}/", {"value": "x5"}).status_code == 404


def test_who_may_not_edit_sees_it_only(world, ticket, egor, anna):
    ticket = world.ticket(team=world.second_line)
    assert anna.send(f"/tickets/{ticket.pk}/fields/cups/", {"value": "1"}).status_code == 404
    assert egor.send(f"/tickets/{ticket.pk}/fields/cups/", {"value": "1"}).status_code == 403
    page = egor.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Cups" in page
    assert "/fields/cups/" not in page


def test_many_fields_cost_no_more_queries(ticket, anna):
    anna.get("/healthz")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            anna.get(f"/tickets/{ticket.pk}/")
        return len(queries)

    few = asked()
    for number in range(30):
        CustomField.objects.create(key=f"f{number}", kind="text", labels={"en": f"F{number}"})
    assert asked() == few
