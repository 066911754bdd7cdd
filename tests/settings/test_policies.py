"""Settings: SLA policies."""

from __future__ import annotations

import pytest

from calendars.models import Calendar
from calendars.starter import make_calendar
from journal.models import Entry
from sla.models import Policy, PolicyVersion

TARGETS = ("first_response", "next_response", "resolution")


@pytest.fixture
def maria(world, by):
    return by(world.maria)


def given(**more):
    data = {"name": "Gold", "calendar": "", "note": "", "sla-node": ["group:1", "end"], "sla-1-join": "all"}
    for target in TARGETS:
        data |= {f"{target}-hours": "business", f"{target}-warn": "80"}
    data |= {"first_response-normal": "4h", "resolution-normal": "1d 2h", "resolution-pauses": ["pending"]}
    return {**data, **more}


def tier(value="gold"):
    return {
        "sla-node": ["group:1", "leaf:2", "end"],
        "sla-1-join": "all",
        "sla-2-field": "tier",
        "sla-2-op": "is",
        "sla-2-value": value,
        "sla-2-for": "tier look",
    }


def only():
    return Policy.objects.get()


def test_a_policy_is_made_of_what_was_typed(maria):
    answer = maria.post("/settings/sla/new/", given(**tier(), **{"resolution-urgent": "30 мин"}))
    assert answer["Location"] == "/settings/sla/"
    version = only().current
    assert version.conditions == {"all": [{"field": "tier", "op": "is", "value": "gold"}]}
    assert version.targets["first_response"]["seconds"] == {
        "low": None,
        "normal": 14_400,
        "high": None,
        "urgent": None,
    }
    assert version.targets["resolution"]["seconds"]["normal"] == 93_600
    assert version.targets["resolution"]["seconds"]["urgent"] == 1800
    assert version.targets["resolution"]["pauses"] == ["pending"]
    assert "next_response" not in version.targets
    page = maria.get("/settings/sla/").content.decode()
    assert "Gold" in page
    assert "First response: 4 h" in page
    assert "Tier" in page, "its conditions in words"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": " "}, "This field is required"),
        ({"first_response-normal": "soon"}, "Write a time such as"),
        ({"first_response-normal": "5 s"}, "Between a minute and a year"),
        ({"first_response-normal": "9000 d"}, "Between a minute and a year"),
        ({"first_response-normal": "", "resolution-normal": ""}, "at least one target"),
        ({"resolution-warn": "120"}, "99"),
        ({"resolution-warn": "x"}, "whole number"),
        ({"resolution-pauses": ["closed"]}, "Select a valid choice"),
        ({"resolution-hours": "never"}, "Select a valid choice"),
        ({"calendar": "77"}, "Select a valid choice"),
        ({"note": "x" * 501}, "500"),
        ({**tier("")}, "field-error"),
        (
            {
                "sla-node": ["group:1", "leaf:2", "end"],
                "sla-2-field": "category",
                "sla-2-op": "is",
                "sla-2-value": "open",
                "sla-2-for": "category pick",
            },
            "cannot ask about",
        ),
    ],
)
def test_what_is_refused_is_said_in_words_and_saves_nothing(maria, more, words):
    answer = maria.post("/settings/sla/new/", given(**more))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'value="1d 2h"' in page or "resolution-normal" in more, "what was typed is still there"
    assert not Policy.objects.exists()
    assert not Entry.objects.filter(stream_type="policy").exists()


def test_only_what_a_policy_may_ask_about_is_offered(maria):
    asked = maria.post(
        "/settings/conditions/?prefix=sla", {"sla-node": ["group:1", "end"], "sla-do": "add:1"}
    )
    offered = asked.content.decode()
    assert 'value="tier"' in offered
    assert 'value="contact."' in offered
    assert 'value="category"' not in offered
    assert 'value="sla_breached"' not in offered


def test_adding_a_condition_without_javascript_saves_nothing(maria):
    answer = maria.post("/settings/sla/new/", given(**{"sla-do": "add:1"}))
    assert answer.status_code == 200
    assert 'value="1d 2h"' in answer.content.decode()
    assert not Policy.objects.exists()


def test_an_edit_is_a_new_version_and_the_history_says_what_changed(maria):
    maria.post("/settings/sla/new/", given())
    path = f"/settings/sla/{only().pk}/"
    assert 'value="26 h"' in maria.get(path).content.decode(), "working time is told in hours"
    calendar = make_calendar(zone="Europe/Moscow").calendar
    maria.post(
        path,
        given(
            **tier(),
            **{
                "first_response-normal": "2h",
                "resolution-hours": "all",
                "resolution-warn": "",
                "calendar": calendar.pk,
                "resolution-pauses": ["pending", "on_hold"],
                "next_response-high": "1h",
                "note": "Быстрее <b>",
            },
        ),
    )
    assert only().current.number == 2
    page = maria.get(path).content.decode()
    for words in (
        "Быстрее &lt;b&gt;",
        "First response, Normal: 4 h → 2 h",
        "Conditions: — → Tier is Gold",
        "working time → around the clock",
        "Next response: — → high 1 h",
        "warning at 80 % → no warning",
        "pauses while Pending, On hold",
        "Calendar: The team",
        "Maria Weber",
    ):
        assert words in page, words
    maria.post(
        path,
        given(
            **tier(),
            **{
                "first_response-normal": "2 ч",
                "resolution-hours": "all",
                "resolution-warn": "",
                "calendar": calendar.pk,
                "resolution-pauses": ["pending", "on_hold"],
                "next_response-high": "60 min",
                "note": "",
            },
        ),
    )
    assert only().current.number == 2, "the same, written otherwise"


