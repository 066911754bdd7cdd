"""Rules on their pages: who gets in, editing without JavaScript, order, switch, copy, deletion, versions."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from common import clock
from desk.settings.rule_words import RuleWords
from journal.actor import Actor
from journal.models import Entry
from people.models import Skill
from routing import commands
from routing.actions import ACTIONS
from routing.models import Rule, RuleRun
from tests.settings.browser import controls, posted
from tickets.conditions import dynamic
from tickets.models import CustomField, Service, Tag, Topic

LIST, NEW, ORDER = "/settings/rules/", "/settings/rules/new/", "/settings/rules/order/"
FORM = "application/x-www-form-urlencoded"
PARTS = ["trigger/", "actions/", "matches/", "text/"]
DEFINITION = {
    "trigger": {"on": "ticket_opened"},
    "conditions": {"all": [{"field": "priority", "op": "is", "value": "urgent"}]},
    "actions": [{"do": "add_tags", "value": ["пожар"]}],
    "stop": False,
}
SYSTEM = Actor.system("test")


def rule(name="Пожар", **changes) -> Rule:
    return commands.save_rule(None, name=name, definition={**DEFINITION, **changes}, actor=SYSTEM)


def page(browser, path) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def editor(html: str) -> str:
    """The editor's own form of a page."""
    found = re.search(r'<form class="stack" id="rule-form".*?</form>', html, re.DOTALL)
    assert found
    return found[0]


def fill(browser, path, html=None, **changes):
    """Post the editor as it stands, but for changes (``c_2_op`` for ``c-2-op``)."""
    html = html or page(browser, path)
    data = posted(editor(html), **{k.replace("_", "-"): v for k, v in changes.items()})
    return browser.post(path, data.urlencode(), content_type=FORM)


# --- who gets in -------------------------------------------------------------------------------------


def paths(one: Rule) -> tuple[list[str], list[str]]:
    own = f"{LIST}{one.pk}/"
    acts = [f"{own}{noun}/" for noun in ("move", "switch", "copy", "removal", "removal/undo", "versions/1")]
    return [LIST, NEW, own], [ORDER, *(LIST + part for part in PARTS), *acts]


@pytest.mark.parametrize("who", [None, "carla", "anna", "egor"])
def test_rules_are_the_managers(world, by, client, who):
    pages, acts = paths(rule())
    before = Entry.objects.count()
    browser = by(getattr(world, who)) if who else client
    for method, path in [*(("get", p) for p in pages), *(("post", p) for p in pages[1:] + acts)]:
        answer = getattr(browser, method)(path)
        if who is None:
            assert answer["Location"].startswith("/accounts/login/"), path
        else:
            assert answer.status_code == 403, path
    assert Entry.objects.count() == before


def test_a_manager_has_the_pages_and_what_changes_is_never_a_get(world, by):
    pages, acts = paths(rule())
    browser = by(world.maria)
    assert LIST in page(browser, LIST)
    for path in pages:
        page(browser, path)
        assert browser.put(path).status_code == 405
    for path in acts:
        assert browser.get(path).status_code == 405, path
    for path in [p.replace(f"/{Rule.objects.get().pk}/", "/999/") for p in [*pages[2:], *acts[5:]]]:
        assert browser.post(path).status_code == 404, path


# --- the editor ------------------------------------------------------------------------------------------


def test_a_rule_is_written_step_by_step_without_javascript(oleg, world):
    html = fill(oleg, NEW, name="Срочное — первой линии", c_do="add:1").content.decode()
    assert not Rule.objects.exists(), "a button inside the form saves nothing"
    html = fill(oleg, NEW, html, c_2_field="priority", c_do="again").content.decode()
    html = fill(oleg, NEW, html, c_2_value="urgent", a_do="add").content.decode()
    html = fill(oleg, NEW, html, a_1_do="set_team", a_do="again").content.decode()
    assert 'value="Срочное — первой линии"' in html
    answer = fill(oleg, NEW, html, a_1_value=str(world.first_line.pk), stop="yes")
    made = Rule.objects.get()
    assert answer["Location"] == f"{LIST}{made.pk}/"
    assert not made.is_enabled
    assert made.current.definition == {
        "trigger": {"on": "ticket_opened"},
        "conditions": {"all": [{"field": "priority", "op": "is", "value": "urgent"}]},
        "actions": [{"do": "set_team", "value": world.first_line.pk}],
        "stop": True,
    }
    assert made.current.author == world.oleg


