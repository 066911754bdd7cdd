"""Two people with the same form open: the second one is told, and undoes nothing unawares (desk/seen.py)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import QueryDict

from desk.seen import CHANGED
from journal.actor import Actor
from people.models import Access, Role, StaffRole, User
from routing.commands import save_rule
from sla.starter import make_policy
from tests.assignment.test_concurrency import at_once
from tests.macros.making import macro
from tests.settings.browser import posted
from tests.world import make_world
from tickets.commands import open_problem
from tickets.models import Category

FORM = "application/x-www-form-urlencoded"
SYSTEM = Actor.system("test")
RULE = {
    "trigger": {"on": "ticket_opened"},
    "conditions": {"all": []},
    "actions": [{"do": "add_tags", "value": ["пожар"]}],
    "stop": False,
}


@dataclass(frozen=True)
class Case:
    """``path`` makes the thing and says where its form is; ``theirs`` and ``mine`` are typed into it."""

    path: Callable[[Any], str]
    theirs: dict[str, Any]
    mine: dict[str, Any]


def _problem(world: Any) -> str:
    return f"/problems/{open_problem(title='Кассы стоят', actor=world.as_anna).pk}/details/"


def _rule(world: Any) -> str:
    return f"/settings/rules/{save_rule(None, name='Пожар', definition=RULE, actor=SYSTEM).pk}/"


def _policy(world: Any) -> str:
    policy = make_policy()
    assert policy is not None, "there was none yet"
    return f"/settings/sla/{policy.pk}/"


def _role(world: Any) -> str:
    return f"/settings/roles/{StaffRole.objects.get(key=Role.AGENT).pk}/"


def _notes(path: Callable[[Any], str]) -> Case:
    return Case(path, {"notes": "Звонить утром"}, {"notes": "Только письма"})


CASES = {
    "organisation": _notes(lambda world: f"/organizations/{world.organization.pk}/"),
    "customer": _notes(lambda world: f"/customers/{world.vera.pk}/"),
    "customer's language": Case(
        lambda world: f"/customers/{world.vera.pk}/", {"language": "ru"}, {"language": "en"}
    ),
    "problem": Case(_problem, {"description": "Перезапуск помогает"}, {"description": "Ждём поставщика"}),
    "team": Case(
        lambda world: f"/settings/teams/{world.first_line.pk}/",
        {"members": lambda world: [world.anna, world.boris]},
        {"members": lambda world: [world.anna, world.egor]},
    ),
    "status": Case(
        lambda world: f"/settings/statuses/{world.status(Category.OPEN).pk}/",
        {"label_en": "Being done"},
        {"label_en": "In the works"},
    ),
    "macro": Case(
        lambda world: f"/macros/{macro('Привет', en='<div>Hello</div>').pk}/",
        {"text_en": "Good day"},
        {"text_en": "Good evening"},
    ),
    "rule's name": Case(_rule, {"name": "Пожар!"}, {"name": "Потоп"}),
    "rule": Case(_rule, {"trigger-on": "message_received"}, {"trigger-on": "reply_sent"}),
    "policy": Case(_policy, {"resolution-normal": "5 h"}, {"resolution-normal": "6 h"}),
    "policy's name": Case(_policy, {"name": "Gold"}, {"name": "Silver"}),
    "role": Case(_role, {"access": "own"}, {"access": "all"}),
}


@pytest.fixture
def oleg(world, by):
    return by(world.oleg)


@pytest.fixture
def olga(world, by):
    """Another administrator's browser."""
    user = User.objects.create_user("olga@otklik.example", "correct horse battery", name="Olga")
    User.objects.filter(pk=user.pk).update(role=Role.ADMINISTRATOR, access=Access.ALL)
    return by(user)


def filled(html: str, **typed: Any) -> QueryDict:
    """The guarded form of a page, as a browser would post it."""
    form = next(one for one in re.findall(r"<form\b.*?</form>", html, re.DOTALL) if 'name="seen"' in one)
    assert all(f'name="{name}"' in form for name in typed), "the page has these controls"
    return posted(form, **typed)