def test_a_name_is_taken_once(maria):
    maria.post("/settings/sla/new/", given())
    answer = maria.post("/settings/sla/new/", given())
    assert answer.status_code == 422
    assert "of this name already" in answer.content.decode()


def test_the_draft_says_when_a_request_now_is_due_and_writes_nothing(maria):
    make_calendar(zone="Europe/Moscow")
    before = Entry.objects.count()
    answer = maria.post("/settings/sla/draft/", given(), headers={"HX-Request": "true"})
    words = answer.content.decode()
    assert "normal priority is due" in words
    assert words.count("<local-time") == 2
    half = maria.post("/settings/sla/draft/", given(**{"first_response-normal": "4 fortn"})).content.decode()
    assert half.count("<local-time") == 1, "what cannot be read yet is left out"
    nothing = maria.post("/settings/sla/draft/", {}).content.decode()
    assert "Set a time for normal priority" in nothing
    assert Entry.objects.count() == before
    assert not Policy.objects.exists()


def test_order_switch_and_copy(maria):
    for name in ("A", "B", "C"):
        maria.post("/settings/sla/new/", given(name=name))
    ids = dict(Policy.objects.values_list("name", "pk"))

    def order():
        return "".join(Policy.objects.order_by("position").values_list("name", flat=True))

    maria.post("/settings/sla/order/", {"row": [ids["C"], "x", 10**30, 77, ids["A"]]})
    assert order() == "CAB"
    maria.post(f"/settings/sla/{ids['B']}/move/", {"to": "up"})
    assert order() == "CBA"
    maria.post(f"/settings/sla/{ids['A']}/move/", {"to": "down"})
    assert order() == "CBA"
    maria.post(f"/settings/sla/{ids['A']}/switch/", {"on": "no"})
    assert not Policy.objects.get(name="A").is_active
    assert 'aria-checked="false"' in maria.get("/settings/sla/").content.decode()
    maria.post(f"/settings/sla/{ids['A']}/switch/", {"on": "yes"})
    assert Policy.objects.get(name="A").is_active
    answer = maria.post(f"/settings/sla/{ids['C']}/copy/")
    copy = Policy.objects.get(name="C (copy)")
    assert answer["Location"] == f"/settings/sla/{copy.pk}/"
    assert not copy.is_active
    assert "Switched off" in maria.get(f"/settings/sla/{copy.pk}/").content.decode()


def test_an_empty_list_says_what_to_do_and_warns_without_a_calendar(maria):
    page = maria.get("/settings/sla/").content.decode()
    assert "No policy yet" in page
    assert "no business calendar yet" in page


def test_a_calendar_that_was_switched_off_stays_the_policys(maria):
    calendar = make_calendar(zone="UTC").calendar
    maria.post("/settings/sla/new/", given(calendar=calendar.pk))
    Calendar.objects.update(is_active=False)
    path = f"/settings/sla/{only().pk}/"
    assert f'value="{calendar.pk}" selected' in maria.get(path).content.decode()
    maria.post(path, given(calendar=calendar.pk, name="Renamed"))
    assert PolicyVersion.objects.get().calendar == calendar
    assert only().name == "Renamed"


@pytest.mark.parametrize("policies", [1, 5])
def test_the_list_costs_the_same_whatever_its_length(maria, policies, django_assert_max_num_queries):
    for number in range(policies):
        maria.post("/settings/sla/new/", given(name=f"P{number}", **tier()))
    maria.get("/healthz")
    with django_assert_max_num_queries(9):
        maria.get("/settings/sla/")


PAGES = ["/settings/sla/", "/settings/sla/new/"]
ONLY_POST = [
    "/settings/sla/order/",
    "/settings/sla/draft/",
    "/settings/sla/1/move/",
    "/settings/sla/1/switch/",
    "/settings/sla/1/copy/",
]


@pytest.mark.parametrize("path", [*PAGES, *ONLY_POST])
def test_agents_experts_and_strangers_stay_out(world, client, by, path):
    for who in (world.anna, world.egor, world.carla):
        assert by(who).get(path).status_code in {403, 405}
        assert by(who).post(path).status_code in {403, 405}
    assert client.get(path)["Location"].startswith("/accounts/login/")


def test_how_each_address_may_be_asked(maria):
    for path in ONLY_POST:
        assert maria.get(path).status_code == 405, path
    assert maria.post("/settings/sla/").status_code == 405
    assert maria.get("/settings/sla/77/").status_code == 404
    for act in ("move", "switch", "copy"):
        assert maria.post(f"/settings/sla/77/{act}/").status_code == 404
