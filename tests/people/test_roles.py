"""Roles: what each may, what the verbs write, and that nobody gives more than they have."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from journal.actor import Actor
from journal.models import Entry
from people.access import ROLE_PERMISSIONS, Permission, complete, covers, having, may, permissions_of
from people.commands import roles, users
from people.errors import LastAdministrator, Refused, Taken
from people.models import Role, StaffRole, User
from people.placing import all_roles, built_in, find_role
from tests.assignment.cast import LEAD
from tickets.models import Ticket

_P = Permission


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def entries(row: StaffRole) -> list[Entry]:
    return list(Entry.objects.filter(stream_type="role", stream_id=row.pk).order_by("sequence"))


@pytest.fixture
def trainee(world) -> StaffRole:
    return roles.create_role(actor=LEAD, name=" Trainee\n", like=built_in("agent"))


@pytest.fixture
def helper(world) -> User:
    """Who manages people, and is an agent for the rest."""
    role = roles.create_role(actor=LEAD, name="Office", like=built_in("agent"))
    given = [*(role.permissions or []), "manage_people"]
    roles.change_role(role.pk, actor=LEAD, permissions=given, access="teams")
    return users.create_user(actor=LEAD, email="nora@otklik.example", name="Nora", role=role.code)


def test_a_permission_is_asked_of_one_and_of_many_alike(world, trainee):
    roles.change_role(trainee.pk, actor=LEAD, permissions=["edit", "delete"], access="own")
    users.change_user(world.anna.pk, actor=LEAD, role=trainee.code)
    roles.change_role(built_in("expert").pk, actor=LEAD, permissions=["reply"], access="teams")
    for permission in Permission:
        by_one = {user.pk for user in User.objects.all() if permission in permissions_of(user)}
        assert set(User.objects.filter(having(permission)).values_list("pk", flat=True)) == by_one
    anna = again(world.anna)
    assert set(permissions_of(anna)) == {"read", "edit", "delete"}
    assert not may(anna, _P.REPLY)
    assert may(anna, _P.DELETE)
    assert set(permissions_of(again(world.egor))) == {"read", "note", "reply"}
    assert not any(may(world.carla, permission) for permission in Permission)


def test_what_is_of_no_use_alone_brings_what_it_needs():
    assert complete([]) == ["read"]
    assert complete(["reply"]) == ["read", "note", "reply"]
    assert complete(["manage_common_views"]) == ["read", "manage_views", "manage_common_views"]
    with pytest.raises(ValueError, match="fly"):
        complete(["fly"])


@pytest.mark.parametrize(
    ("mine", "theirs", "covered"),
    [
        (("all", []), ("all", []), True), (("all", []), ("brands", [1]), True),
        (("teams", []), ("teams", []), True), (("teams", []), ("own", []), True),
        (("teams", []), ("all", []), False), (("teams", []), ("brands", [1]), False),
        (("brands", [1, 2]), ("brands", [1]), True), (("brands", [1]), ("brands", [1, 2]), False),
        (("brands", [1]), ("teams", []), False), (("own", []), ("teams", []), False),
    ],
)  # fmt: skip
def test_nobody_lets_others_see_more(mine, theirs, covered):
    giver = User(role=Role.AGENT, access=mine[0], brand_ids=mine[1])
    assert covers(giver, ["reply"], *theirs) is covered
    assert not covers(giver, ["delete"], "own", [])
    assert covers(User(role=Role.ADMINISTRATOR, access="own"), list(Permission), "all", [])


def test_a_role_of_ones_own_from_its_making_to_its_end(world, trainee):
    assert (trainee.name, trainee.kind, trainee.access) == ("Trainee", "agent", "teams")
    assert trainee.permissions == complete(ROLE_PERMISSIONS[Role.AGENT])
    for name in ("trainee", "Manager", "  ", "x" * 0):
        with pytest.raises((Taken, Refused)) as refusal:
            roles.create_role(actor=LEAD, name=name, like=trainee)
        assert refusal.value.field == "name"
    users.change_user(world.anna.pk, actor=LEAD, role=trainee.code)
    anna = again(world.anna)
    assert (anna.role, anna.custom_role, anna.role_name) == ("agent", trainee, "Trainee")
    given = {"permissions": ["note"], "access": "brands", "brand_ids": [world.brand.pk], "name": "Guest"}
    for _ in range(2):
        roles.change_role(trainee.pk, actor=LEAD, **given)
    made, changed = entries(trainee)
    assert made.data["copied_from"] == built_in("agent").pk
    assert changed.data == {
        "people": 1,
        "changes": {
            "permissions": [complete(ROLE_PERMISSIONS[Role.AGENT]), ["read", "note"]],
            "access": ["teams", "brands"],
            "brand_ids": [[], [world.brand.pk]],
            "name": ["Trainee", "Guest"],
        },
    }
    anna = again(world.anna)
    assert (anna.permissions, anna.access, anna.brand_ids) == (["read", "note"], "brands", [world.brand.pk])
    with pytest.raises(Refused, match="still has this role"):
        roles.remove_role(trainee.pk, actor=LEAD)
    users.change_user(world.anna.pk, actor=LEAD, role="agent")
    anna = again(world.anna)
    assert (anna.custom_role, anna.permissions, anna.access, anna.brand_ids) == (None, None, "teams", [])
    last = Entry.objects.filter(stream_type="user", stream_id=anna.pk).latest("sequence")
    assert last.data["changes"]["custom_role"] == [trainee.pk, None]
    for _ in range(2):
        roles.remove_role(trainee.pk, actor=LEAD)
    assert [entry.kind for entry in entries(trainee)][-1:] == ["role_removed"]
    with pytest.raises(Refused):
        find_role(trainee.code)


def test_a_built_in_role_is_changed_and_put_back(world):
    expert = built_in("expert")
    roles.change_role(expert.pk, actor=LEAD, permissions=["note", "edit"], access="own", name="Guru")
    egor = again(world.egor)
    assert (egor.permissions, egor.access, egor.role_name) == (["read", "note", "edit"], "own", "Expert")
    assert built_in("expert").is_changed
    late = users.create_user(actor=LEAD, email="l@otklik.example", name="Late", role="expert")
    assert (late.permissions, late.access) == (egor.permissions, "own")
    for _ in range(2):
        roles.reset_role(expert.pk, actor=LEAD)
    egor = again(world.egor)
    assert (egor.permissions, egor.access, built_in("expert").is_changed) == (None, "teams", False)
    assert [entry.kind for entry in entries(expert)] == ["role_changed"] * 2
    as_it_came = complete(ROLE_PERMISSIONS[Role.EXPERT])
    roles.change_role(expert.pk, actor=LEAD, permissions=as_it_came, access="teams")
    assert built_in("expert").permissions is None, "what a new version adds is there at once"
    with pytest.raises(Refused):
        roles.remove_role(expert.pk, actor=LEAD)


def test_a_managers_sight_is_the_roles_and_can_be_narrowed(world):
    ticket, other = world.ticket(team=world.first_line), world.ticket(brand=world.other_brand)
    manager = built_in("manager")
    roles.change_role(
        manager.pk, actor=LEAD, permissions=ROLE_PERMISSIONS[Role.MANAGER], access="brands",
        brand_ids=[world.brand.pk],
    )  # fmt: skip
    maria = again(world.maria)
    assert not maria.sees_all
    assert list(Ticket.objects.visible_to(maria)) == [ticket]
    assert Ticket.objects.visible_to(world.oleg).filter(pk=other.pk).exists()


def test_nobody_saw_more_or_less_once_roles_were_rows(world):
    """What the migration does to accounts of before: managers saw all, whatever was chosen for them."""
    before = {"maria": ("manager", "teams"), "anna": ("agent", "all"), "egor": ("expert", "all")}
    for name, (role, access) in {**before, "boris": ("agent", "teams")}.items():
        User.objects.filter(pk=getattr(world, name).pk).update(role=role, access=access)
    StaffRole.objects.all().delete()
    import_module("people.migrations.0008_write_roles_down").write_down(apps, None)
    found = {name: again(getattr(world, name)) for name in [*before, "boris"]}
    assert {name for name, user in found.items() if user.sees_all} == {"maria", "anna", "egor"}
    assert {name for name, user in found.items() if user.access_is_own} == {"anna", "egor"}
    assert [row.key for row in StaffRole.objects.all()] == ["administrator", "manager", "agent", "expert"]
    roles.change_role(built_in("agent").pk, actor=LEAD, permissions=["note"], access="own")
    assert again(world.anna).sees_all
    assert again(world.boris).access == "own"


def test_nobody_takes_anything_from_administrators(world):
    row = built_in("administrator")
    with pytest.raises(Refused):
        roles.change_role(row.pk, actor=LEAD, permissions=["note"], access="own")
    with pytest.raises(Refused):
        roles.reset_role(row.pk, actor=LEAD)
    User.objects.filter(pk=world.oleg.pk).update(permissions=["read"], access="own")
    oleg = again(world.oleg)
    assert oleg.sees_all
    assert all(may(oleg, permission) for permission in Permission)
    copy = roles.create_role(actor=LEAD, name="Deputy", like=row)
    assert (copy.kind, set(copy.permissions)) == ("manager", set(Permission))
    deputy = users.create_user(actor=LEAD, email="d@otklik.example", name="D", role=copy.code)
    assert not deputy.is_staff
    for change in ({"role": copy.code}, {"is_active": False}):
        with pytest.raises(LastAdministrator):
            users.change_user(world.oleg.pk, actor=LEAD, **change)
    for refused in ({"role": "administrator"},):
        with pytest.raises(Refused):
            users.change_user(world.anna.pk, actor=Actor.user(deputy), **refused)
    for change in ({"email": "d2@otklik.example"}, {"role": "agent"}, {"is_active": False}):
        with pytest.raises(Refused):
            users.change_user(world.oleg.pk, actor=Actor.user(deputy), **change)


def test_who_manages_people_gives_no_more_than_they_have(world, helper):
    nora = Actor.user(helper)
    new = {"actor": nora, "email": "x@otklik.example", "name": "X"}
    for role, access in (("administrator", None), ("manager", None), ("agent", "all")):
        with pytest.raises(Refused):
            users.create_user(role=role, access=access, **new)
    assert users.create_user(role="agent", **new).access == "teams"
    for change in (
        {"role": "manager"},
        {"access": "all"},
        {"access": "brands", "brand_ids": [world.brand.pk]},
    ):
        for user in (world.anna, helper):
            with pytest.raises(Refused):
                users.change_user(user.pk, actor=nora, **change)
    for change in (
        {"email": "mine@evil.example"},
        {"is_active": False},
        {"role": "agent"},
        {"access": "own"},
    ):
        with pytest.raises(Refused):
            users.change_user(world.maria.pk, actor=nora, **change)
    users.change_user(world.maria.pk, actor=nora, name="Maria W.")
    office = StaffRole.objects.get(name="Office")
    for permissions, access in ((["delete"], "own"), (["note"], "all")):
        with pytest.raises(Refused):
            roles.change_role(office.pk, actor=nora, permissions=permissions, access=access)
    with pytest.raises(Refused):
        roles.change_role(built_in("manager").pk, actor=nora, permissions=["note"], access="own")
    with pytest.raises(Refused):
        roles.create_role(actor=nora, name="Boss", like=built_in("manager"))
    assert roles.create_role(actor=nora, name="Junior", like=built_in("agent")).kind == "agent"
    with pytest.raises(Refused):
        roles.change_role(office.pk, actor=Actor.contact(world.vera), permissions=[], access="own")
    assert again(helper).permissions == office.permissions


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("permissions", {"permissions": ["fly"], "access": "own"}),
        ("access", {"permissions": [], "access": "world"}),
        ("brand_ids", {"permissions": [], "access": "brands"}),
        ("name", {"permissions": [], "access": "own", "name": "\n"}),
    ],
)
def test_what_makes_no_sense_changes_nothing(world, trainee, field, given):
    with pytest.raises(Refused) as refusal:
        roles.change_role(trainee.pk, actor=LEAD, **given)
    assert refusal.value.field == field
    assert len(entries(trainee)) == 1
    for role in ("customer", "god", "999999", ""):
        with pytest.raises(Refused):
            users.change_user(world.anna.pk, actor=LEAD, role=role)
    assert {row.key for row in all_roles()} == {"administrator", "manager", "agent", "expert", None}
