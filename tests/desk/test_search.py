"""The search page: customers beside tickets, what was not understood, completion, last searches."""

from __future__ import annotations

import pytest

from desk.models import RecentSearch
from people.commands.contacts import resolve_contact
from people.models import Organization


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_customers_and_organisations_stand_beside_tickets(world, anna):
    world.ticket("Вопрос от Северграда", team=world.first_line)
    page = text(anna.get("/search/?q=северград"))
    assert f'href="/organizations/{world.organization.pk}/"' in page
    assert "<mark>Северград</mark>" in page
    page = text(anna.get("/search/?q=елкина"))
    assert f'href="/customers/{world.vera.pk}/"' in page
    assert "Вера <mark>Ёлкина</mark>" in page


def test_a_misspelt_name_is_found(world, anna):
    world.ticket(team=world.first_line)
    assert f'href="/customers/{world.vera.pk}/"' in text(anna.get("/search/?q=елкена"))


def test_customers_of_other_teams_are_not(world, anna):
    world.ticket(team=world.second_line)
    for typed in ("елкина", "елкена"):
        assert f"/customers/{world.vera.pk}/" not in text(anna.get(f"/search/?q={typed}"))


def test_what_was_not_understood_is_said_with_the_nearest(world, anna):
    page = text(anna.part("/search/?q=возврат is:opn"))
    assert "“is:” knows nothing called “opn”." in page
    assert "?q=%D0%B2%D0%BE%D0%B7%D0%B2%D1%80%D0%B0%D1%82+is%3Aopen" in page
    assert "“fron:” is no operator" in text(anna.part("/search/?q=fron:vera"))


def test_names_are_escaped_where_they_are_marked(world, maria):
    Organization.objects.create(name="<b>Болты & гайки</b>")
    page = text(maria.get("/search/?q=болты"))
    assert "&lt;b&gt;<mark>Болты</mark> &amp; гайки" in page


def test_more_pages_repeat_neither_people_nor_organisations(world, maria):
    for number in range(31):
        world.ticket(f"Северград пишет {number}")
    page = text(maria.part("/search/?q=северград"))
    following = page.split("&after=")[1].split('"')[0]
    more = text(maria.part(f"/search/?q=северград&after={following}"))
    assert "/organizations/" not in more
    assert more.count('class="result"') == 1


@pytest.mark.parametrize("made", [1, 6])
def test_any_number_of_results_costs_the_same_queries(world, maria, django_assert_num_queries, made):
    for number in range(made):
        Organization.objects.create(name=f"Болты {number}")
        world.ticket(
            "Болты", requester=resolve_contact("email", f"b{number}@x.example", name=f"Болты {number}")
        )
    maria.part("/search/?q=болты")
    with django_assert_num_queries(QUERIES):
        maria.part("/search/?q=болты")


QUERIES = 12


def test_operators_and_values_complete(world, anna):
    page = text(anna.part("/search/completions/?q=возврат st"))
    assert 'data-text="возврат status:"' in page
    page = text(anna.part("/search/completions/?q=team:fir"))
    assert 'data-text="team:&#34;First line&#34; "' in page
    assert 'role="option"' not in text(anna.part("/search/completions/?q=tag:нет"))


def test_russians_are_offered_russian_names(world, anna):
    world.anna.language = "ru"
    world.anna.save()
    assert 'data-text="статус:"' in text(anna.part("/search/completions/?q=ста"))


def test_the_last_searches_are_kept_and_can_be_forgotten(world, anna, by):
    for number in range(9):
        anna.send("/search/recent/", {"q": f"search {number}"})
    anna.send("/search/recent/", {"q": "  search   3 "})
    kept = list(
        RecentSearch.objects.filter(user=world.anna).order_by("-used_at").values_list("text", flat=True)
    )
    assert kept == [f"search {number}" for number in (3, 8, 7, 6, 5, 4, 2, 1)]
    assert "search 3" in text(anna.get("/search/"))

    one = RecentSearch.objects.get(text="search 8")
    by(world.boris).send(f"/search/recent/{one.pk}/removal/")
    assert RecentSearch.objects.filter(pk=one.pk).exists(), "nobody else's to forget"
    assert "search 8" not in text(anna.send(f"/search/recent/{one.pk}/removal/"))
    assert anna.post("/search/recent/removal/")["Location"] == "/search/"
    assert not RecentSearch.objects.exists()


@pytest.mark.parametrize("odd", ["", " ", "\x00", "я" * 5000])
def test_odd_searches_are_kept_short_or_not_at_all(world, anna, odd):
    assert anna.send("/search/recent/", {"q": odd}).status_code == 200
    assert all(len(row.text) <= 200 for row in RecentSearch.objects.all())


def test_looking_is_not_remembering(world, anna):
    anna.get("/search/?q=возврат")
    assert not RecentSearch.objects.exists()
