"""Trying rules on past tickets: choosing, progress, what would have been, cancelling."""

from __future__ import annotations

import pytest

from common import clock
from routing.models import SimulatedTicket, Simulation
from tests.settings.browser import posted
from tests.settings.test_rules import DEFINITION, FORM, LIST, NEW, editor, fill, page, rule

PATH = f"{LIST}simulations/"
HTMX = {"HX-Request": "true"}


def simulation(world, **given) -> Simulation:
    start = {"started_by": world.maria, "created_at": clock.now(), "days": 7,
             "definition": [{"id": None, "name": "Проба", "definition": DEFINITION}]}  # fmt: skip
    return Simulation.objects.create(**start | given)


@pytest.mark.parametrize("who", [None, "carla", "anna", "egor"])
def test_trying_is_the_managers(world, by, client, who):
    row = simulation(world)
    browser = by(getattr(world, who)) if who else client
    for method, path in [("get", PATH), ("post", PATH), ("post", f"{PATH}draft/"),
                         ("get", f"{PATH}{row.pk}/"), ("post", f"{PATH}{row.pk}/cancel/")]:  # fmt: skip
        answer = getattr(browser, method)(path)
        assert answer.status_code == (403 if who else 302), path
    row.refresh_from_db()
    assert (row.state, Simulation.objects.count()) == ("queued", 1)


def test_the_ways_in_are_the_right_ones(world, by):
    browser, row = by(world.maria), simulation(world)
    assert browser.get(f"{PATH}draft/").status_code == 405
    assert browser.get(f"{PATH}{row.pk}/cancel/").status_code == 405
    assert browser.post(f"{PATH}{row.pk}/").status_code == 405
    assert browser.get(f"{PATH}999/").status_code == 404
    assert browser.post(f"{PATH}999/cancel/").status_code == 404