def everything(world) -> list[dict]:
    """One of each action."""
    topic, service = (
        Topic.objects.create(labels={"en": "Refund"}),
        Service.objects.create(labels={"en": "Repair"}),
    )
    skill = Skill.objects.create(labels={"en": "Grinders"})
    Tag.objects.create(name="возврат, срочно")  # from before a comma was refused
    status = world.ticket().status
    team, user = world.second_line.pk, world.boris.pk
    for key, kind in {"size": "choice", "count": "number", "bought": "date", "vip": "flag"}.items():
        CustomField.objects.create(
            key=key, kind=kind, labels={"en": key}, choices=[{"value": "L", "labels": {"en": "Large"}}]
        )
    dynamic.forget()
    return [
        {"do": "set_priority", "value": "high"},
        {"do": "set_status", "value": "pending"},
        {"do": "set_status", "value": status.pk},
        {"do": "set_team", "value": None},
        {"do": "set_topic", "value": topic.pk},
        {"do": "set_service", "value": service.pk},
        {"do": "set_field", "key": "size", "value": "L"},
        {"do": "set_field", "key": "count", "value": 0},
        {"do": "set_field", "key": "bought", "value": "2026-02-28"},
        {"do": "set_field", "key": "vip", "value": False},
        {"do": "add_tags", "value": ["VIP", "возврат, срочно"]},
        {"do": "remove_tags", "value": ["x"]},
        {"do": "assign", "strategy": "weighted", "team": team, "skills": [skill.pk], "language": "of_ticket"},
        {"do": "assign_to", "user": user},
        {"do": "unassign"},
        {"do": "follow", "user": user},
        {"do": "reply", "text": {"ru": "Здравствуйте, {{contact.name}}!\n\nМы «тут».", "en": "\nHello <b>!"}},
        {"do": "note", "text": "  Проверить {{ticket.number}}"},
        {"do": "notify", "who": ["assignee", user], "text": ""},
    ]  # fmt: skip


REST = [
    {"do": "promise", "seconds": 5400, "business": True, "text": "Ответим"},
    {"do": "snooze", "seconds": 90_061, "business": False},
    {"do": "close_after", "seconds": 3 * 86_400, "business": True},
    {"do": "escalate", "team": None, "reason": "Давно ждут"},
    {"do": "webhook", "webhook_id": 7},
    {"do": "stop"},
]


def test_every_action_comes_back_from_the_editor_as_it_went(oleg, world):
    actions = everything(world)
    assert {one["do"] for one in actions + REST} == set(ACTIONS), "each kind is here"
    for some in (actions, REST):
        one = rule(actions=some)
        assert one.current.definition["actions"] == some
        for language in ("en", "ru"):
            oleg.cookies["django_language"] = language
            world.oleg.language = language
            world.oleg.save()
            answer = fill(oleg, f"{LIST}{one.pk}/")
            assert answer.status_code == 302, re.findall(r"field-error.*?</div>", answer.content.decode())
            assert one.versions.count() == 1, "what is the same makes no version"
            assert one.current.definition["actions"] == some


