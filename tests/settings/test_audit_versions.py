"""The audit of changes, of what has versions: rules, policies, calendars and bots, as sentences."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from calendars.commands import save_calendar
from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from desk.audit import reading
from desk.audit.details import _SAID
from desk.audit.fields import LABELS
from desk.audit.things import SORTS
from journal import events
from journal.actor import Actor
from journal.models import BY_MACHINES, Entry
from people.commands import roles
from people.commands.users import change_user
from people.placing import built_in
from routing.commands import save_rule
from sla.commands import save_policy
from tickets.commands import macros, views
from tickets.models import Priority

H = 3600
PRIORITY = {"field": "priority", "op": "is", "value": "high"}
MAIL = {"field": "channel", "op": "is", "value": "email"}
NINE_TO_SIX = [[9 * H, 18 * H]]


@pytest.fixture
def boss(world):
    return Actor.user(world.oleg)


def newest(language="en"):
    """(sentence, "what: old → new" of its details) of the newest change, as somebody reads it."""
    with translation.override(language):
        line = reading.page_of_changes(reading.Filter(), after=None)[0][0]
        told = [
            f"{one.field}: {one.new}" if one.old is None else f"{one.field}: {one.old} → {one.new}"
            for one in line.details
        ]
    return line.words, told


def rule(boss, rule_id=None, name="Marker", note="", **given):
    definition = {
        "trigger": {"on": "ticket_opened"},
        "conditions": {"all": [PRIORITY, MAIL]},
        "actions": [{"do": "add_tags", "value": ["first"]}],
        "stop": False,
        **given,
    }
    return save_rule(rule_id, name=name, definition=definition, actor=boss, note=note)


def test_a_rule_says_which_condition_asks_for_something_else(boss):
    made = rule(boss)
    assert newest() == (
        "Created: rule “Marker”",
        [
            "When: A ticket was opened",
            "Conditions: Priority is High and Channel is E-mail",
            "Action: Add tags: first",
        ],
    )
    both = {"field": "priority", "op": "in", "value": ["high", "urgent"]}
    rule(boss, made.pk, conditions={"all": [MAIL, both]}, note="Urgent ones too")
    said = ["Condition: Priority is High → Priority is High or Urgent", "Note: Urgent ones too"]
    assert newest() == ("Saved: rule “Marker”, version 2", said)
    assert "Приоритет — Высокий → Приоритет — Высокий или Срочный" in newest("ru")[1][0]
    rule(boss, made.pk, conditions={"any": [MAIL, both]})
    words = "Channel is E-mail {} Priority is High or Urgent"
    assert newest()[1] == [f"Conditions: {words.format('and')} → {words.format('or')}"]
    rule(boss, made.pk, conditions={})
    assert newest()[1] == ["Conditions: Channel is E-mail or Priority is High or Urgent → "]


def test_a_rule_says_what_it_does_otherwise_to_the_last_word(boss):
    made = rule(boss)
    note = {"do": "note", "text": f"{'Read the handbook. ' * 9}Then call."}
    tags = {"do": "add_tags", "value": ["first", "second"]}
    rule(boss, made.pk, trigger={"on": "manual"}, actions=[tags, note], stop=True)
    assert newest()[1] == [
        "When: A ticket was opened → An agent asks for it",
        "Action: Add tags: first → Add tags: first, second",
        f"Action:  → Write a private note: “{note['text']}”",
        "No further rule: no → yes",
    ]
    rule(boss, made.pk, trigger={"on": "manual"}, actions=[note, tags], stop=True)
    assert newest()[1][0].startswith("Order of the actions: Add tags: first, second; Write a private note")
    wider = {**note, "text": note["text"].replace("call", "write")}
    rule(boss, made.pk, trigger={"on": "manual"}, actions=[wider, tags], stop=True)
    (said,) = newest()[1]
    assert said.index("Then call.") < said.index("→") < said.index("Then write.")


def test_a_new_name_is_told_without_the_last_versions_changes(boss, world):
    made = rule(boss)
    rule(boss, made.pk, stop=True)
    rule(boss, made.pk, stop=True, name="«Gold» first")
    assert newest("ru") == ("Переименовано: правило «„Gold“ first»", ["Название: Marker → «Gold» first"])
    rule(boss, made.pk, name="Last")
    said = ["Name: «Gold» first → Last", "No further rule: yes → no"]
    assert newest() == ("Saved: rule “Last”, version 3", said)
    bot = bots.make_flow(name="Helper", definition=example(), actor=boss)
    bots.rename_flow(bot.pk, name="Assistant", actor=boss)
    assert newest() == ("Renamed: bot “Assistant”", ["Name: Helper → Assistant"])


def test_entries_from_before_names_were_told_stay_readable(boss):
    made = rule(boss)
    rule(boss, made.pk, stop=True)
    bot = bots.make_flow(name="Helper", definition=example(), actor=boss)
    bots.rename_flow(bot.pk, name="Assistant", actor=boss)
    for entry in Entry.objects.filter(kind__in=["rule_saved", "bot_flow_renamed"]):
        Entry.objects.filter(pk=entry.pk).update(
            data={key: value for key, value in entry.data.items() if key != "changes"}
        )
    assert newest() == ("Renamed: bot “Assistant”", [])
    lines = reading.page_of_changes(reading.parse({"kind": "automation"}), after=None)[0]
    assert [line.words for line in lines] == ["Saved: rule “Marker”, version 2", "Created: rule “Marker”"]
    assert [one.field for one in lines[0].details] == ["No further rule"]


def aim(**seconds):
    return {
        "seconds": {one.name.lower(): seconds.get(one.name.lower()) for one in Priority},
        "business": True, "pauses": [], "warn_percent": 80,
    }  # fmt: skip


def test_a_policy_says_its_times_target_by_target(boss):
    given = {"name": "Gold", "calendar": None, "actor": boss}
    first = {"first_response": aim(normal=4 * H, high=2 * H)}
    policy = save_policy(None, conditions={}, targets=first, **given).policy
    assert newest()[1] == [
        "Calendar: The team's, else the default one",
        "First response: normal 4 h, high 2 h; working time; never pauses; warning at 80 %",
    ]
    week = {"zone": "UTC", "week": [NINE_TO_SIX] * 5 + [[], []]}
    office = save_calendar(None, name="Office", definition=week, actor=boss).calendar
    second = {
        "first_response": {**aim(normal=4 * H, high=H), "warn_percent": None},
        "resolution": aim(normal=8 * H),
    }
    save_policy(policy.pk, conditions=PRIORITY, targets=second, **{**given, "calendar": office})
    assert newest()[1] == [
        "Conditions:  → Priority is High",
        "Calendar: The team's, else the default one → Office",
        "First response, High: 2 h → 1 h",
        "First response: warning at 80 % → no warning",
        "Resolution:  → normal 8 h; working time; never pauses; warning at 80 %",
    ]


def test_a_calendar_says_its_hours_and_days(boss):
    week = [NINE_TO_SIX] * 5 + [[], []]
    office = save_calendar(None, name="Office", definition={"zone": "UTC", "week": week}, actor=boss).calendar
    assert "Monday – Friday: 09:00–18:00" in (said := _calendar_line("Office"))
    assert "Saturday – Sunday: day off" in said
    later = {
        "zone": "Europe/Moscow",
        "week": [[[10 * H, 18 * H]]] * 2 + week[2:],
        "days": {"2027-03-15": {"intervals": [], "kind": "exception", "name": {"": "The move"}}},
        "spans": [
            {"start": "2027-06-01T10:00Z", "end": "2027-06-01T12:00Z", "adds": False, "name": {"": "Power"}}
        ],
        "valid_until": "2030-12-31",
    }  # fmt: skip
    save_calendar(office.pk, name="Office", definition=later, actor=boss, note="Later on Mondays")
    assert newest()[1] == [
        "Time zone: UTC → Europe/Moscow",
        "Monday – Tuesday: 09:00–18:00 → 10:00–18:00",
        "Until:  → 31 December 2030",
        "15 March 2027:  → The move, day off",
        "06/01/2027 1 p.m. – 06/01/2027 3 p.m.:  → Power, is not worked",
        "Note: Later on Mondays",
    ]
    country = {**later, "sources": {"country": "RU", "subdivision": "", "shorten": 60, "skip": []}}
    save_calendar(office.pk, name="Office", definition=country, actor=boss)
    said = newest()[1]
    assert said[0] == "Public holidays:  → Russia"
    assert len(said) < 5 and "days, " in said[-1], "the days of years are counted"
    assert newest("ru")[1][0] == "Государственные праздники:  → Россия"


def _calendar_line(name):
    lines = reading.page_of_changes(reading.parse({"kind": "automation"}), after=None)[0]
    line = next(line for line in lines if line.words == f"Created: calendar “{name}”")
    return [f"{one.field}: {one.new}" for one in line.details]


def test_a_bot_says_what_its_steps_say_and_where_they_lead(boss):
    bot = bots.make_flow(name="Helper", definition=example(), actor=boss)
    bots.publish(bot.pk, actor=boss)
    assert newest()[1][0].startswith("Step: Menu: Hello! I am the assistant")

    def edit(draft):
        draft = deepcopy(draft)
        menu = draft["steps"][0]
        menu["texts"]["en"] = "Good day!"
        menu["choices"][0]["texts"]["ru"] = "Про заказ"
        menu["choices"][2]["next"] = "s9"
        draft["steps"].append({"id": "s9", "kind": "say", "name": "", "texts": {"en": "Bye"}, "next": ""})
        draft["person_button"] = False
        return draft

    bots.edit_draft(bot.pk, edit=edit, actor=boss)
    bots.publish(bot.pk, actor=boss, note="Kinder")
    words, said = newest()
    assert words == "Published: bot “Helper”"
    assert said[0].startswith("Menu: Good day! · Text · English: Hello!")
    assert said[0].endswith("→ Good day!")
    assert "Menu: Good day! · Button: My order · Мой заказ → My order · Про заказ" in said
    assert any(one.startswith("Menu: Good day! · Something else · Leads to:") for one in said)
    assert "New step:  → Say: Bye" in said
    assert "A button for a person under every question: yes → no" in said
    assert said[-1] == "Note: Kinder"


def test_sets_say_what_came_and_went_views_and_macros_say_it_in_words(world, boss):
    role = roles.create_role(actor=boss, name="Trainee", like=built_in("agent"))
    roles.change_role(role.pk, actor=boss, permissions=["note", "reply", "manage_views"], access="teams")
    said = newest()[1]
    assert "What it may:  → Share views with teams" in said
    assert any(one.startswith("What it may: Change tickets, Assign tickets") for one in said)
    roles.remove_role(role.pk, actor=boss)
    assert "What it may: Read tickets, Write private notes" in " ".join(newest()[1])
    view = views.create_view(actor=boss, labels={"en": "High"}, conditions={"all": [PRIORITY]})
    views.change_view(view.pk, actor=boss, conditions={"all": [PRIORITY, MAIL]})
    assert newest()[1] == ["Condition:  → Channel is E-mail"]
    change_user(world.anna.pk, actor=boss, capacity={"email": 5, "chat": 2})
    assert newest("ru")[1] == ["Загрузка:  → Почта и формы: 5, Чат: 2"]
    macro = macros.create_macro(actor=boss, name="Thanks", texts={"en": "<div>Thanks</div>"})
    macros.delete_macro(macro.pk, actor=boss)
    assert not [one for one in newest()[1] if "{" in one], "no JSON"


def test_many_versions_cost_what_few_cost(boss):
    def saved(count):
        for number in range(count):
            made = rule(boss, name=f"Rule {number} of {count}")
            rule(boss, made.pk, name=made.name, conditions={"all": [PRIORITY, {**MAIL, "value": "chat"}]})

    saved(1)
    with CaptureQueriesContext(connection) as few:
        reading.page_of_changes(reading.Filter(), after=None)
    saved(12)
    with CaptureQueriesContext(connection) as many:
        reading.page_of_changes(reading.Filter(), after=None)
    assert len(many) <= len(few)


def test_every_value_of_every_kind_of_entry_has_a_name():
    missing = {
        f"{kind}.{one.name}"
        for kind, cls in events.known().items()
        if cls.stream_type in SORTS and cls.stream_type != "ticket" and kind not in BY_MACHINES
        for one in fields(cls)[1:]
        if one.name not in _SAID and one.name not in LABELS
    }
    assert missing == set()
