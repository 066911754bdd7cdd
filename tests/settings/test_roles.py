"""The pages of roles, and who gets how far on them."""

from __future__ import annotations

import pytest
from django.test import Client

from desk.settings.role_words import GROUPS, REACHES, WORDS
from people.access import Permission
from people.commands import roles, users
from people.models import Access, StaffRole, User
from people.placing import built_in
from tests.assignment.cast import LEAD
from tests.settings.conftest import BACKEND
from tests.settings.test_people import NEW, of


def make(name: str, *permissions: str, access: str = "teams", like: str = "agent") -> StaffRole:
    role = roles.create_role(actor=LEAD, name=name, like=built_in(like))
    given = [*(role.permissions or []), *permissions]
    return roles.change_role(role.pk, actor=LEAD, permissions=given, access=access)


def form_of(role: StaffRole, **changes):
    """The page's form as it is, with changes."""
    name = {} if role.is_built_in else {"name": role.name}
    fields = {"permissions": role.permissions or [], "access": role.access, "brand_ids": role.brand_ids}
    return {**name, **fields, **changes}


def test_every_permission_and_reach_is_in_words_and_in_a_group():
    grouped = [one for _title, some in GROUPS for one in some]
    assert sorted(grouped) == sorted(Permission) == sorted(WORDS)
    assert set(REACHES) == set(Access.values)


def test_a_role_is_copied_changed_given_and_removed(world, oleg):
    answer = oleg.post("/settings/roles/new/", {"name": "Стажёр", "like": built_in("agent").pk})
    role = StaffRole.objects.get(name="Стажёр")
    path = f"/settings/roles/{role.pk}/"
    assert answer["Location"] == path
    given = {"permissions": ["note", "reply"], "access": "brands", "brand_ids": [world.brand.pk]}
    assert oleg.post(path, form_of(role, **given)).status_code == 302
    listed = oleg.get("/settings/roles/").content.decode()
    for words in (
        "Стажёр",
        "Reading, private notes, replies",
        "Sees tickets of Зерно",
        "0 people",
        "May everything",
    ):
        assert words in listed, words
    oleg.post(f"/settings/users/{world.anna.pk}/", of(world.anna, role=str(role.pk), access=""))
    anna = User.objects.get(pk=world.anna.pk)
    assert (anna.custom_role, anna.access, anna.brand_ids) == (role, "brands", [world.brand.pk])
    page = oleg.get(path).content.decode()
    assert "1 person has this role" in page
    assert "Anna Lind" in page
    assert "removal/" not in page
    oleg.post(f"{path}removal/")
    assert StaffRole.objects.filter(pk=role.pk).exists(), "somebody has it"
    assert "Стажёр" in oleg.get("/settings/users/").content.decode()
    oleg.post(f"/settings/users/{world.anna.pk}/", of(anna, role="agent", access=""))
    oleg.post(f"{path}removal/")
    assert not StaffRole.objects.filter(pk=role.pk).exists()
    assert oleg.get(path).status_code == 404


def test_a_person_differs_from_their_role(world, oleg):
    path = f"/settings/users/{world.anna.pk}/"
    oleg.post(path, of(world.anna, access="brands", brand_ids=[world.other_brand.pk]))
    anna = User.objects.get(pk=world.anna.pk)
    assert (anna.access, anna.brand_ids, anna.access_is_own) == ("brands", [world.other_brand.pk], True)
    page = oleg.get(f"/settings/roles/{built_in('agent').pk}/").content.decode()
    assert "Certain brands&#39; tickets</span></span>" in page
    assert oleg.post(path, of(world.anna, access="brands", brand_ids=[])).status_code == 422
    assert oleg.post(path, of(world.anna, access="brands", brand_ids=[999])).status_code == 422


@pytest.mark.parametrize(
    ("key", "change"),
    [
        (None, {"name": ""}), (None, {"name": "Manager"}), (None, {"permissions": ["fly"]}),
        (None, {"access": ""}), (None, {"access": "brands", "brand_ids": []}),
        (None, {"access": "brands", "brand_ids": ["999"]}), ("administrator", {"permissions": ["note"]}),
    ],
)  # fmt: skip
def test_a_wrong_role_is_refused_beside_its_field(world, oleg, key, change):
    role = built_in(key) if key else make("Trainee")
    answer = oleg.post(f"/settings/roles/{role.pk}/", form_of(role, **change))
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    before = StaffRole.objects.get(pk=role.pk)
    assert (before.name, before.permissions, before.access) == (role.name, role.permissions, role.access)


def test_a_built_in_role_is_changed_and_put_back(world, oleg):
    role = built_in("expert")
    path = f"/settings/roles/{role.pk}/"
    oleg.post(path, form_of(role, permissions=["note", "edit"], access="own"))
    assert 'value="edit" checked' in oleg.get(path).content.decode()
    oleg.post(f"{path}reset/")
    egor = User.objects.get(pk=world.egor.pk)
    assert (egor.permissions, egor.access) == (None, "teams")
    page = oleg.get(f"/settings/roles/{built_in('administrator').pk}/").content.decode()
    assert "disabled" in page
    assert ">Save<" not in page


