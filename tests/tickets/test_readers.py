"""What is made up once for a kind of reader shows each of them what the door does."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.statements import NotOnce, Prepared
from people.models import Access, Membership, User
from tests.world import World
from tickets import commands, conditions, counting, keyset, known, listing, starter
from tickets.models import Ticket, View
from tickets.readers import ForReader

pytestmark = pytest.mark.django_db

REACHES = [
    ("administrator", Access.ALL), ("manager", Access.TEAMS), ("agent", Access.ALL), ("agent", Access.TEAMS),
    ("agent", Access.BRANDS), ("agent", Access.OWN), ("expert", Access.TEAMS), ("customer", Access.OWN),
]  # fmt: skip


@pytest.fixture
def readers(world: World) -> list[User]:
    """Two of every kind of reach: one with a team and a brand, one with others or none."""
    made = []
    for number, (role, access) in enumerate(REACHES):
        for team, brand in (
            (world.first_line, world.brand),
            (world.second_line, world.other_brand),
            (None, None),
        ):
            user = User.objects.create_user(
                f"{number}-{team}@reach.test".replace(" ", ""), name="R", role=role, access=access
            )
            user.brand_ids = [brand.pk] if brand else []
            user.save()
            if team:
                Membership.objects.create(team=team, user=user)
            made.append(user)
    for number, user in enumerate(made):
        ticket = world.ticket(
            team=[world.first_line, world.second_line, None][number % 3],
            assignee=user if number % 2 and user.works_at_desk else None,
        )
        commands.add_tag(ticket.pk, name="vip", actor=world.as_anna)
        if number % 5 == 0 and user.works_at_desk:
            commands.follow(ticket.pk, user=user, actor=world.as_anna)
    left = world.ticket(team=world.first_line)
    commands.delete(left.pk, actor=world.as_anna)
    return made


def test_each_reader_gets_what_the_door_lets_them_see(readers: list[User]) -> None:
    tickets: ForReader[Ticket] = ForReader(
        lambda reader, least: Ticket.objects.visible_to(reader).filter(pk__gte=least).order_by("pk"),
        least=int,
    )
    shown = set()
    for user in readers:
        theirs = list(Ticket.objects.visible_to(user).order_by("pk"))
        assert tickets.all(user, least=1) == theirs
        assert tickets.first(user, least=1) == (theirs[0] if theirs else None)
        shown.add(tuple(ticket.pk for ticket in theirs))
    assert len(shown) > 6  # the readers do differ


@pytest.mark.parametrize("key", [view[0] for view in starter.VIEWS])
def test_lists_and_numbers_are_those_of_the_door(readers: list[User], key: str) -> None:
    """What is made up once against what the ORM makes up each time."""
    view = View.objects.get(key=key)
    keys = listing._keys(view.conditions, view.order, "")
    for user in readers:
        cache.clear()
        expected = list(
            listing.select(user, view.conditions)
            .order_by(*keyset.ordering(keys))
            .values_list("pk", flat=True)
        )
        page = listing.page(user, view.conditions, order=view.order)
        assert [row.id for row in page.rows] == expected
        assert counting.counts(user, [view]) == {view.pk: len(expected)}


def test_what_is_asked_again_is_prepared(readers: list[User]) -> None:
    views, user = [View.objects.get(key=view[0]) for view in starter.VIEWS], readers[9]
    for _ in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            rows = [len(listing.page(user, view.conditions, order=view.order).rows) for view in views]
            numbers = counting.counts(user, views)
    assert {one["sql"].split()[0] for one in asked} == {"EXECUTE"}
    assert len(asked) == len(views) + sum(1 for number in rows if number) + 1
    assert rows == [numbers[view.pk] for view in views]


def test_ages_and_made_fields_are_made_up_each_time(world: World) -> None:
    """Else a list would be that of the minute in which it was first asked for."""
    steady = {"all": [{"field": "team", "op": "in", "value": ["mine"]}, {"field": "due", "op": "empty"}]}
    assert conditions.is_steady(steady)
    assert not conditions.is_steady({"any": [{"field": "opened", "op": "older_than", "value": 3600}, steady]})
    assert not conditions.is_steady({"all": [{"field": "field:size", "op": "is", "value": "L"}]})


def test_my_teams_beside_another_team(world: World) -> None:
    """Values that are more than the reader's own cannot be made up once, and are right all the same."""
    tree = {"all": [{"field": "team", "op": "in", "value": ["mine", world.second_line.pk]}]}
    own, other = world.ticket(team=world.first_line), world.ticket(team=world.second_line)
    world.oleg.refresh_from_db()
    for user, expected in ((world.oleg, {other.pk}), (world.boris, {other.pk}), (world.anna, {own.pk})):
        assert {row.id for row in listing.page(user, tree).rows} == expected