def test_the_chosen_rules_are_tried_as_they_are(oleg, world):
    one, two, _three = rule("Первое"), rule("Второе"), rule("Третье")
    html = page(oleg, PATH)
    assert html.count('name="rules"') == 3
    answer = oleg.post(PATH, {"days": "14", "rules": [two.pk, one.pk, 99_999, "x"]})
    made = Simulation.objects.get()
    assert answer["Location"] == f"{PATH}{made.pk}/"
    assert (made.days, made.started_by, made.state) == (14, world.oleg, "queued")
    assert made.definition == [
        {"id": one.pk, "name": "Первое", "definition": DEFINITION},
        {"id": two.pk, "name": "Второе", "definition": DEFINITION},
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [({"days": "14"}, "at least one rule"), ({"days": "0"}, "From 1 to"), ({"days": "9999"}, "From 1 to"),
     ({"days": "x"}, "From 1 to")],
)  # fmt: skip
def test_nonsense_starts_nothing(oleg, world, data, words):
    one = rule()
    given = data if words.startswith("at") else {**data, "rules": [one.pk]}
    answer = oleg.post(PATH, given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Simulation.objects.exists()


def test_a_rule_is_tried_as_it_stands_in_its_editor(oleg, world):
    one, other = rule("Как было"), rule("Другое")
    path = f"{LIST}{one.pk}/"
    data = posted(editor(page(oleg, path)), name="Как будет", stop="yes")
    html = oleg.post(f"{PATH}draft/?rule={one.pk}", data.urlencode(), content_type=FORM).content.decode()
    assert "Как будет" in html
    assert html.count('name="rules"') == 1, "the draft stands for itself"
    form = posted(html.split('action="/settings/rules/simulations/"', 1)[1], rules=[str(other.pk)])
    oleg.post(PATH, form.urlencode(), content_type=FORM)
    made = Simulation.objects.get()
    assert [(tried["id"], tried["name"]) for tried in made.definition] == [
        (one.pk, "Как будет"),
        (other.pk, "Другое"),
    ]
    assert made.definition[0]["definition"] == {**DEFINITION, "stop": True}
    assert one.versions.count() == 1, "nothing was saved"
    form["trigger-do"] = "again"
    html = oleg.post(path, form.urlencode(), content_type=FORM).content.decode()
    assert 'value="Как будет"' in html, "back to editing with everything that was typed"


def test_a_new_rule_is_tried_last_and_a_wrong_one_is_sent_back(oleg, world):
    rule("Есть")
    html = fill(oleg, NEW, name="Новое", stop="yes", c_do="again").content.decode()
    data = posted(editor(html), stop="yes")
    html = oleg.post(f"{PATH}draft/", data.urlencode(), content_type=FORM).content.decode()
    form = posted(html.split('action="/settings/rules/simulations/"', 1)[1])
    form.setlist("rules", [])
    oleg.post(PATH, form.urlencode(), content_type=FORM)
    assert [tried["name"] for tried in Simulation.objects.get().definition] == ["Новое"]
    data["name"] = ""
    answer = oleg.post(f"{PATH}draft/", data.urlencode(), content_type=FORM)
    assert answer.status_code == 422
    assert "Give the rule a name" in answer.content.decode()
    form["name"] = ""
    assert oleg.post(PATH, form.urlencode(), content_type=FORM).status_code == 422
    assert Simulation.objects.count() == 1


def test_progress_is_asked_for_until_it_is_over(oleg, world):
    row = simulation(world, state="running", progress=40, total=12)
    path = f"{PATH}{row.pk}/"
    part = oleg.get(path, headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    assert "40 %" in part
    assert "of 12 tickets" in part
    oleg.post(f"{path}cancel/")
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert row.finished_at is not None
    assert "every 1s" not in oleg.get(path, headers=HTMX).content.decode()
    assert "over already" in oleg.post(f"{path}cancel/", follow=True).content.decode()
    failed = simulation(world, state="failed", error="<b>диск</b>")
    assert "&lt;b&gt;диск" in page(oleg, f"{PATH}{failed.pk}/")


def test_what_would_have_been_is_told_by_team_by_person_and_by_ticket(oleg, world):
    first, second = world.ticket(subject="Кофемолка"), world.ticket(subject="Без разницы")
    summary = {
        "by_team": [{"team_id": world.first_line.pk, "name": "First line", "simulated": 2, "happened": 6},
                    {"team_id": None, "name": "", "simulated": 0, "happened": 1}],
        "by_agent": [{"user_id": world.anna.pk, "name": "Anna", "simulated": 5, "happened": 2}],
        "changed": 1, "unchanged": 1, "unassigned": 0, "fields": {"team": 1, "assignee": 1},
    }  # fmt: skip
    row = simulation(world, state="done", total=2, summary=summary)
    SimulatedTicket.objects.create(
        simulation=row, ticket=first, differs=True, rules=[{"id": 1, "name": "Проба"}],
        before={"team": world.first_line.pk, "assignee": None, "priority": 2},
        after={"team": world.second_line.pk, "assignee": world.boris.pk, "priority": 2},
    )  # fmt: skip
    SimulatedTicket.objects.create(simulation=row, ticket=second, differs=False)
    html = page(oleg, f"{PATH}{row.pk}/")
    for words in ("Кофемолка", f'href="/tickets/{first.pk}/"', world.second_line.name, world.boris.name,
                  "+3", "−4", "No team", "Проба"):  # fmt: skip
        assert words in html, words
    assert "Priority:" not in html, "what is the same is not said"
    assert "Без разницы" not in html
    assert "Без разницы" in page(oleg, f"{PATH}{row.pk}/?all=yes")
    assert page(oleg, f"{PATH}{row.pk}/?from=x&all=no")
    assert page(oleg, f"{PATH}{row.pk}/?from=999999999999999999")
    assert "1 ticket would differ" in page(oleg, PATH)


def test_a_long_result_is_paged(oleg, world):
    row = simulation(world, state="done", total=60, summary={"changed": 60})
    SimulatedTicket.objects.bulk_create(
        SimulatedTicket(simulation=row, ticket=world.ticket(), differs=True) for _n in range(60)
    )
    html = page(oleg, f"{PATH}{row.pk}/")
    assert html.count("sim-subject") == 50
    assert "?from=50" in html
    html = page(oleg, f"{PATH}{row.pk}/?from=50")
    assert html.count("sim-subject") == 10
    assert "?from=0" in html