def test_who_would_lock_themselves_out_is_asked(world, by):
    role = make("Office", "manage_people")
    nora = users.create_user(actor=LEAD, email="nora@otklik.example", name="Nora", role=role.code)
    browser, path = by(nora), f"/settings/roles/{role.pk}/"
    less = form_of(role, permissions=["note"])
    answer = browser.post(path, less)
    assert answer.status_code == 422
    assert 'name="sure"' in answer.content.decode()
    own = f"/settings/users/{nora.pk}/"
    answer = browser.post(own, of(nora, role="agent", access=""))
    assert answer.status_code == 422
    assert 'name="sure"' in answer.content.decode()
    assert browser.post(path, {**less, "sure": "on"})["Location"] == "/"
    assert browser.get("/settings/roles/").status_code == 403


def test_the_last_administrator_keeps_the_role_however_sure(world, oleg):
    answer = oleg.post(f"/settings/users/{world.oleg.pk}/", of(world.oleg, role="agent", sure="on"))
    assert answer.status_code == 422
    assert "Somebody has to stay administrator" in answer.content.decode()


def test_who_manages_people_climbs_nowhere(world, by):
    """Neither by a role, an account of one's own making, another's address, nor numbers of others."""
    role = make("Office", "manage_people")
    nora = users.create_user(actor=LEAD, email="nora@otklik.example", name="Nora", role=role.code)
    boss = make("Boss", "delete", access="all", like="manager")
    browser = by(nora)
    offered = browser.get("/settings/users/new/").content.decode()
    assert 'value="agent"' in offered
    for value in ("administrator", "manager", str(boss.pk)):
        assert f'<option value="{value}"' not in offered
        answer = browser.post("/settings/users/new/", {**NEW, "role": value})
        assert answer.status_code == 422
        assert browser.post(f"/settings/users/{nora.pk}/", of(nora, role=value)).status_code == 422
    for user, change in (
        (world.oleg, {"email": "nora2@otklik.example"}), (world.maria, {"email": "nora2@otklik.example"}),
        (world.oleg, {"is_active": ""}), (nora, {"access": "all"}), (world.anna, {"access": "all"}),
    ):  # fmt: skip
        assert browser.post(f"/settings/users/{user.pk}/", of(user, **change)).status_code == 422, user
    for row, change in (
        (role, {"permissions": [*role.permissions, "delete"]}), (role, {"access": "all"}),
        (boss, {"permissions": ["note"]}), (built_in("manager"), {"permissions": ["note"]}),
    ):  # fmt: skip
        assert browser.post(f"/settings/roles/{row.pk}/", form_of(row, **change)).status_code == 422, row
    browser.post(f"/settings/roles/{boss.pk}/removal/")
    browser.post("/settings/roles/new/", {"name": "Mine", "like": boss.pk})
    assert list(StaffRole.objects.filter(key=None).values_list("name", flat=True)) == ["Office", "Boss"]
    assert "may do or see more than you" in browser.get(f"/settings/roles/{boss.pk}/").content.decode()
    assert User.objects.get(pk=nora.pk).permissions == role.permissions
    assert User.objects.get(pk=world.oleg.pk).email == world.oleg.email


def test_it_is_asked_before_a_role_goes_or_is_put_back(world, oleg):
    """By a page, which works without scripts; for what cannot be done nobody is asked."""
    role, manager = make("Trainee"), built_in("manager")

    def question(row, what):
        page = oleg.get(f"/settings/roles/{row.pk}/?asks={what}").content.decode()
        return f'action="/settings/roles/{row.pk}/{what}/"' in page and "question-title" in page

    assert "?asks=removal" in oleg.get(f"/settings/roles/{role.pk}/").content.decode()
    assert question(role, "removal") and not question(role, "reset")
    assert not question(manager, "removal") and not question(manager, "reset")
    roles.change_role(manager.pk, permissions=["note"], access="all", actor=LEAD)
    assert question(manager, "reset")
    users.create_user(actor=LEAD, email="x@otklik.example", name="X", role=role.code)
    assert not question(role, "removal")
    assert "question-title" not in oleg.get(f"/settings/roles/{role.pk}/?asks=<b>").content.decode()


def test_another_sites_form_changes_no_role(world):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.oleg, backend=BACKEND)
    role = make("Trainee")
    for path, data in (
        (f"/settings/roles/{role.pk}/", form_of(role, permissions=[])),
        ("/settings/roles/new/", {"name": "X"}),
        (f"/settings/roles/{role.pk}/removal/", {}), (f"/settings/roles/{role.pk}/reset/", {}),
    ):  # fmt: skip
        assert browser.post(path, data).status_code == 403, path
    assert StaffRole.objects.get(pk=role.pk).permissions == role.permissions


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_pages_cost_the_same_for_any_number(world, oleg, number, django_assert_num_queries):
    role = make("Trainee")
    for one in range(number):
        if one < 20:
            make(f"Role {one}")
        users.create_user(actor=LEAD, email=f"x{one}@otklik.example", name=f"X{one}", role=role.code)
    oleg.get("/settings/roles/")  # what a process asks once
    with django_assert_num_queries(7):  # session, reader, roles, their sizes, brands, and the frame's two
        assert oleg.get("/settings/roles/").status_code == 200
    with django_assert_num_queries(9):  # role, brands, people, their number, who has left
        assert oleg.get(f"/settings/roles/{role.pk}/").status_code == 200
    with django_assert_num_queries(6):  # people with their roles, their teams
        assert oleg.get("/settings/users/").status_code == 200