def send(browser: Any, path: str, data: QueryDict) -> Any:
    return browser.post(path, data.urlencode(), content_type=FORM)


def given(world: Any, typed: dict[str, Any]) -> dict[str, Any]:
    return {k: [str(row.pk) for row in v(world)] if callable(v) else v for k, v in typed.items()}


def shown(html: str, typed: dict[str, Any]) -> dict[str, Any]:
    """What the form of a page has in these controls."""
    data = filled(html)
    return {k: sorted(data.getlist(k)) if isinstance(v, list) else data.get(k) for k, v in typed.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_who_saves_second_is_told_loses_nothing_and_may_insist(world, oleg, olga, case):
    path, theirs, mine = case.path(world), given(world, case.theirs), given(world, case.mine)
    before = oleg.get(path).text
    assert send(olga, path, filled(olga.get(path).text, **theirs)).status_code == 302
    refused = send(oleg, path, filled(before, **mine))
    assert refused.status_code == 422
    assert str(CHANGED) in refused.text
    assert shown(refused.text, mine) == mine, "what was typed is in the page"
    assert shown(olga.get(path).text, theirs) == theirs, "and hers is kept"
    assert send(oleg, path, filled(refused.text)).status_code == 302
    assert shown(oleg.get(path).text, mine) == mine
    assert send(oleg, path, filled(oleg.get(path).text, **theirs)).status_code == 302, "nobody else was there"
    assert shown(oleg.get(path).text, theirs) == theirs


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_script_that_says_nothing_of_what_it_saw_is_not_asked(world, oleg, olga, case):
    path, theirs, mine = case.path(world), given(world, case.theirs), given(world, case.mine)
    data = filled(oleg.get(path).text, **mine)
    del data["seen"]
    send(olga, path, filled(olga.get(path).text, **theirs))
    assert send(oleg, path, data).status_code == 302
    assert shown(oleg.get(path).text, mine) == mine


@pytest.mark.parametrize(("name", "wrong"), [("organisation", "name"), ("rule", "name"), ("policy", "name")])
def test_another_mistake_does_not_hide_that_somebody_was_there(world, oleg, olga, name, wrong):
    case = CASES[name]
    path = case.path(world)
    before = oleg.get(path).text
    send(olga, path, filled(olga.get(path).text, **case.theirs))
    answer = send(oleg, path, filled(before, **{**case.mine, wrong: ""}))
    if str(CHANGED) not in answer.text:
        answer = send(oleg, path, filled(answer.text, **{wrong: "Имя"}))
    assert answer.status_code == 422
    assert str(CHANGED) in answer.text
    assert shown(olga.get(path).text, case.theirs) == case.theirs


def test_what_a_form_does_not_show_does_not_stand_in_its_way(world, maria, olga):
    path = f"/settings/teams/{world.first_line.pk}/"
    before = maria.get(path).text  # a manager does not say who is in a team
    send(olga, path, filled(olga.get(path).text, members=[str(world.boris.pk)]))
    assert send(maria, path, filled(before, line="2")).status_code == 302
    world.first_line.refresh_from_db()
    assert world.first_line.line == 2
    assert [one.user for one in world.first_line.memberships.all()] == [world.boris], "and hers is kept"


def test_only_the_formatting_of_a_macro_is_a_change_too(world, oleg, olga):
    path = CASES["macro"].path(world)
    before = oleg.get(path).text
    send(olga, path, filled(olga.get(path).text, html_en="<div><strong>Hello</strong></div>"))
    assert send(oleg, path, filled(before, name="Пока")).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_those_who_save_at_the_same_moment_one_is_first(by):
    world = make_world()
    path = f"/organizations/{world.organization.pk}/"
    browsers = [by(world.oleg) for _one in range(4)]
    data = [filled(one.get(path).text, notes=f"Заметка {i}") for i, one in enumerate(browsers)]
    answers = at_once(lambda i: send(browsers[i], path, data[i]).status_code, len(browsers))
    assert sorted(answers) == [302, 422, 422, 422]
    world.organization.refresh_from_db()
    assert world.organization.notes == f"Заметка {answers.index(302)}"