@pytest.mark.parametrize(
    "trigger",
    [
        {"on": "message_received"}, {"on": "manual"}, {"on": "field_changed", "field": ""},
        {"on": "field_changed", "field": "team"}, {"on": "sla_warned", "target": "first_response"},
        {"on": "sla_breached", "target": ""},
        {"on": "time_since", "since": "agent_reply", "seconds": 172_860, "business": True, "past": False},
        {"on": "time_since", "since": "opened", "seconds": 60, "business": False, "past": True},
    ],
)  # fmt: skip
def test_every_trigger_comes_back_as_it_went(oleg, world, trigger):
    one = rule(trigger=trigger)
    assert fill(oleg, f"{LIST}{one.pk}/", name="Другое имя").status_code == 302
    one.refresh_from_db()
    assert (one.name, one.versions.count(), one.current.definition["trigger"]) == ("Другое имя", 1, trigger)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Give the rule a name"),
        ({"name": "x" * 121}, "At most 120"),
        ({"trigger_on": "nonsense"}, "Choose when"),
        ({"trigger_on": "time_since"}, "Choose since when"),
        ({"trigger_on": "time_since", "trigger_since": "opened", "trigger_time": "soon"}, "one minute"),
        ({"trigger_on": "field_changed", "trigger_field": "weather"}, "There is no field"),
        ({"c_2_value": "god"}, "does not fit"),
        ({"a_1_do": "set_team", "a_1_for": "set_team", "a_1_value": "99999"}, "not there any more"),
        ({"a_1_do": "assign_to", "a_1_for": "assign_to", "a_1_user": ""}, "Choose a value"),
        ({"a_1_do": "assign_to", "a_1_for": "add_tags", "a_1_user": "1"}, "Choose a value"),
        ({"a_1_do": "snooze", "a_1_for": "snooze", "a_1_seconds": "soon"}, "one minute"),
        ({"a_1_do": "note", "a_1_for": "note", "a_1_text": "{{secret}}"}, "There is no variable"),
        ({"a_1_do": "reply", "a_1_for": "reply", "a_1_text.ru": " "}, "Write the text"),
        ({"a_1_do": "add_tags", "a_1_for": "add_tags", "a_1_value": "late, again"}, "cannot have a comma"),
        ({"a_1_do": "rm -rf"}, "Choose what is to be done"),
        ({"a_node": []}, "Choose what the rule does"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(oleg, world, changes, words):
    one = rule()
    answer = fill(oleg, f"{LIST}{one.pk}/", **changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in "".join(re.findall(r"field-error.*?</div>", html, re.DOTALL))
    assert html.count('class="field-error"') == 1
    assert one.versions.count() == 1
    kept = dict(controls(editor(html)))
    for name, value in changes.items():
        if name in {"name", "c_2_value", "a_1_text", "a_1_seconds", "trigger_time"} and value != "god":
            assert kept[name.replace("_", "-")] == value, "nothing typed is lost"


def test_everything_that_is_wrong_is_said_at_once(oleg, world):
    one = rule(actions=[{"do": "stop"}, {"do": "add_tags", "value": ["a"]}])
    answer = fill(oleg, f"{LIST}{one.pk}/", name="", c_2_value="", a_2_value="x" * 61)
    assert answer.content.decode().count('class="field-error"') == 3


def test_the_order_of_actions_is_changed_by_buttons(oleg, world):
    one = rule(actions=[{"do": "unassign"}, {"do": "add_tags", "value": ["a"]}, {"do": "stop"}])
    path = f"{LIST}{one.pk}/"
    html = fill(oleg, path, a_do="up:2").content.decode()
    html = fill(oleg, path, html, a_do="remove:3").content.decode()
    fill(oleg, path, html)
    assert [action["do"] for action in one.current.definition["actions"]] == ["add_tags", "unassign"]


def test_the_editors_live_parts(oleg, world):
    world.ticket(subject="Первое")
    one = rule(conditions={"all": [{"field": "subject", "op": "contains", "value": "перв"}]})
    world.ticket(subject="Второе")
    data = posted(editor(page(oleg, f"{LIST}{one.pk}/")))

    def send(path):
        return oleg.post(path, data.urlencode(), content_type=FORM).content.decode()

    found = send(f"{LIST}matches/")
    assert "1 open ticket" in found
    assert "Первое" in found
    data["c-2-value"] = ""
    assert "Complete the conditions" in send(f"{LIST}matches/")
    data["trigger-on"] = "time_since"
    assert 'name="trigger-since"' in send(f"{LIST}trigger/")
    data["a-do"] = "add"
    assert ("a-node", "2") in controls(send(f"{LIST}actions/"))
    shown = oleg.post(f"{LIST}text/?name=t", {"t": "<b>{{contact.name}}</b> {{agent.name}}"}).content.decode()
    assert f"&lt;b&gt;{world.vera.name}&lt;/b&gt;" in shown
    assert "agent.name" in shown, "what has no value there is named"


# --- the list -----------------------------------------------------------------------------------


def test_the_list_says_what_each_rule_does_and_how_often_it_acted(oleg, world):
    one, two = rule(), rule("Второе")
    ticket = world.ticket()
    entry = Entry.objects.filter(stream_type="ticket").latest("pk")
    RuleRun.objects.create(
        ticket=ticket, rule=one, version=one.current, entry=entry, root_entry=entry, at=clock.now(),
        matched=True, error="x",
    )  # fmt: skip
    html = page(oleg, LIST)
    assert html.index("Пожар") < html.index("Второе")
    assert "priority is Urgent" in html
    assert "add tags: пожар" in html
    assert "1 time" in html
    assert "1 failure" in html
    assert two.name in html


def test_the_list_asks_as_much_for_many_as_for_one(oleg, world):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(oleg, LIST)
        return len(queries)

    team = {"field": "team", "op": "is", "value": world.first_line.pk}
    rule("Первое", conditions={"all": [team]})
    page(oleg, LIST)  # what the process remembers is remembered now
    one = asked()
    for number in range(4):
        rule(f"Ещё {number}", conditions={"all": [{**team, "value": world.second_line.pk}]})
    assert asked() == one


def test_rules_are_ordered_by_dragging_and_by_buttons(oleg, world):
    ids = [rule(f"Правило {n}").pk for n in range(3)]

    def order():
        return list(Rule.objects.filter(is_deleted=False).order_by("position").values_list("pk", flat=True))

    answer = oleg.post(ORDER, {"row": [ids[2], ids[0], ids[1]]}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert order() == [ids[2], ids[0], ids[1]]
    oleg.post(f"{LIST}{ids[0]}/move/", {"to": "up"})
    oleg.post(f"{LIST}{ids[0]}/move/", {"to": "up"})  # it is the first by now
    assert order() == [ids[0], ids[2], ids[1]]
    assert oleg.post(ORDER, {"row": ["x", "99999999999999999999"]}).status_code == 302
    before = order()
    oleg.post(ORDER, {"row": [99_999, ids[1]]})
    assert order() == before


def test_a_rule_is_switched_and_refused_where_it_says_what_is_gone(oleg, world):
    one = rule(actions=[{"do": "set_team", "value": world.second_line.pk}])
    path = f"{LIST}{one.pk}/switch/"
    html = oleg.post(path, {"on": "yes"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-checked="true"' in html
    assert oleg.post(path, {"on": "no", "back": "rule"})["Location"] == f"{LIST}{one.pk}/"
    world.second_line.is_active = False
    world.second_line.save()
    answer = oleg.post(path, {"on": "yes"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert 'aria-checked="false"' in answer.content.decode()
    assert "not there any more" in answer.content.decode()
    assert "not there any more" in oleg.post(path, {"on": "yes"}, follow=True).content.decode()
    one.refresh_from_db()
    assert not one.is_enabled


def test_a_rule_is_copied_deleted_and_brought_back(oleg, world):
    one = rule("Очень длинное имя " * 6)
    oleg.post(f"{LIST}{one.pk}/copy/")
    copy = Rule.objects.latest("pk")
    assert copy.name.endswith("(copy)")
    assert copy.current.definition == one.current.definition
    assert not copy.is_enabled
    answer = oleg.post(f"{LIST}{copy.pk}/removal/", follow=True)
    html = answer.content.decode()
    assert f"{LIST}{copy.pk}/removal/undo/" in html
    assert f'href="{LIST}{copy.pk}/"' not in html
    assert oleg.get(f"{LIST}{copy.pk}/").status_code == 404
    oleg.post(f"{LIST}{copy.pk}/removal/undo/")
    copy.refresh_from_db()
    assert not copy.is_deleted
    assert not copy.is_enabled


def test_versions_tell_what_changed_and_come_back(oleg, world):
    one = rule()
    new = {**DEFINITION, "trigger": {"on": "manual"}, "actions": [{"do": "unassign"}], "stop": True}
    commands.save_rule(one.pk, name=one.name, definition=new, actor=Actor.user(world.maria), note="Так лучше")
    html = page(oleg, f"{LIST}{one.pk}/")
    for words in ("Version 2", "Так лучше", world.maria.name, "When: An agent asks for it",
                  "Then: Add tags: пожар", "Then: Return to the queue", "Then: no further rule"):  # fmt: skip
        assert words in html, words
    assert "If:" not in html, "conditions are the same"
    oleg.post(f"{LIST}{one.pk}/versions/1/")
    assert one.versions.count() == 3
    assert one.current.definition == DEFINITION
    assert oleg.post(f"{LIST}{one.pk}/versions/9/").status_code == 404


@pytest.mark.parametrize(
    ("condition", "english", "russian"),
    [
        (("priority", "is", "urgent"), "priority is Urgent", "приоритет — Срочный"),
        (
            ("priority", "in", ["low", "normal"]),
            "priority is Low or Normal",
            "приоритет — Низкий или Обычный",
        ),
        (("subject", "contains", "счёт"), "subject contains “счёт”", "тема содержит «счёт»"),
        (("tags", "in", ["vip"]), "tags include any of vip", "метки: есть хотя бы одно из vip"),
        (
            ("working_time", "not_in", [999]),
            "working time is not on now by 999",
            "рабочее время: сейчас не идёт по календарю 999",
        ),
        (("assignee", "empty", None), "assignee is empty", "исполнитель: не указано"),
    ],
)
def test_conditions_read_as_people_say_them(world, condition, english, russian):
    leaf = dict(zip(("field", "op", "value"), condition, strict=True))
    for language, said in (("en", english), ("ru", russian)):
        with translation.override(language):
            definition = {**DEFINITION, "conditions": {"all": [leaf, leaf]}}
            words = RuleWords([definition]).sentence(definition)["if"]
            assert words.split(" и " if language == "ru" else " and ") == [said, said]


def test_a_rule_whose_words_are_gone_can_still_be_read(world):
    """Teams, fields and people go; what a rule said is told with what is left."""
    definition = {
        **DEFINITION,
        "conditions": {"any": [{"field": "field.gone", "op": "is", "value": "x"},
                               {"field": "team", "op": "in", "value": [1, 999_999, 3, 4, 5, 6, 7]},
                               {"all": []}, {"any": []}]},
        "actions": [{"do": "set_team", "value": 999_999}, {"do": "notify", "who": ["leads", 999_999]},
                    {"do": "set_field", "key": "gone", "value": True}],
    }  # fmt: skip
    for language in ("en", "ru"):
        with translation.override(language):
            words = RuleWords([definition]).sentence(definition)
            assert "field.gone" in words["if"]
            assert "999999" in words["then"][0]
