"""The settings of macros: one's own for everybody who writes, shared ones for managers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from tests.macros.making import macro
from tickets.models import Category, Macro, Tag

NEW = "/macros/new/"


def form(**given):
    return {
        "name": "Привет", "folder": "Первый ответ", "share": "own", "html_ru": "<div>Здравствуйте!</div>",
        "html_en": "", "is_active": "on", **given,
    }  # fmt: skip


def test_an_agent_makes_one_of_their_own_and_finds_it_on_a_ticket(world, anna):
    data = form(share="all", assign="me", set_priority="3", tags="чашки, блюдца", brand=world.brand.pk)
    assert anna.post(NEW, data)["Location"] == "/macros/"
    row = Macro.objects.get()
    assert (row.owner, row.brand) == (world.anna, world.brand), "an agent shares nothing, whatever is sent"
    assert [one["value"] for one in row.actions] == ["me", 3, "чашки", "блюдца"]
    ticket = world.ticket(team=world.first_line)
    assert "Привет" in anna.part(f"/tickets/{ticket.pk}/macros/").content.decode()
    page = anna.get(f"/macros/{row.pk}/").content.decode()
    assert 'value="чашки, блюдца"' in page and "Здравствуйте!" in page
    assert 'name="share"' not in page
    assert 'href="/macros/"' in anna.get("/profile/").content.decode(), "the way there"


def test_a_tag_with_a_comma_from_before_that_was_refused_survives_being_saved(world, anna):
    Tag.objects.create(name="чашки,блюдца")
    tags = ["gone, but named", "чашки,блюдца", "a"]
    row = macro(owner=world.anna, do=[("add_tag", name) for name in tags])
    before = row.actions
    page = anna.get(f"/macros/{row.pk}/").text
    typed = page.split('name="tags" value="')[1].split('"')[0]
    assert typed == "gone, but named, чашки,блюдца, a"
    assert anna.post(f"/macros/{row.pk}/", form(tags=typed)).status_code == 302
    row.refresh_from_db()
    assert row.actions == before
    assert anna.post(NEW, form(name="Другой", tags="Чашки, блюдца")).status_code == 302
    assert [one["value"] for one in Macro.objects.get(name="Другой").actions] == ["чашки,блюдца"]


def test_a_manager_shares_with_a_team_and_with_everybody(world, maria, anna, by):
    maria.post(NEW, form(share="team", team=world.first_line.pk))
    row = Macro.objects.get()
    assert (row.owner, row.team) == (None, world.first_line)
    assert "Привет" in anna.get("/macros/").content.decode()
    assert "Привет" not in by(world.boris).get("/macros/").content.decode()
    maria.post(f"/macros/{row.pk}/", form(share="all"))
    row.refresh_from_db()
    assert (row.owner, row.team) == (None, None)
    assert "Привет" in by(world.boris).get("/macros/").content.decode()


def test_nobody_changes_what_is_not_theirs(world, anna, maria):
    shared, boris = macro("Всем"), macro("Борису", owner=world.boris)
    for desk, row in ((anna, shared), (anna, boris), (maria, boris)):
        path = f"/macros/{row.pk}/"
        assert desk.get(path).status_code == 404
        assert desk.post(path, form()).status_code == 404
        assert desk.post(f"{path}switch/", {"to": "off"}).status_code == 404
        assert desk.post(f"{path}move/", {"to": "up"}).status_code == 404
    anna.post("/macros/order/", {"row": [boris.pk, shared.pk]})
    assert list(Macro.objects.all()) == [shared, boris]
    assert maria.get(f"/macros/{shared.pk}/").status_code == 200


def test_a_customer_has_none_and_a_stranger_signs_in(world, by, client):
    assert by(world.carla).get("/macros/").status_code == 403
    assert client.get("/macros/").status_code == 302


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"html_ru": "", "html_en": " "}, "Write a text"),
        ({"html_ru": "<div>{{contact.salary}}</div>"}, "There is no variable “contact.salary”"),
        ({"html_en": "<div>{{contact.name</div>"}, "These braces are no variable"),
        ({"share": "team"}, "Choose a team."),
        ({"tags": "x" * 61}, "A tag may have 60 characters."),
        ({"set_status": "99999"}, "Select a valid choice"),
        ({"share": "nobody"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(world, maria, given, words):
    answer = maria.post(NEW, form(**given))
    page = answer.content.decode()
    assert answer.status_code == 422 and words in page and "field-error" in page
    assert 'value="Первый ответ"' in page
    assert not Macro.objects.exists()


def test_scripts_do_not_get_in(world, anna):
    anna.post(NEW, form(html_ru='<div onclick="x()">a<script>x()</script><img src=x onerror=x()></div>'))
    assert Macro.objects.get().texts == {"ru": "<div>a</div>"}


def test_without_the_editor_formatting_is_not_lost(world, anna):
    row = macro(ru="<div>Просто <b>жирно</b></div>", owner=world.anna)
    path = f"/macros/{row.pk}/"
    plain = {"name": "Новое имя", "text_ru": "Просто жирно", "text_en": "Two\r\nlines <i>", "is_active": "on"}
    assert anna.post(path, plain).status_code == 302
    row.refresh_from_db()
    assert row.name == "Новое имя"
    assert row.texts == {"ru": "<div>Просто <b>жирно</b></div>", "en": "<div>Two<br>lines &lt;i&gt;</div>"}


def test_a_preview_shows_a_made_up_customer_and_saves_nothing(world, anna):
    data = form(
        preview="1", html_ru="<div>{{contact.first_name}}, это {{agent.name}}</div>", html_en="{{nope}}"
    )
    part = anna.send(NEW, data).content.decode()
    assert "Вера, это Anna Lind" in part and "There is no variable “nope”" in part
    assert "<html" not in part
    page = anna.post(NEW, data).content.decode()
    assert "Вера, это Anna Lind" in page and "<html" in page
    assert not Macro.objects.exists()


def test_one_switched_off_is_offered_to_nobody_and_can_be_switched_on_again(world, maria, anna):
    row = macro("Всем")
    maria.post(f"/macros/{row.pk}/switch/", {"to": "off"})
    assert "Всем" not in anna.get("/macros/").content.decode()
    assert "Switched off" in maria.get("/macros/").content.decode()
    maria.post(f"/macros/{row.pk}/switch/", {"to": "on"})
    assert "Всем" in anna.get("/macros/").content.decode()


def test_ones_own_stays_in_sight_when_switched_off(world, anna):
    row = macro("Моё", owner=world.anna)
    anna.post(f"/macros/{row.pk}/switch/", {"to": "off"})
    assert "Моё" in anna.get("/macros/").content.decode()


def test_they_are_put_into_another_order(world, maria):
    a, b, c = (macro(name) for name in "абв")
    assert maria.send("/macros/order/", {"row": [c.pk, a.pk, b.pk, "x"]}).status_code == 204
    assert list(Macro.objects.all()) == [c, a, b]
    maria.post(f"/macros/{b.pk}/move/", {"to": "up"})
    maria.post(f"/macros/{c.pk}/move/", {"to": "up"})
    assert list(Macro.objects.all()) == [c, b, a]


def test_one_searches_and_is_told_when_there_is_none(world, anna):
    assert "No macro yet" in anna.get("/macros/").content.decode()
    macro("Всем", folder="Завершение")
    assert "Всем" in anna.get("/macros/?q=заверш").content.decode()
    assert "No such macro" in anna.get("/macros/?q=другое").content.decode()


def test_a_shared_one_can_be_copied_and_stays_as_it_is(world, anna):
    row = macro("Всем", do=[("set_status", world.status(Category.PENDING).pk)])
    assert f"{NEW}?copy={row.pk}" in anna.get("/macros/").content.decode()
    page = anna.get(f"{NEW}?copy={row.pk}").content.decode()
    assert 'value="Всем"' in page and f'action="{NEW}"' in page
    foreign = macro("Борису", owner=world.boris)
    assert 'value="Борису"' not in anna.get(f"{NEW}?copy={foreign.pk}").content.decode()


def test_the_page_costs_the_same_for_one_and_for_fifty(world, maria):
    maria.get("/macros/")  # what is kept between requests is there
    costs = []
    for number in range(51):
        macro(f"Макрос {number}", team=world.first_line, brand=world.brand)
        if number in {0, 50}:
            with CaptureQueriesContext(connection) as queries:
                maria.get("/macros/")
            costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_macro_is_deleted_after_a_question_by_whoever_may_change_it(world, by):
    row = macro("Old greeting", owner=world.anna)
    anna, path = by(world.anna), f"/macros/{row.pk}/removal/"
    assert by(world.boris).post(path).status_code == 404, "it is hers"
    assert "cannot be undone" in anna.get(path).text and Macro.objects.filter(pk=row.pk).exists()
    anna.post(path)
    assert not Macro.objects.filter(pk=row.pk).exists()
    entry = Entry.objects.get(kind="macro_deleted")
    assert (entry.stream_id, entry.actor_id, entry.data["name"]) == (row.pk, world.anna.pk, "Old greeting")
    assert anna.post(path).status_code == 404