def test_there_is_an_end_to_what_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST_KNOWN", 2)
    ticket = world.ticket()
    for number in range(5):
        tree = {"all": [{"field": "messages", "op": "gte", "value": number - 5}]}
        assert [row.id for row in listing.page(world.oleg, tree).rows] == [ticket.pk]
    assert len(known._known) == 2


def test_keys_come_as_a_list(world: World) -> None:
    tickets = [world.ticket() for _ in range(3)]
    some: Prepared[tuple[int]] = Prepared(
        lambda keys: Ticket.objects.filter(pk__in=keys).order_by("pk").values_list("pk"), keys=list
    )
    assert some.all(keys=[tickets[0].pk, tickets[2].pk]) == [(tickets[0].pk,), (tickets[2].pk,)]
    assert some.all(keys=[]) == []
    hidden: Prepared[Ticket] = Prepared(
        lambda keys: Ticket.objects.filter(pk__in=[*keys, tickets[0].pk]), keys=list
    )
    with pytest.raises(NotOnce):
        hidden.all(keys=[1])
    inside: Prepared[Ticket] = Prepared(lambda word: Ticket.objects.filter(subject__contains=word), word=str)
    with pytest.raises(NotOnce):
        inside.all(word="one's")


def test_a_view_that_is_full_rests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds more than anybody counts keeps its number for a while; all others are counted each time."""
    monkeypatch.setattr(counting, "COUNT_LIMIT", 3)
    monkeypatch.setattr(counting, "COUNT_SECONDS", 0)
    full, free = View.objects.get(key="open"), View.objects.get(key="mine")
    tickets = [world.ticket(team=world.first_line) for _ in range(4)]
    assert counting.counts(world.anna, [full, free]) == {full.pk: 3, free.pk: 0}
    for ticket in tickets[:3]:
        commands.delete(ticket.pk, actor=world.as_anna)
    commands.assign(tickets[3].pk, to=world.anna, actor=world.as_anna)
    assert counting.counts(world.anna, [full, free]) == {full.pk: 3, free.pk: 1}
    assert counting.counts(world.boris, [full, free]) == {full.pk: 0, free.pk: 0}
    cache.clear()
    assert counting.counts(world.anna, [full, free]) == {full.pk: 1, free.pk: 1}


def test_of_the_reader_only_what_the_door_needs(world: World) -> None:
    """A statement made for one reader must not hold anything of theirs."""
    by_language: ForReader[Ticket] = ForReader(
        lambda reader: Ticket.objects.visible_to(reader).filter(language=reader.language)
    )
    with pytest.raises(User.DoesNotExist):
        by_language.all(world.anna)


def test_values_that_look_like_places(world: World) -> None:
    """Whatever numbers and words somebody puts into a condition, they are asked for as they are."""
    world.ticket(subject=r"100 %s of '\x' \ „da“ %(n)s", team=world.first_line)
    for tree, found in (
        ({"field": "messages", "op": "lte", "value": 2_000_000_000}, 1),
        ({"field": "team", "op": "in", "value": [2_100_000_000, 2_100_000_001]}, 0),
        ({"field": "subject", "op": "contains", "value": r"%s of '\x' \ „da“ %(n)s"}, 1),
        ({"field": "subject", "op": "contains", "value": r"%s of '\\x'"}, 0),
    ):
        for user in (world.anna, world.oleg):
            assert len(listing.page(user, {"all": [tree]}).rows) == found, tree
